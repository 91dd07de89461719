"""Flags as texts and values of a CRM's fields, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

BAR = "|"


class TooLongError(Exception):
    """What shall be written does not fit its field."""


def barred(values: Sequence[str]) -> str:
    """Write names so that a formula finds a whole one: `|Proposal|Closed Won|`."""
    return f"{BAR}{BAR.join(values)}{BAR}" if values else ""


def unbarred(text: str) -> tuple[str, ...]:
    """Read the names that `barred` wrote."""
    return tuple(each for each in text.split(BAR) if each)


def whole(stages: Sequence[str]) -> Sequence[str]:
    """Give the names of stages, unless one cannot be told apart among others; raises TooLongError."""
    if any(BAR in stage for stage in stages):
        raise TooLongError("the name of a stage holds a `|`, which tells stages apart")
    return stages


def must_fit(values: Mapping[str, object], lengths: Mapping[str, int]) -> None:
    """Raise TooLongError for a text longer than its field."""
    for field, value in values.items():
        if isinstance(value, str) and len(value) > lengths.get(field, len(value)):
            raise TooLongError(f"`{field}` holds {lengths[field]} characters, and {len(value)} are needed")


def text_in(row: Mapping[str, object], field: str) -> str:
    """Read a text as we wrote it: a CRM may keep other ends of lines."""
    return str(row.get(field) or "").replace("\r\n", "\n")


def day_in(value: object) -> date | None:
    """Read a day; raises ValueError for what is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(str(value)[:10]) if value else None


def moment_in(value: object) -> datetime | None:
    """Read a moment, UTC; None for what is none."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None
    except ValueError:
        return None
