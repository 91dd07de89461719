"""Whether a value would meet one comparison: used to propose values, never to judge; every proposal is judged anew."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import re2

from engine.judge.calendar import BusinessCalendar
from rules.condition import Operator
from rules.placeholders import is_placeholder
from rules.table_text import whole_words
from rules.types import Duration, Unit


class Moments:
    """The as-of and the calendar by which dates and times are compared."""

    def __init__(self, as_of: datetime, calendar: BusinessCalendar, fiscal_year_start: int) -> None:
        self.as_of, self.calendar = as_of, calendar
        self.today = calendar.local_date(as_of)
        self.fiscal_year_start = fiscal_year_start

    def moved(self, moment: date | datetime | None, by: Duration | None) -> date | datetime | None:
        """Move a date or an instant by a duration."""
        if moment is None or by is None:
            return moment
        if by.unit is Unit.BUSINESS_DAYS:
            return self.calendar.add_business_days(self.day(moment), by.amount)
        return moment + timedelta(hours=by.hours)

    def day(self, moment: date | datetime) -> date:
        """Give the local date."""
        return self.calendar.local_date(moment) if isinstance(moment, datetime) else moment

    def within(self, value: date | datetime, length: Duration) -> bool:
        """Say whether a moment lies in the time that ends now and began so long ago."""
        start = self._window(Duration(-length.amount, length.unit))
        recent = self._at_least(value, start) and self.day(value) <= self.today
        return recent and (value <= self.as_of if isinstance(value, datetime) else True)

    def within_next(self, value: date | datetime, length: Duration) -> bool:
        """Say whether a moment lies in the time that starts now and lasts so long."""
        end = self._window(length)
        soon = self._at_least(end, value) and self.day(value) >= self.today
        return soon and (value > self.as_of if isinstance(value, datetime) else True)

    def older_than(self, value: date | datetime, length: Duration) -> bool:
        """Say whether a moment lies longer ago than so long."""
        return not self._at_least(value, self._window(Duration(-length.amount, length.unit)))

    def in_period(self, value: date | datetime, words: str) -> bool:
        """Say whether a day lies in a calendar period, such as `next quarter`."""
        which, unit = words.split()
        step = {"last": -1, "this": 0, "next": 1}[which]
        day = self.day(value)
        if unit == "week":
            return day.toordinal() - day.weekday() == self.today.toordinal() - self.today.weekday() + 7 * step
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        return self._period(day, months) == self._period(self.today, months) + step

    def _period(self, day: date, months: int) -> int:
        return (day.year * 12 + day.month - self.fiscal_year_start) // months

    def _window(self, length: Duration) -> date | datetime | None:
        return self.moved(self.today if length.unit is Unit.BUSINESS_DAYS else self.as_of, length)

    def _at_least(self, value: date | datetime | None, bound: date | datetime | None) -> bool:
        if value is None or bound is None:
            return False
        left, right = aligned(value, bound, self)
        return bool(left >= right)


def aligned(left: Any, right: Any, moments: Moments) -> tuple[Any, Any]:  # noqa: ANN401 -- values of any type
    """Make two values comparable: dates with times by local date, numbers as decimals."""
    if isinstance(left, date) and isinstance(right, date):
        instants = isinstance(left, datetime) and isinstance(right, datetime)
        return (left, right) if instants else (moments.day(left), moments.day(right))
    return _number(left), _number(right)


def holds(operator: Operator, value: Any, right: Any, moments: Moments) -> bool | None:  # noqa: ANN401 -- likewise
    """Say whether a value, absent as None, meets a comparison; None where that cannot be told."""
    if operator is Operator.PRESENT:
        return (value is not None and value != []) is right
    if operator is Operator.MIN_WORDS:
        return value is not None and len(words_of(str(value))) >= right
    if value is None or right is None:
        return None
    if operator in WINDOWS:
        return WINDOWS[operator](moments, value, right)
    if operator in TEXTS:
        return TEXTS[operator](value, right)
    return _compared(operator, value, right, moments)


def _compared(operator: Operator, value: Any, right: Any, moments: Moments) -> bool | None:  # noqa: ANN401 -- likewise
    if operator in LISTS:
        wanted = right if isinstance(right, tuple) else (right,)
        return LISTS[operator](_same_kind(value, wanted, moments), wanted)
    if operator in ORDERS:
        left, bound = aligned(value, right, moments)
        return bool(ORDERS[operator](left, bound))
    return all(_between(value, right, moments)) if operator is Operator.BETWEEN else None


def words_of(text: str) -> list[str]:
    """List the words of a text: runs without white space that hold a letter or digit."""
    return [run for run in text.split() if any(map(str.isalnum, run))]


def _between(value: object, right: tuple[Any, Any], moments: Moments) -> tuple[bool, bool]:
    low, high = aligned(value, right[0], moments), aligned(value, right[1], moments)
    return bool(low[0] >= low[1]), bool(high[0] <= high[1])


def _same_kind(value: object, wanted: tuple[Any, ...], moments: Moments) -> object:
    """Bring a number, date or time to the form in which listed values are written."""
    if isinstance(value, list | tuple | frozenset | set):
        return frozenset(value)
    return aligned(value, wanted[0], moments)[0] if wanted else value


def _number(value: object) -> object:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else value


def _any_of(value: object, wanted: Collection[object]) -> bool:
    return bool(value & frozenset(wanted)) if isinstance(value, frozenset) else value in wanted


def _contains(value: object, phrases: object) -> bool:
    listed = phrases if isinstance(phrases, tuple) else (phrases,)
    return any(re2.search(whole_words(str(phrase)), str(value)) for phrase in listed)


LISTS: Mapping[Operator, Callable[[Any, tuple[Any, ...]], bool]] = {
    Operator.EQUALS: _any_of,
    Operator.ONE_OF: _any_of,
    Operator.INCLUDES_ANY: _any_of,
    Operator.NOT: lambda value, wanted: not _any_of(value, wanted),
    Operator.NONE_OF: lambda value, wanted: not _any_of(value, wanted),
    Operator.INCLUDES_ALL: lambda value, wanted: set(wanted) <= set(value),
}
ORDERS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.AT_LEAST: op.ge,
    Operator.AT_MOST: op.le,
    Operator.ABOVE: op.gt,
    Operator.BELOW: op.lt,
    Operator.ON_OR_AFTER: op.ge,
    Operator.ON_OR_BEFORE: op.le,
    Operator.AFTER: op.gt,
    Operator.BEFORE: op.lt,
}
WINDOWS: Mapping[Operator, Callable[[Moments, Any, Any], bool]] = {
    Operator.WITHIN: Moments.within,
    Operator.WITHIN_NEXT: Moments.within_next,
    Operator.OLDER_THAN: Moments.older_than,
    Operator.IN: lambda moments, value, periods: any(moments.in_period(value, each) for each in _listed(periods)),
}
TEXTS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.CONTAINS: _contains,
    Operator.AVOIDS: lambda value, phrases: not _contains(value, phrases),
    Operator.MATCHES: lambda value, pattern: re2.search(str(pattern), str(value)) is not None,
    Operator.MAX_CHARS: lambda value, most: len(str(value)) <= most,
    Operator.PLACEHOLDER: lambda value, wanted: is_placeholder(str(value)) is wanted,
}


def _listed(periods: object) -> tuple[str, ...]:
    return periods if isinstance(periods, tuple) else (str(periods),)
