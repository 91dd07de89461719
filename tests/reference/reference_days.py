"""Days counted the slow way: one day after the other, by the playbook's calendar and time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from rules.playbook import Calendar
from rules.types import Duration, Unit

ONE_DAY = timedelta(days=1)
KNOWN_YEARS = range(1990, 2061)
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


def local_date(moment: date, calendar: Calendar) -> date:
    """Give the calendar's date of a moment; a date is its own."""
    if not isinstance(moment, datetime):
        return moment
    try:
        return moment.astimezone(ZoneInfo(calendar.timezone)).date()
    except OverflowError:
        return moment.date()


def in_zone(moment: date, calendar: Calendar) -> date:
    """Give a time without an offset the calendar's zone; a date stays a date."""
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=ZoneInfo(calendar.timezone)).astimezone(UTC)
    return moment


def business_days(day: date, count: int, calendar: Calendar) -> date | None:
    """Walk to the `count`-th business day strictly after `day`, or before it where `count` is negative.

    Business days are known for the years 1990 to 2060.
    """
    left = abs(count)
    if day.year not in KNOWN_YEARS:
        return None
    while left:
        day += ONE_DAY if count > 0 else -ONE_DAY
        left -= _is_business_day(day, calendar)
    return day if day.year in KNOWN_YEARS else None


def moved(moment: date, by: Duration | None, calendar: Calendar, sign: int = 1) -> date | None:
    """Move a date or time by a duration; business days turn a time into the date they lead to, where it is known."""
    if by is None:
        return moment
    if by.unit is Unit.BUSINESS_DAYS:
        return business_days(local_date(moment, calendar), sign * by.amount, calendar)
    length = timedelta(hours=by.hours) if isinstance(moment, datetime) else timedelta(days=by.hours // 24)
    start = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    try:
        return start + sign * length
    except OverflowError:
        last = datetime.max.replace(tzinfo=UTC) if isinstance(moment, datetime) else date.max
        return last if sign * length > timedelta() else None


def period(words: str, today: date, calendar: Calendar) -> tuple[date, date]:
    """Give the first day of a period such as `next quarter`, and the first day after it."""
    which, unit = words.split()
    step = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + step * timedelta(days=7)
        return monday, monday + timedelta(days=7)
    months = MONTHS_OF[unit]
    since_fiscal_start = (today.month - calendar.fiscal_year_start) % 12 % months
    this_one = today.year * 12 + today.month - 1 - since_fiscal_start
    return _first_of(this_one + step * months), _first_of(this_one + (step + 1) * months)


def _first_of(months_since_year_zero: int) -> date:
    return date(months_since_year_zero // 12, months_since_year_zero % 12 + 1, 1)


def _is_business_day(day: date, calendar: Calendar) -> bool:
    if day.weekday() in calendar.weekend or day in calendar.closed:
        return False
    return not calendar.holidays or day not in _holidays_of(calendar.holidays)


@lru_cache
def _holidays_of(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)
