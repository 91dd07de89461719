"""Deadlines of clocks: the local day at whose end so long a time after a start is over (rule 10)."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.base import with_business_days
from engine.judge.query.scope import NOW, Build
from engine.judge.query.truth import NO
from rules.condition import Value
from rules.table_values import as_date, durations_of, later
from rules.types import Duration, Unit


def deadline(build: Build, start: str, limit: Value) -> ir.DateValue:
    """Give the deadline so long after a column of the frame; null where the segment has no limit.

    Joins the calendar where the limit counts business days, so read other columns after this call.
    """
    listed = durations_of(limit)
    business = {duration.amount for _, duration in listed if duration.unit is Unit.BUSINESS_DAYS}
    for n in sorted(business):
        join_business_day(build, start, n)
    return _per_segment(build, [(name, _moved(build, start, duration)) for name, duration in listed])


def has_limit(build: Build, limit: Value) -> ir.BooleanValue:
    """Say whether a deal's segment has a limit at all; where it has none, nothing is asked."""
    segments = [name for name, _ in durations_of(limit)]
    return ~NO if None in segments else build.frame.table["_segment"].isin([name for name in segments if name])


def join_business_day(build: Build, start: str, n: int) -> str:
    """Put beside each deal the business day so many after a column of the frame; give the new column's name."""
    name = f"{start}{column_of(n)}"
    if name not in build.frame.table.columns:
        build.frame.table = with_business_days(build, build.frame.table, start, {name: n})
    return name


def late(build: Build, due: ir.DateValue) -> ir.BooleanValue:
    """Say whether a deadline is over: its day has ended."""
    return build.frame.table[NOW.column("today")] > due


def _per_segment(build: Build, listed: list[tuple[str | None, ir.DateValue]]) -> ir.DateValue:
    segment = build.frame.table["_segment"]
    branches = [(segment == name, due) for name, due in listed if name is not None]
    rest = next((due for name, due in listed if name is None), None)
    if not branches:
        return rest
    return ibis.cases(*branches, else_=rest if rest is not None else ibis.null("date"))


def _moved(build: Build, start: str, duration: Duration) -> ir.DateValue:
    deals = build.frame.table
    if duration.unit is Unit.BUSINESS_DAYS:
        return deals[f"{start}{column_of(duration.amount)}"]
    return as_date(later(deals[start], duration.hours))
