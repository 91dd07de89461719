"""A simulated CRM's own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

    def advance(self, passed: timedelta | float) -> None:
        """Let time pass; a number is of seconds."""
        self.now += passed if isinstance(passed, timedelta) else timedelta(seconds=passed)

    @contextmanager
    def turned(self, moment: datetime | None) -> Iterator[None]:
        """Be at another moment for a while; None: now."""
        before = self.now
        if moment is not None:
            self.now = moment
        try:
            yield
        finally:
            if moment is not None:
                self.now = before


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
