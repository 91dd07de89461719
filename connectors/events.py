"""What a CRM tells by posting to us: who is believed, which deals it is about, and how it is answered.

A listener is pure: it keeps nothing, asks nobody and reads no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from engine.judge.events import Event

WINDOW = timedelta(minutes=5)
"""How far a signature's time may lie from now, both ways."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A request as it arrived: the path and query as they were sent, header names in small letters, the body's bytes.

    `end` is what its path has after the name of the CRM, decoded; "" where there is nothing.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    end: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was told: events about deals, how many others were about nothing that is judged, and what was wrong."""

    events: tuple[Event, ...]
    ignored: int = 0
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a CRM is answered once everything it told is kept."""

    body: bytes
    media_type: str


class NotBelievedError(Exception):
    """A request does not prove where it comes from; it is not told why."""


class NotUnderstoodError(Exception):
    """A request that may be believed is not as it should be; the message says what is wrong, and quotes nothing."""


class Listener(Protocol):
    """Hears one CRM; `kind` is what the paths it is posted to begin with."""

    kind: str

    def hear(self, posted: Posted, now: datetime) -> Heard:
        """Tell what a request says; raises NotBelievedError or NotUnderstoodError. `now` is UTC."""
        ...

    def reply(self, posted: Posted) -> Reply:
        """Give what the CRM wants to hear when all of it is kept."""
        ...

    def pointers(self, path: str) -> Sequence[str]:
        """Say in words what to point where in the CRM; `path` is where it posts to, and no secret is shown."""
        ...
