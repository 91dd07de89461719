"""Reads HubSpot's refusals: which kind of failure an HTTP status and body are, in words for a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.hubspot.errors import (
    DailyLimitError,
    HubSpotError,
    MissingScopesError,
    MovingError,
    NotFoundError,
    RateLimitError,
    UnknownPathError,
)
from connectors.protocol import CrmError

EXPIRED, FORBIDDEN, NOT_FOUND, TIMED_OUT = 401, 403, 404, 408
LOCKED, TOO_MANY, MOVING, SERVER_ERROR = 423, 429, 477, 500
DAILY, SECONDLY, TEN_SECONDLY = "DAILY", "SECONDLY", "TEN_SECONDLY_ROLLING"
LOCKED_PAUSE, SECOND_PAUSE, WINDOW_PAUSE = 2.0, 1.0, 10.0
"""Seconds HubSpot asks to wait where a record is locked, after too many searches, and after too many calls."""
PATIENCE = 60.0
"""The longest that is waited for an account that is being moved, in seconds."""
LONGEST = 300


def failure_of(status: int, content: Any, headers: Mapping[str, str], what: str) -> CrmError:  # noqa: ANN401
    """Say what went wrong with a call; `content` is parsed JSON or text, `what` names the call: `GET /crm/...`."""
    body: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
    message = str(body.get("message") or "")
    errors = _details(body)
    category = str(body.get("category") or body.get("errorType") or "")
    said = _words(what, message or "an answer that is not its own, such as a page of a proxy or of maintenance")
    if status == TOO_MANY:
        return _too_many(body, said, _retry_after(headers))
    if status == MOVING and _retry_after(headers) > PATIENCE:
        return MovingError(_retry_after(headers))
    if status == FORBIDDEN and (category == "MISSING_SCOPES" or "scopes" in message):
        return MissingScopesError(said.partition(" Read more")[0], scopes=missing_scopes(errors), errors=errors)
    if status == NOT_FOUND:
        if not body:
            return UnknownPathError(f"HubSpot has nothing at {what}", category="UNKNOWN_PATH", status=status)
        return NotFoundError(said, category=category, status=status, errors=errors, said=message)
    return _failure(status, (said, message), category, errors, _retry_after(headers))


def missing_scopes(errors: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the scopes a refusal asks for; HubSpot gives them under several names."""
    found = (
        scope
        for error in errors
        for name, values in _context(error).items()
        if "scope" in name.lower()
        for scope in values
    )
    return sorted(set(map(str, found)))


def reason_in(message: str, errors: Sequence[Mapping[str, Any]] = ()) -> str:
    """Say why HubSpot refused values, without the JSON that it wraps its words in."""
    told = (
        [_about(each) for each in errors if each.get("message")]
        or list(_invalid_values(message))
        or [_one_line(message)]
    )
    return "; ".join(dict.fromkeys(told))[:LONGEST]


def _about(error: Mapping[str, Any]) -> str:
    """Say what an error says, with the property it is about."""
    said, names = _one_line(str(error["message"])), _context(error).get("propertyName")
    name = str(names[0]) if isinstance(names, list) and names else ""
    return said if name in said else f"`{name}`: {said}"


def _invalid_values(message: str) -> Iterator[str]:
    """Read `Property values were not valid: [{"name": ..., "message": ...}]`."""
    start = message.find("[{")
    if start < 0:
        return
    try:
        rows, _ = json.JSONDecoder().raw_decode(message[start:])
    except ValueError:
        return
    for row in rows:
        name, said = row.get("name", ""), _one_line(str(row.get("message") or row.get("error") or ""))
        yield f"`{name}`: {said}" if name else said


def _too_many(body: Mapping[str, Any], said: str, asked: float) -> CrmError:
    message = str(body.get("message") or "").lower()
    policy = str(body.get("policyName") or (DAILY if "daily" in message else "")).upper()
    if policy == DAILY:
        return DailyLimitError()
    policy = policy or (SECONDLY if "secondly" in message and "ten_secondly" not in message else TEN_SECONDLY)
    pause = SECOND_PAUSE if policy == SECONDLY else WINDOW_PAUSE
    return RateLimitError(said, policy=policy, wait=max(asked, pause))


def _failure(
    status: int, words: tuple[str, str], category: str, errors: Sequence[Mapping[str, Any]], asked: float
) -> HubSpotError:
    """Tell a refusal from a failure, after which nobody knows whether a write was made."""
    failed = status >= SERVER_ERROR or status == TIMED_OUT or not category
    kept_out = status in {LOCKED, MOVING}
    return HubSpotError(
        words[0],
        said=words[1],
        category=category,
        status=status,
        errors=errors,
        passing=failed or kept_out,
        uncertain=failed and not kept_out,
        wait=max(asked, LOCKED_PAUSE if status == LOCKED else 0.0),
    )


def _details(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = body.get("errors")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _context(error: Mapping[str, Any]) -> Mapping[str, Any]:
    context = error.get("context")
    return context if isinstance(context, Mapping) else {}


def _retry_after(headers: Mapping[str, str]) -> float:
    """Read how many seconds HubSpot asks to wait; 0 where it does not say."""
    try:
        return max(0.0, float(headers.get("Retry-After") or 0))
    except ValueError:
        return 0.0


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words(what: str, message: str) -> str:
    return f"HubSpot answered {what}: {_one_line(message)[:LONGEST]}"
