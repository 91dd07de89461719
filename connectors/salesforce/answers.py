"""Reads Salesforce's refusals: which kind of failure an HTTP status and body are, in words for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.protocol import CrmError
from connectors.salesforce.errors import (
    ChangedMeanwhileError,
    DailyLimitError,
    LocatorExpiredError,
    ManyRecordsError,
    NotReadableError,
    SalesforceError,
)

SERVER_ERROR = 500
CHANGED, MANY, EXPIRED = 412, 300, 401
PASSING = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT", "REQUEST_LIMIT_EXCEEDED"}
)
"""Error codes of what may succeed in a moment."""
KINDS: Mapping[str, type[SalesforceError]] = {
    "INVALID_FIELD": NotReadableError,
    "INVALID_TYPE": NotReadableError,
    "INVALID_QUERY_LOCATOR": LocatorExpiredError,
}
LONGEST = 300


def failure_of(status: int, content: Any, what: str) -> CrmError:  # noqa: ANN401 - any JSON value or text
    """Say what went wrong with a call; `what` names it for a reader, such as `GET query`."""
    error = first_error(content)
    code, message = str(error.get("errorCode", "")), str(error.get("message", ""))
    if code == "REQUEST_LIMIT_EXCEEDED" and "Concurrent" not in message:
        return DailyLimitError()
    if status == MANY:
        said = f"several records hold the same external id: {', '.join(map(str, content))[:LONGEST]}"
        return ManyRecordsError(said, code="MULTIPLE_CHOICES", status=status)
    if status == CHANGED:
        return ChangedMeanwhileError("the record was changed meanwhile", code=code, status=status)
    kind = KINDS.get(code)
    if kind is not None:
        return kind(_words(what, message), code=code, status=status)
    return _failure(status, code, message, what, error.get("fields") or ())


def _failure(status: int, code: str, message: str, what: str, fields: Sequence[str]) -> SalesforceError:
    """Tell a refusal from a failure, after which nobody knows whether a write was made."""
    failed = status >= SERVER_ERROR or not code
    said = message or "an answer that is not its own, such as a page of a proxy or of maintenance"
    passing = failed or code in PASSING
    return SalesforceError(
        _words(what, said), code=code, status=status, fields=fields, passing=passing, uncertain=failed
    )


def first_error(content: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON value or text
    """Give the first error of a body; it is a list of them, or one in older and in OAuth answers."""
    if isinstance(content, Sequence) and not isinstance(content, str | bytes) and content:
        content = content[0]
    return content if isinstance(content, Mapping) else {}


def _words(what: str, message: str) -> str:
    shown = " ".join(message.split())[:LONGEST]
    return f"Salesforce answered {what}: {shown}"
