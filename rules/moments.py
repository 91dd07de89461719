"""Instants on the clock of a time zone, up to the ends of the years that Python knows."""

from __future__ import annotations

from datetime import datetime, tzinfo


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Give an instant in a time zone; one so near the ends of all years that no local time exists, as it stands."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment
