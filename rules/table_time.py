"""Dates and times in table expressions: comparisons, looking back and forward, and calendar periods.

Days are multiples of 24 hours; calendar words use the playbook's zone, which is the session's (rule 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
from ibis.expr import types as ir

from rules.condition import FieldValue, Literal, Moment, Operator, Reference, Value
from rules.table_values import ORDERINGS, Reader, as_date, by_segment, durations_of, later, value_expression
from rules.types import Duration, FieldType, Unit


def ordered(column: ir.Value, operator: Operator, value: Value, reader: Reader) -> ir.BooleanValue:
    """Compare by instant where both sides are instants, else by local date."""
    return by_segment(value, reader, lambda own: _ordered(column, operator, own, reader))


def _ordered(
    column: ir.Value, operator: Operator, value: Literal | FieldValue | Moment, reader: Reader
) -> ir.BooleanValue:
    pairs = [_alike(column, value_expression(item, reader, FieldType.TIME)) for item in _items(value)]
    match operator:
        case Operator.EQUALS | Operator.ONE_OF:
            return ibis.or_(*(left == right for left, right in pairs))
        case Operator.NOT | Operator.NONE_OF:
            return ~ibis.or_(*(left == right for left, right in pairs))
        case Operator.BETWEEN:
            (first, low), (last, high) = pairs[0], pairs[-1]
            return (first >= low) & (last <= high)
        case _:
            return ORDERINGS[operator](*pairs[0])


def _items(value: Literal | FieldValue | Moment) -> list[Literal | FieldValue | Moment]:
    if isinstance(value, Literal) and isinstance(value.value, tuple):
        return [Literal(item) for item in value.value]
    return [value]


def _alike(column: ir.Value, right: ir.Value) -> tuple[ir.Value, ir.Value]:
    if column.type().is_timestamp() and right.type().is_timestamp():
        return column, right
    return as_date(column), as_date(right)


def per_segment(value: Value, reader: Reader, make: Callable[[Duration], ir.BooleanValue]) -> ir.BooleanValue:
    """Make a condition of a duration, for each segment its own; null where a segment has none."""
    listed = durations_of(value)
    branches = [(reader.segment() == name, make(duration)) for name, duration in listed if name is not None]
    rest = [make(duration) for name, duration in listed if name is None]
    if not branches:
        return rest[0]
    return ibis.cases(*branches, else_=rest[0] if rest else None)


def _within(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    column = reader.column(subject)
    return per_segment(value, reader, lambda back: in_window(column, back, reader))


def in_window(column: ir.Value, back: Duration, reader: Reader) -> ir.BooleanValue:
    """Say whether a moment lies in the time that ends now and began so long ago, both ends included."""
    now, today = reader.now(), reader.today()
    if back.unit is Unit.BUSINESS_DAYS:
        first = reader.business_day(None, -back.amount)
        recent = (as_date(column) >= first) & (as_date(column) <= today)
        return recent & (column <= now) if column.type().is_timestamp() else recent
    earliest = later(now, -back.hours)
    if column.type().is_timestamp():
        return (column >= earliest) & (column <= now)
    return (column >= as_date(earliest)) & (column <= today)


def _within_next(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    column, now, today = reader.column(subject), reader.now(), reader.today()

    def upcoming(ahead: Duration) -> ir.BooleanValue:
        if ahead.unit is Unit.BUSINESS_DAYS:
            last = reader.business_day(None, ahead.amount)
            soon = (as_date(column) >= today) & (as_date(column) <= last)
            return soon & (column > now) if column.type().is_timestamp() else soon
        latest = later(now, ahead.hours)
        if column.type().is_timestamp():
            return (column > now) & (column <= latest)
        return (column >= today) & (column <= as_date(latest))

    return per_segment(value, reader, upcoming)


def _older_than(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    column = reader.column(subject)

    def old(age: Duration) -> ir.BooleanValue:
        if age.unit is Unit.BUSINESS_DAYS:
            return as_date(column) < reader.business_day(None, -age.amount)
        earliest = later(reader.now(), -age.hours)
        return column < earliest if column.type().is_timestamp() else column < as_date(earliest)

    return per_segment(value, reader, old)


def _changed_within(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    last = reader.last_change(subject)
    if last is None:
        return ibis.null("boolean")
    return per_segment(value, reader, lambda back: in_window(last, back, reader).fill_null(ibis.literal(value=False)))


def _changed_since(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    last = reader.last_change(subject)
    if last is None:
        return ibis.null("boolean")
    no = ibis.literal(value=False)
    known = ordered(reader.now(), Operator.ON_OR_AFTER, value, reader)
    never = ibis.cases((known, no), (~known, no), else_=ibis.null("boolean"))
    return ibis.ifelse(last.isnull(), never, ordered(last, Operator.ON_OR_AFTER, value, reader))


def _in_periods(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    column, today = as_date(reader.column(subject)), reader.today()
    listed = value.value if isinstance(value, Literal) else ()
    words = [str(each) for each in (listed if isinstance(listed, tuple) else (listed,))]
    return ibis.or_(*(_in_period(column, word, today, reader.fiscal_year_start()) for word in words))


def _in_period(day: ir.DateValue, words: str, today: ir.DateValue, fiscal_year_start: int) -> ir.BooleanValue:
    which, unit = words.split()
    steps = {"last": -1, "this": 0, "next": 1}[which]
    if unit == "week":
        return day.truncate("W") == later(today.truncate("W"), 7 * 24 * steps)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    return _period_number(day, months, fiscal_year_start) == _period_number(today, months, fiscal_year_start) + steps


def _period_number(day: ir.DateValue, months: int, fiscal_year_start: int) -> ir.IntegerValue:
    return (day.year() * 12 + day.month() - fiscal_year_start) // months


OPERATORS: Mapping[Operator, Callable[[Reference, Value, Reader], ir.BooleanValue]] = {
    Operator.WITHIN: _within,
    Operator.WITHIN_NEXT: _within_next,
    Operator.OLDER_THAN: _older_than,
    Operator.CHANGED_WITHIN: _changed_within,
    Operator.CHANGED_SINCE: _changed_since,
    Operator.IN: _in_periods,
}
