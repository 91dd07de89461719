"""How HubSpot writes moments and dates down."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?")
MILLISECONDS = re.compile(r"-?\d{1,14}")


def stamp(moment: datetime) -> str:
    """Write a moment as the API does: UTC, three digits of a second, or none at all where they are zero."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23]
    return f"{text.removesuffix('.000')}Z"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def moment_of(text: str) -> datetime:
    """Read a date, a moment in ISO 8601 or milliseconds since 1970; raises ValueError."""
    if MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def date_of(text: str) -> date:
    """Read a date, or a moment that is midnight in UTC; raises ValueError."""
    moment = moment_of(text)
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise ValueError(text)
    return moment.date()
