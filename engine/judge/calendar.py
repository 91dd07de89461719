"""The playbook's calendar: business days, local dates and deadlines, also as a table to join by date."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import holidays
import pyarrow as pa

from engine.judge.cells import moved
from rules.moments import in_zone
from rules.playbook import Calendar
from rules.types import Duration, Unit

FIRST_YEAR, LAST_YEAR = 1990, 2060
"""Business days are known for these years; a deadline outside them is unknown."""


class BusinessCalendar:
    """Business days between 1990 and 2060: not a weekend, not a holiday, not a closed day."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.timezone)

    def local_date(self, moment: datetime) -> date:
        """Give the date of an instant in the playbook's time zone."""
        return in_zone(moment, self.zone).date()

    def add_business_days(self, start: date, n: int) -> date | None:
        """Give the n-th business day strictly after the start (before it where n is negative); None beyond 2060."""
        if n == 0:
            return start
        days, ordinal = self._business_days, start.toordinal()
        index = bisect_right(days, ordinal) + n - 1 if n > 0 else bisect_left(days, ordinal) + n
        if not 0 <= index < len(days) or not FIRST_YEAR <= start.year <= LAST_YEAR:
            return None
        return date.fromordinal(days[index])

    def deadline(self, start: datetime | date, duration: Duration) -> date | None:
        """Give the local day at whose end so long a time after the start is over (rule 10)."""
        if duration.unit is Unit.BUSINESS_DAYS:
            return self.add_business_days(self._as_date(start), duration.amount)
        return self._as_date(moved(start, timedelta(hours=duration.hours)))

    def table(self, offsets: Iterable[int]) -> pa.Table:
        """Give one row per day with, for every offset, the business day so many after it (column `+2`, `-5`)."""
        first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
        days = [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]
        columns = {column_of(n): [self.add_business_days(day, n) for day in days] for n in sorted(set(offsets))}
        return pa.table(
            {"date": pa.array(days, pa.date32())}
            | {name: pa.array(each, pa.date32()) for name, each in columns.items()}
        )

    @cached_property
    def _business_days(self) -> list[int]:
        closed = {day.toordinal() for day in self.calendar.closed} | set(self._holidays())
        weekend = set(self.calendar.weekend)
        every = range(date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal() + 1)
        return [day for day in every if (day - 1) % 7 not in weekend and day not in closed]

    def _holidays(self) -> list[int]:
        if not self.calendar.holidays:
            return []
        country, _, subdivision = self.calendar.holidays.partition("-")
        years = range(FIRST_YEAR, LAST_YEAR + 1)
        known = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
        return [day.toordinal() for day in known]

    def _as_date(self, moment: datetime | date) -> date:
        return self.local_date(moment) if isinstance(moment, datetime) else moment


def column_of(offset: int) -> str:
    """Name the calendar table's column for an offset."""
    return f"{offset:+d}"
