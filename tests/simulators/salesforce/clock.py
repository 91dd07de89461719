"""How an org writes moments down; its clock is every simulated CRM's."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.simulators.clock import START, Clock, RunningClock

__all__ = ["START", "Clock", "RunningClock", "moment_of", "stamp"]


def stamp(moment: datetime) -> str:
    """Write a moment as the API does: UTC, milliseconds, no colon in the offset. Stamps sort as texts."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def moment_of(stamped: str) -> datetime:
    """Read a moment that was written so."""
    return datetime.fromisoformat(stamped).astimezone(UTC)
