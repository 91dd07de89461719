"""Batches of events: which deals each names. They come twice and in no order, so nothing else of them is believed.

Numbers may come as texts and the other way round. An event that cannot be read is named and left out; the others count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.events import Heard, NotUnderstoodError
from engine.judge.events import Event

MOST = 100
"""The most events that HubSpot puts into a batch."""
DEAL, ANY = "deal", "object"
DEAL_TYPE = "0-3"
OURS = frozenset({"INTEGRATION", "API"})
"""How a change was made that may be our own."""
APP = re.compile(r"(?:appId:)?([0-9]{1,20})", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
BETWEEN = re.compile(r"([A-Z]+)_TO_([A-Z]+)(?:_.*)?", re.ASCII)

Told = Mapping[str, Any]


class UnreadableError(ValueError):
    """An event lacks what every event has."""


def hear_batch(body: bytes, app_id: int) -> Heard:
    """Tell which deals a batch is about; what `app_id` wrote itself is ignored."""
    events, ignored, wrong = dict[str, Event](), 0, list[str]()
    for number, told in enumerate(_array(body), start=1):
        try:
            deals = () if _is_ours(told, app_id) else tuple(dict.fromkeys(_deals(told)))
            event = Event(_identity(told), deals)
        except UnreadableError as error:
            wrong.append(f"event {number}: {error}")
            continue
        ignored += not deals
        if deals:
            events[event.id] = event
    return Heard(tuple(events.values()), ignored, tuple(wrong))


def _array(body: bytes) -> Sequence[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstoodError("the body is no JSON") from None
    if not isinstance(found, list) or len(found) > MOST:
        raise NotUnderstoodError(f"the body is no list of up to {MOST} events")
    return found


def _is_ours(told: object, app_id: int) -> bool:
    """Whether our own app made the change; raises UnreadableError where this is no event."""
    if not isinstance(told, Mapping):
        raise UnreadableError("it is no object")
    source = APP.fullmatch(str(told.get("sourceId", "")))
    return str(told.get("changeSource", "")) in OURS and source is not None and int(source[1]) == app_id


def _deals(told: Told) -> Iterator[str]:
    """Name the deals that an event is about: none for other objects, unless it connects one to a deal."""
    subject, _, verb = str(told.get("subscriptionType", "")).partition(".")
    if verb == "associationChange":
        yield from _connected(told)
    elif subject == DEAL or (subject == ANY and str(told.get("objectTypeId", "")) == DEAL_TYPE):
        names = ("primaryObjectId", "newObjectId") if verb == "merge" else ("objectId",)
        yield from (_id(told, name) for name in names if told.get(name) is not None or name == names[0])


def _connected(told: Told) -> Iterator[str]:
    """Name the ends of an association that are deals, by its type or by the types of its ends."""
    between = BETWEEN.fullmatch(str(told.get("associationType", "")))
    ends = between.groups() if between else ("", "")
    for end, named in zip(("from", "to"), ends, strict=True):
        if named == "DEAL" or str(told.get(f"{end}ObjectTypeId", "")) == DEAL_TYPE:
            yield _id(told, f"{end}ObjectId")


def _identity(told: Told) -> str:
    """Tell an event from every other: its own id is not enough, HubSpot says."""
    about = next((name for name in ("objectId", "primaryObjectId", "fromObjectId") if told.get(name) is not None), "")
    named = ["portalId", "subscriptionId", about or "objectId", "eventId", "occurredAt"]
    more = ["toObjectId"] if about == "fromObjectId" else []
    return "webhook " + " ".join(_id(told, name) for name in (*named, *more))


def _id(told: Told, name: str) -> str:
    """Read an id, a number or the text of one."""
    value = told.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not DIGITS.fullmatch(text):
        raise UnreadableError(f"`{name}` is no number")
    return str(int(text))
