"""How long a deal's segment gives, and the day at whose end it is over."""

from __future__ import annotations

from datetime import date, datetime

from engine.judge.ruleset.sight import Sight
from rules.condition import Value
from rules.types import Duration


def due_after(start: datetime | None, length: Value | None, sight: Sight) -> date | None:
    """Give the deadline so long after a moment; None without a start, a length, or a day in the calendar."""
    resolved = sight.resolved(length)
    if start is None or not isinstance(resolved, Duration):
        return None
    return sight.world.calendar.deadline(start, resolved)


def has_length(length: Value | None, sight: Sight) -> bool:
    """Say whether a deal's segment has a length at all; where it has none, nothing is asked."""
    return sight.resolved(length) is not None
