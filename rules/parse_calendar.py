"""Reads the calendar: time zone, weekend, holidays and closed days, each checked against what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import holidays

from rules.literals import NotAValueError, read_date
from rules.node_reading import child, mapping, scalar, scalars, text
from rules.parsing import Parsing
from rules.playbook import Calendar
from rules.yaml_nodes import Node

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def parse_calendar(root: Node, parsing: Parsing) -> Calendar:
    """Read the calendar, or take UTC with free weekends where none is written."""
    node = mapping(root, "calendar")
    plain = Calendar()
    weekend = [WEEKDAYS.index(day.text) for day in scalars(child(node, "weekend")) if day.text in WEEKDAYS]
    month = text(node, "fiscal_year")
    return Calendar(
        timezone=_timezone(node, parsing) or plain.timezone,
        weekend=tuple(sorted(weekend)) if child(node, "weekend") is not None else plain.weekend,
        holidays=_holidays(node, parsing),
        closed=tuple(sorted(_closed(node, parsing))),
        fiscal_year_start=MONTHS.index(month) + 1 if month in MONTHS else plain.fiscal_year_start,
    )


def zone_of(calendar: Calendar) -> ZoneInfo:
    """Give a calendar's time zone."""
    return ZoneInfo(calendar.timezone)


@cache
def time_zones() -> frozenset[str]:
    """List the IANA time zones, from the tzdata package so that every machine knows the same."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def holiday_places() -> Mapping[str, tuple[str, ...]]:
    """List the countries whose holidays are known by their two-letter codes, with their parts."""
    return {code: tuple(parts) for code, parts in holidays.list_supported_countries().items() if len(code) == len("US")}


def _timezone(node: Node | None, parsing: Parsing) -> str:
    zone = scalar(node, "timezone")
    if zone is None or zone.text in time_zones():
        return "" if zone is None else zone.text
    parsing.unknown(zone.place, "time-zone", zone.text, time_zones(), f"there is no time zone `{zone.text}`")
    return ""


def _holidays(node: Node | None, parsing: Parsing) -> str:
    written = scalar(node, "holidays")
    if written is None:
        return ""
    country, _, part = written.text.partition("-")
    places = holiday_places()
    if country not in places:
        help_text = "write a country's two letters, such as `US`, or a part of it, such as `US-CA`"
        parsing.add(written.place, "unknown-country", f"no holidays are known for `{written.text}`", help_text)
    elif part and part not in places[country]:
        known = [f"{country}-{each}" for each in places[country]]
        message = f"no holidays are known for `{part}` in `{country}`"
        parsing.unknown(written.place, "country", written.text, known, message)
    return written.text


def _closed(node: Node | None, parsing: Parsing) -> list[date]:
    days = []
    for written in scalars(child(node, "closed")):
        try:
            days.append(read_date(written.text))
        except NotAValueError as why:
            parsing.refuse(written.place, "wrong-value", why)
    return days
