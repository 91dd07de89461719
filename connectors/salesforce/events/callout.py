"""Callouts of a flow: JSON with a signature over its time and its bytes.

The body is `{"organization": "00D...", "id": "unique to the event", "deals": ["006..."]}`. `X-Dealgate-Timestamp` is in
seconds, and `X-Dealgate-Signature` is hex(HMAC-SHA256(callout_secret, timestamp + "." + body)).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.events import WINDOW, Heard, NotBelievedError, NotUnderstoodError, Posted
from connectors.salesforce.ids import id18, is_id
from connectors.secret import Secret
from engine.judge.events import Event

TIMESTAMP, SIGNATURE = "x-dealgate-timestamp", "x-dealgate-signature"
WORD = re.compile(r"[!-~]{1,255}", re.ASCII)
SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
DEALS_BEGIN = "006"
"""What the ids of Opportunities begin with."""
MOST = 1000


def hear_callout(posted: Posted, organization: str, secret: Secret, now: datetime) -> Heard:
    """Tell which deals a callout is about; nothing of it is parsed before its signature is known to be right."""
    verify(posted, secret, now)
    values = _values(posted.body)
    if id18(_text(values, "organization")) != id18(organization):
        raise NotBelievedError
    event_id, given = _text(values, "id"), _deals(values)
    deals = tuple(dict.fromkeys(id18(each) for each in given if each.startswith(DEALS_BEGIN)))
    return Heard(
        (Event(f"callout {event_id}", deals),) if deals else (), sum(id18(each) not in deals for each in given)
    )


def verify(posted: Posted, secret: Secret, now: datetime) -> None:
    """Hold a callout against its signature, in constant time; raises NotBelievedError and says no more."""
    timestamp, given = posted.headers.get(TIMESTAMP, ""), posted.headers.get(SIGNATURE, "")
    if not SECONDS.fullmatch(timestamp) or not given.isascii():
        raise NotBelievedError
    signed = timestamp.encode() + b"." + posted.body
    right = hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode(), right.encode()):
        raise NotBelievedError
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        raise NotBelievedError


def _values(body: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstoodError("the body is no JSON") from None
    if not isinstance(values, Mapping):
        raise NotUnderstoodError("the body is no JSON object")
    return values


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not WORD.fullmatch(found):
        raise NotUnderstoodError(f"`{name}` is no text of 1 to 255 plain characters without spaces")
    return found


def _deals(values: Mapping[str, Any]) -> list[str]:
    found = values.get("deals")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST:
        raise NotUnderstoodError(f"`deals` is no list of 1 to {MOST} ids")
    if not all(isinstance(each, str) and is_id(each) for each in found):
        raise NotUnderstoodError("`deals` holds something that is no id")
    return found
