"""The days that SOQL names in words, such as TODAY and LAST_N_DAYS:30; an org's day is UTC's here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]
"""First and last day, both included."""
DAY = timedelta(days=1)


def named_days(word: str, today: date) -> Days | None:
    """Give the days a word means; None where it means none."""
    name, _, count = word.upper().partition(":")
    if count.isdigit() and name in COUNTED:
        return COUNTED[name](today, int(count))
    return NAMED[name](today) if name in NAMED and not count else None


def _week(today: date, ahead: int) -> Days:
    first = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=ahead)
    return first, first + timedelta(days=6)


def _months(today: date, ahead: int, length: int) -> Days:
    """Give the so-many-th stretch of whole months from the one that holds today."""
    start = (today.year * 12 + today.month - 1) // length * length + ahead * length
    first, after = (date(each // 12, each % 12 + 1, 1) for each in (start, start + length))
    return first, after - DAY


NAMED: dict[str, Callable[[date], Days]] = {
    "TODAY": lambda today: (today, today),
    "YESTERDAY": lambda today: (today - DAY, today - DAY),
    "TOMORROW": lambda today: (today + DAY, today + DAY),
    "THIS_WEEK": lambda today: _week(today, 0),
    "LAST_WEEK": lambda today: _week(today, -1),
    "NEXT_WEEK": lambda today: _week(today, 1),
    "THIS_MONTH": lambda today: _months(today, 0, 1),
    "LAST_MONTH": lambda today: _months(today, -1, 1),
    "NEXT_MONTH": lambda today: _months(today, 1, 1),
    "THIS_QUARTER": lambda today: _months(today, 0, 3),
    "LAST_QUARTER": lambda today: _months(today, -1, 3),
    "NEXT_QUARTER": lambda today: _months(today, 1, 3),
    "THIS_YEAR": lambda today: _months(today, 0, 12),
    "LAST_YEAR": lambda today: _months(today, -1, 12),
    "NEXT_YEAR": lambda today: _months(today, 1, 12),
    "LAST_90_DAYS": lambda today: (today - timedelta(days=90), today),
    "NEXT_90_DAYS": lambda today: (today + DAY, today + timedelta(days=90)),
}
COUNTED: dict[str, Callable[[date, int], Days]] = {
    "LAST_N_DAYS": lambda today, count: (today - timedelta(days=count), today),
    "NEXT_N_DAYS": lambda today, count: (today + DAY, today + timedelta(days=count)),
    "N_DAYS_AGO": lambda today, count: (today - timedelta(days=count),) * 2,
}
