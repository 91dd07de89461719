"""The org's own time, and how it writes moments down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 15, tzinfo=UTC)


class Clock:
    """Stands still until a test advances it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._now = moment

    def advance(self, passed: timedelta) -> None:
        self.now += passed


class RunningClock(Clock):
    """Goes on by itself, for a simulator that is a process of its own."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))
        self._ahead = timedelta(0)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @now.setter
    def now(self, moment: datetime) -> None:
        self._ahead = moment - datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a moment as the API does: UTC, milliseconds, no colon in the offset. Stamps sort as texts."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def moment_of(stamped: str) -> datetime:
    return datetime.fromisoformat(stamped).astimezone(UTC)
