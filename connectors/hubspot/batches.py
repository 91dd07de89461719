"""Reads and writes records 100 a call, and says what became of each one.

One bad record spoils no other: HubSpot answers for each input, in the body whatever the status says and in an order of
its own, so that answers are joined by id, or by the trace id of an input that has none yet. Where it refuses a whole
call, that is cut in half until the bad input is found.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from connectors.hubspot.answers import FORBIDDEN, NOT_FOUND, reason_in
from connectors.hubspot.errors import HubSpotError, MissingScopesError, UncertainError, UnknownPathError
from connectors.hubspot.settings import API
from connectors.receipts import Written

AT_ONCE = 100
LINKS_AT_ONCE = 1000
ATTEMPTS = 5
TRACE = "objectWriteTraceId"
SPLIT = frozenset({400, FORBIDDEN, NOT_FOUND, 409, 413, 414})
"""Statuses by which HubSpot refuses a call for what one of its inputs holds."""
PASSING = frozenset({"RATE_LIMIT", "RATE_LIMITS", "LOCKED"})
"""Categories of inputs that were not carried out, and may be in a moment."""
FAILED = frozenset({"INTERNAL_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
"""Categories after which nobody knows whether an input was carried out."""
NO_PROPERTY, TWICE, BY_RULE = "PROPERTY_DOESNT_EXIST", "CONFLICTING_UNIQUE_VALUE", "CONDITIONAL_REQUIRED_PROPERTY"

Input = Mapping[str, Any]
Placed = tuple[int, Input]


class Sends(Protocol):
    """What is needed of the client."""

    def send(self, method: str, path: str, body: Any = None, *, retry: bool | None = None) -> Any:  # noqa: ANN401
        """Send JSON."""


class Batches:
    """Inputs for one kind of write of one object; `again` says whether sending twice does no more than once."""

    def __init__(
        self, client: Sends, object_: str, verb: str, pause: Callable[[float], None], *, again: bool = True
    ) -> None:
        self._client = client
        self._path = API.objects(object_, "batch", verb)
        self._pause = pause
        self._again = again

    def write(self, inputs: Sequence[Input]) -> Iterator[tuple[int, Written]]:
        """Yield what became of each input, by its place, as soon as that is known.

        Inputs that were kept out for a moment are sent again. Raises CrmError where no more can be sent.
        """
        for part in _apart(inputs):
            some = part
            for attempt in range(1, ATTEMPTS + 1):
                kept_out = []
                for place, written in self._some(some):
                    if written.code in PASSING and attempt < ATTEMPTS:
                        kept_out.append((place, inputs[place]))
                    else:
                        yield place, written
                if not kept_out:
                    break
                self._pause(random.uniform(1, 2.0**attempt))  # noqa: S311 - waiting, not secrecy
                some = kept_out

    def _some(self, some: Sequence[Placed]) -> Iterator[tuple[int, Written]]:
        """Write some inputs in one call, or in halves where that is refused as a whole."""
        inputs = [each for _, each in some]
        try:
            answer = self._client.send("POST", self._path, {"inputs": inputs}, retry=self._again)
        except UncertainError as lost:
            yield from ((place, Written(reason=str(lost), uncertain=True)) for place, _ in some)
            return
        except HubSpotError as refusal:
            if refusal.passing or refusal.status not in SPLIT or isinstance(refusal, WHOLE):
                raise
            _must_be_installed(refusal.said, refusal.errors)
            if len(some) == 1:
                code = TWICE if TWICE in str(refusal) else refusal.category
                yield some[0][0], Written(reason=in_words(refusal.said, refusal.errors), code=code)
                return
            middle = len(some) // 2
            yield from self._some(some[:middle])
            yield from self._some(some[middle:])
            return
        yield from _joined(some, answer.body if isinstance(answer.body, Mapping) else {})


WHOLE = (MissingScopesError, UnknownPathError)


def read_records(
    client: Sends, object_: str, ids: Iterable[str], properties: Sequence[str], by: str = ""
) -> Iterator[Mapping[str, Any]]:
    """Yield records by id, or by a unique property; those that are not there are left out, in no order."""
    wanted = list(dict.fromkeys(ids))
    named = {"idProperty": by} if by else {}
    for start in range(0, len(wanted), AT_ONCE):
        some = [{"id": each} for each in wanted[start : start + AT_ONCE]]
        body = {"inputs": some, "properties": list(properties), **named}
        yield from _rows(client.send("POST", API.objects(object_, "batch", "read"), body, retry=True).body)


def read_links(client: Sends, from_: str, to: str, ids: Iterable[str]) -> dict[str, list[str]]:
    """Say which records of one object some records of another are associated with, by their ids."""
    found: dict[str, list[str]] = {}
    asked = [{"id": each} for each in dict.fromkeys(ids)]
    while asked:
        some, asked = asked[:LINKS_AT_ONCE], asked[LINKS_AT_ONCE:]
        path = API.associations(from_, to, "batch", "read")
        for row in _rows(client.send("POST", path, {"inputs": some}, retry=True).body):
            id_ = str(row["from"]["id"])
            found.setdefault(id_, []).extend(str(each["toObjectId"]) for each in row["to"])
            after = ((row.get("paging") or {}).get("next") or {}).get("after")
            asked += [{"id": id_, "after": after}] if after else []
    return found


def in_words(message: str, errors: Sequence[Mapping[str, Any]] = ()) -> str:
    """Say why HubSpot refused a record, in its own words where those are written for people."""
    said = reason_in(message, errors)
    codes = {str(each.get("code") or "") for each in errors}
    if any(BY_RULE in code for code in codes) or BY_RULE in message:
        return f"a rule of the account refused: {said}"
    return f"HubSpot refused: {said}"


def _rows(body: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    found = body.get("results") if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise HubSpotError("HubSpot answered a read of many without any results", passing=True)
    return found


def _apart(inputs: Sequence[Input]) -> Iterator[list[Placed]]:
    """Yield inputs as many at once as HubSpot takes, never two for one record."""
    some, names = list[Placed](), set[str]()
    for place, each in enumerate(inputs):
        if len(some) == AT_ONCE or _name(each) in names:
            yield some
            some, names = [], set()
        some.append((place, each))
        names.add(_name(each))
    if some:
        yield some


def _joined(some: Sequence[Placed], body: Mapping[str, Any]) -> Iterator[tuple[int, Written]]:
    """Find what became of each input by the ids and trace ids that an answer names."""
    told: dict[str, Written] = {}
    lost = Written(reason=UNTOLD, uncertain=True)
    for result in body.get("results") or ():
        told[str(result["id"])] = told[str(result.get(TRACE) or "")] = Written(id=str(result["id"]))
    for error in body.get("errors") or ():
        written, named = _refused(error), _named(error)
        told.update(dict.fromkeys(named, written))
        lost = lost if named else written
    for place, each in some:
        yield place, told.get(_name(each), lost)
    for error in body.get("errors") or ():
        _must_be_installed(str(error.get("message") or ""), error.get("errors") or ())


UNTOLD = "HubSpot did not answer for each record"


def _refused(error: Mapping[str, Any]) -> Written:
    category, errors = str(error.get("category") or ""), [each for each in error.get("errors") or () if each]
    message = str(error.get("message") or category)
    if category == "OBJECT_NOT_FOUND":
        return Written(reason="it is not there: it was deleted, or merged into another", code=category)
    code = TWICE if TWICE in f"{message}{errors}" else category or "UNKNOWN"
    return Written(reason=in_words(message, errors), code=code, uncertain=category in FAILED)


def _named(error: Mapping[str, Any]) -> list[str]:
    """Give the ids and trace ids an error is about."""
    context = error.get("context")
    values = (context.get(name) for name in ("ids", "id", TRACE)) if isinstance(context, Mapping) else ()
    return [str(each) for value in values for each in (value if isinstance(value, list) else [value]) if each]


def _must_be_installed(said: str, errors: Iterable[Mapping[str, Any]]) -> None:
    """Raise where a property is not there: every other input would be refused for the same."""
    if NO_PROPERTY in said or any(each.get("code") == NO_PROPERTY for each in errors):
        advice = "run `dealgate install`, and let the app see Dealgate's properties"
        raise HubSpotError(f"HubSpot refused: {reason_in(said)}\n  help: {advice}", category=NO_PROPERTY)


def _name(each: Input) -> str:
    """Give what an answer names an input by: its trace id where it has no id yet."""
    return str(each.get("id") or each.get(TRACE) or "")
