"""Right-hand sides of conditions as table expressions, and the arithmetic of dates, times and business days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import ibis
from ibis.expr import types as ir

from rules.condition import (
    FieldValue,
    LastChangedBy,
    Literal,
    Moment,
    Operator,
    PerSegment,
    Reference,
    Related,
    Scalar,
    Score,
    Value,
)
from rules.types import Duration, FieldType, Unit

ORDERINGS: Mapping[Operator, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    Operator.EQUALS: lambda left, right: left == right,
    Operator.NOT: lambda left, right: left != right,
    Operator.AT_LEAST: lambda left, right: left >= right,
    Operator.AT_MOST: lambda left, right: left <= right,
    Operator.ABOVE: lambda left, right: left > right,
    Operator.BELOW: lambda left, right: left < right,
    Operator.ON_OR_AFTER: lambda left, right: left >= right,
    Operator.ON_OR_BEFORE: lambda left, right: left <= right,
    Operator.AFTER: lambda left, right: left > right,
    Operator.BEFORE: lambda left, right: left < right,
}
"""What the ordering operators do with two expressions."""


class Reader(Protocol):
    """Where the expression of a condition finds what it reads: a deal, or a related row of it."""

    def now(self) -> ir.TimestampValue:
        """Give the moment judged for."""
        ...

    def today(self) -> ir.DateValue:
        """Give its date in the playbook's time zone."""
        ...

    def segment(self) -> ir.StringValue:
        """Give the id of the deal's segment."""
        ...

    def column(self, subject: Reference | Score) -> ir.Value:
        """Give a column, absent as null: blank texts are null, money is in the playbook's currency."""
        ...

    def present(self, subject: Reference) -> ir.BooleanValue:
        """Say whether a column holds anything: an amount does in any currency, an empty list does not."""
        ...

    def business_day(self, base: Reference | None, days: int) -> ir.DateValue:
        """Give the business day so many after (or before) the date of `base`, or after today."""
        ...

    def related(self, node: Related) -> ir.BooleanValue:
        """Give a quantified condition over related rows."""
        ...

    def last_change(self, reference: Reference) -> ir.TimestampValue | None:
        """Give when a tracked field last changed (null: never); None where it is not tracked."""
        ...

    def last_changed_by(self, node: LastChangedBy) -> ir.BooleanValue:
        """Give whether the latest change of the fields was made by a user of the team."""
        ...

    def copied(self, reference: Reference) -> ir.BooleanValue:
        """Give whether an open deal of another account holds the same text."""
        ...

    def crm_words(self, reference: Reference, word: str) -> Sequence[str]:
        """Give what the CRM calls a stage or role that the playbook names by its id."""
        ...

    def stages_from(self, stage: str) -> Sequence[str]:
        """Give what the CRM calls this stage and every later one."""
        ...

    def fiscal_year_start(self) -> int:
        """Give the month (1 to 12) in which the fiscal year starts."""
        ...


def value_expression(value: Value, reader: Reader, like: FieldType) -> ir.Value:
    """Express a right-hand side typed like the field it is compared with."""
    match value:
        case Literal(scalar):
            return _literal(scalar, like)
        case FieldValue(reference, None):
            return reader.column(reference)
        case FieldValue(reference, Duration() as plus):
            return _moved(reader.column(reference), reference, plus, reader)
        case Moment(base, plus):
            start = reader.now() if base == "now" else reader.today()
            return start if plus is None else _moved(start, None, plus, reader)
        case PerSegment(cases, otherwise):
            listed = [case for _, case in cases] + ([] if otherwise is None else [otherwise])
            values = _of_one_kind([value_expression(each, reader, like) for each in listed])
            branches = [(reader.segment() == name, each) for (name, _), each in zip(cases, values, strict=False)]
            return ibis.cases(*branches, else_=None if otherwise is None else values[-1])


def by_segment(
    value: Value, reader: Reader, make: Callable[[Literal | FieldValue | Moment], ir.BooleanValue]
) -> ir.BooleanValue:
    """Make a condition of a right-hand side, or for each segment of its own; null where a segment has none."""
    if not isinstance(value, PerSegment):
        return make(value)
    branches = [(reader.segment() == name, by_segment(case, reader, make)) for name, case in value.cases]
    rest = None if value.otherwise is None else by_segment(value.otherwise, reader, make)
    return ibis.cases(*branches, else_=rest)


def durations_of(value: Value) -> list[tuple[str | None, Duration]]:
    """List the durations a value holds with their segment ids, in order; None is `otherwise`."""
    match value:
        case Literal(Duration() as duration):
            return [(None, duration)]
        case PerSegment(cases, otherwise):
            listed = [(name, duration) for name, case in cases for _, duration in durations_of(case)]
            return listed + (durations_of(otherwise) if otherwise is not None else [])
        case _:
            return []


def as_date(moment: ir.Value) -> ir.DateValue:
    """Give the local date of an instant (in the session's zone, which is the playbook's); dates stay."""
    return moment.date() if moment.type().is_timestamp() else moment


def holds_something(table: ir.Table, name: str) -> ir.BooleanValue:
    """Say whether a column of a table is present; one that was converted says so in a column beside it."""
    if given(name) in table.columns:
        return table[given(name)]
    column = table[name]
    return (column.length() > 0).fill_null(ibis.literal(value=False)) if column.type().is_array() else column.notnull()


def given(name: str) -> str:
    """Name the column that says whether an amount was there before it was converted."""
    return f"{name}.given"


def later(moment: ir.Value, hours: int) -> ir.Value:
    """Move an instant by hours, or a date by the whole days in them."""
    if moment.type().is_timestamp():
        return moment + ibis.interval(hours=hours)
    return (moment.cast("timestamp") + ibis.interval(days=hours // 24)).date()


def _of_one_kind(values: list[ir.Value]) -> list[ir.Value]:
    """Give dates as the instants they begin at where others of the values are instants."""
    if not any(each.type().is_timestamp() for each in values):
        return values
    return [each.cast("timestamp('UTC')") if each.type().is_date() else each for each in values]


def _moved(start: ir.Value, base: Reference | None, plus: Duration, reader: Reader) -> ir.Value:
    if _in_business_days(plus):
        return reader.business_day(base, plus.amount)
    return later(start, plus.hours)


def _in_business_days(plus: Duration | None) -> bool:
    return plus is not None and plus.unit is Unit.BUSINESS_DAYS


def _literal(scalar: Scalar | Duration | tuple[Scalar, ...], like: FieldType) -> ir.Value:
    match scalar:
        case bool() | str():
            return ibis.literal(scalar)
        case datetime():
            return ibis.literal(scalar, type="timestamp('UTC')")
        case date():
            return ibis.literal(scalar, type="date")
        case int() | Decimal() if like is FieldType.MONEY:
            return ibis.literal(Decimal(scalar), type=_decimal_type(Decimal(scalar)))
        case int() | Decimal():
            return ibis.literal(int(scalar) if scalar == int(scalar) else float(scalar))
        case _:
            msg = f"a {type(scalar).__name__} stands alone in no comparison"
            raise TypeError(msg)


def _decimal_type(amount: Decimal) -> str:
    exponent = amount.as_tuple().exponent
    scale = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"decimal(18, {scale})"
