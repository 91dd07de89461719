"""Writes records 200 a call, and says what became of each one.

One bad record spoils no other: Salesforce answers for each row, and where it refuses a whole call, that is cut in half
until the bad one is found. Rows whose record is locked are sent again, ever less often.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.protocol import CrmError
from connectors.receipts import Written
from connectors.salesforce.answers import PASSING
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import SalesforceError, UncertainError

ROWS_A_CALL = 200
ATTEMPTS = 5
LACKING = frozenset({"NOT_FOUND", "INVALID_FIELD", "INVALID_TYPE"})
"""Codes of what is wrong with every record alike: a field or an object of ours that is not there."""
TOO_LARGE = frozenset({400, 413, 414, 431})

Record = Mapping[str, Any]


class Collection:
    """Records of one object, sent to one path; sending them twice does no more than sending them once."""

    def __init__(self, client: SalesforceClient, path: str, object_: str, pause: Callable[[float], None]) -> None:
        self._client = client
        self._path = path
        self._object = object_
        self._pause = pause

    def write(self, records: Sequence[Record]) -> Iterator[Written]:
        """Yield what became of each record, in order; raises CrmError where no more can be sent."""
        for start in range(0, len(records), ROWS_A_CALL):
            yield from self._with_locked(records[start : start + ROWS_A_CALL])

    def _with_locked(self, records: Sequence[Record]) -> Iterator[Written]:
        """Write some records, and those again that were locked; where it stops, what was written is told first."""
        found = list[Written]()
        try:
            found.extend(self._some(records))
            for attempt in range(1, ATTEMPTS):
                locked = [place for place, each in enumerate(found) if each.code in PASSING]
                if not locked:
                    break
                self._pause(random.uniform(0, 2.0**attempt / 2))  # noqa: S311 - waiting, not secrecy
                again = self._some([records[place] for place in locked])
                for place, each in zip(locked, again, strict=True):
                    found[place] = each
        except CrmError:
            yield from found
            raise
        yield from found

    def _some(self, records: Sequence[Record]) -> Iterator[Written]:
        """Write some records in one call, or in halves where that is refused as a whole."""
        body = {"allOrNone": False, "records": [{"attributes": {"type": self._object}, **each} for each in records]}
        try:
            answer = self._client.send("PATCH", self._path, body)
        except UncertainError as lost:
            yield from (Written(reason=str(lost), uncertain=True) for _ in records)
        except SalesforceError as refusal:
            yield from self._refused(records, refusal)
        else:
            rows = answer.body if isinstance(answer.body, list) else []
            missing = Written(reason="Salesforce did not answer for each record", uncertain=True)
            whole = len(rows) == len(records)
            yield from (_written(rows[place]) if whole else missing for place in range(len(records)))

    def _refused(self, records: Sequence[Record], refusal: SalesforceError) -> Iterator[Written]:
        """Find the record for which a whole call was refused, half by half."""
        if refusal.code in LACKING:
            advice = "run `dealgate install`, and let the signed-in user use its fields"
            raise SalesforceError(f"{refusal}\n  help: {advice}", code=refusal.code) from None
        if refusal.status not in TOO_LARGE:
            raise refusal from None
        if len(records) == 1:
            yield Written(reason=str(refusal), code=refusal.code)
            return
        middle = len(records) // 2
        yield from self._some(records[:middle])
        yield from self._some(records[middle:])


def _written(row: Mapping[str, Any]) -> Written:
    if row.get("success"):
        return Written(id=str(row.get("id") or ""))
    error: Mapping[str, Any] = next(iter(row.get("errors") or ()), {})
    code = str(error.get("statusCode") or "")
    return Written(reason=in_words(code, str(error.get("message") or "")), code=code or "UNKNOWN")


def in_words(code: str, message: str) -> str:
    """Say why Salesforce refused a record, in its own words where those are written for people."""
    said = " ".join(message.split()) or code
    return WORDS.get(code, "Salesforce refused: {said}").format(said=said)


WORDS = {
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule of the org refused: {said}",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "an automation of the org failed: {said}",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the signed-in user may not write it: {said}",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the signed-in user may not write it: {said}",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the signed-in user may not write a field: {said}",
    "ENTITY_IS_DELETED": "it was deleted meanwhile",
    "INVALID_CROSS_REFERENCE_KEY": "it is not there, or is hidden from the signed-in user: {said}",
    "INACTIVE_OWNER_OR_USER": "its owner is not active: {said}",
    "UNABLE_TO_LOCK_ROW": "it was locked by somebody else all the time: {said}",
    "DUPLICATE_VALUE": "another record holds the same key: {said}",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "a value is not in the org's list: {said}",
}
