"""A condition as a three-valued table expression: NULL is unknown, and SQL's AND, OR and NOT are Kleene's.

Never ask `isnull` or `notnull` of a boolean expression: Ibis 12 may turn that into wrong SQL. States leave the query
as numbers (`state_number`), where a plain coalesce tells unknown apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
from ibis.expr import types as ir

from rules import table_text as text
from rules import table_time as time
from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    LastChangedBy,
    Literal,
    Not,
    Operator,
    Reference,
    Related,
    Score,
    Value,
)
from rules.table_values import ORDERINGS, Reader, by_segment, value_expression
from rules.types import FieldType

MET, UNMET, UNKNOWN = 1, 0, -1
"""States as the query gives them; null: does not apply."""


def expression(condition: Condition, reader: Reader) -> ir.BooleanValue:
    """Express a condition over what the reader reads; null where it is unknown."""
    match condition:
        case AllOf(parts):
            return ibis.and_(*(expression(part, reader) for part in parts))
        case AnyOf(parts):
            return ibis.or_(*(expression(part, reader) for part in parts))
        case Not(part):
            return ~expression(part, reader)
        case Related():
            return reader.related(condition)
        case LastChangedBy():
            return reader.last_changed_by(condition)
        case Compare():
            return _compare(condition, reader)


def state_number(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Give a condition's state as MET, UNMET or UNKNOWN."""
    return condition.cast("int8").fill_null(ibis.literal(UNKNOWN, "int8"))


def _compare(leaf: Compare, reader: Reader) -> ir.BooleanValue:
    subject, operator, value = leaf.subject, leaf.operator, leaf.value
    if isinstance(subject, Reference):
        if operator in time.OPERATORS:
            return time.OPERATORS[operator](subject, value, reader)
        if operator in SPECIAL:
            return SPECIAL[operator](subject, value, reader)
        if operator in text.OPERATORS and isinstance(value, Literal):
            return text.OPERATORS[operator](reader.column(subject), value.value)
        if _is_vocabulary(subject):
            return _one_of_words(subject, operator, value, reader)
        if subject.type in BY_TYPE:
            return BY_TYPE[subject.type](reader.column(subject), operator, value, reader)
    return _ordered(subject, operator, value, reader)


def _ordered(subject: Reference | Score, operator: Operator, value: Value, reader: Reader) -> ir.BooleanValue:
    kind = subject.type if isinstance(subject, Reference) else FieldType.NUMBER
    column = reader.column(subject)
    if kind in {FieldType.DATE, FieldType.TIME}:
        return time.ordered(column, operator, value, reader)
    if operator in {Operator.ONE_OF, Operator.NONE_OF, Operator.BETWEEN}:
        items = [value_expression(item, reader, kind) for item in literal_items(value)]
        return spread(column, operator, items)
    return ORDERINGS[operator](column, value_expression(value, reader, kind))


def literal_items(value: Value) -> list[Literal]:
    """Take a literal list apart into literals."""
    if not isinstance(value, Literal):
        return []
    return [Literal(item) for item in value.value] if isinstance(value.value, tuple) else [value]


def spread(column: ir.Value, operator: Operator, items: list[ir.Value]) -> ir.BooleanValue:
    """Compare with several values: one of them, none of them, or between the first and the last."""
    if operator is Operator.BETWEEN:
        return (column >= items[0]) & (column <= items[-1])
    found = column.isin(items)
    return ~found if operator is Operator.NONE_OF else found


def _yes_no(column: ir.Value, operator: Operator, value: Value, reader: Reader) -> ir.BooleanValue:
    known = column.fill_null(ibis.literal(value=False))
    if operator in {Operator.ONE_OF, Operator.NONE_OF}:
        return spread(
            known, operator, [value_expression(item, reader, FieldType.YES_NO) for item in literal_items(value)]
        )
    return by_segment(value, reader, lambda own: ORDERINGS[operator](known, _yes_or_no(own, reader)))


def _yes_or_no(value: Value, reader: Reader) -> ir.BooleanValue:
    """Give a yes or no; a null one is false (rule 1)."""
    return value_expression(value, reader, FieldType.YES_NO).fill_null(ibis.literal(value=False))


def _choices(column: ir.Value, operator: Operator, value: Value, _: Reader) -> ir.BooleanValue:
    held = [column.contains(item.value) for item in literal_items(value)]
    if operator is Operator.INCLUDES_ALL:
        return ibis.and_(*held)
    found = ibis.or_(*held)
    return ~found if operator in {Operator.NONE_OF, Operator.NOT} else found


def _is_vocabulary(subject: Reference) -> bool:
    return (subject.table, subject.name) in {
        ("contacts", "role"),
        ("deals", "stage"),
        ("stage_changes", "from_stage"),
        ("stage_changes", "to_stage"),
    }


def _one_of_words(subject: Reference, operator: Operator, value: Value, reader: Reader) -> ir.BooleanValue:
    column = reader.column(subject)
    if not isinstance(value, Literal):
        return ORDERINGS[operator](column, value_expression(value, reader, subject.type))
    words = [word for item in literal_items(value) for word in reader.crm_words(subject, str(item.value))]
    found = column.isin(words)
    return ~found if operator in {Operator.NOT, Operator.NONE_OF} else found


def _negated_unless(condition: ir.BooleanValue, value: Value) -> ir.BooleanValue:
    return condition if isinstance(value, Literal) and value.value is True else ~condition


def _is_present(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    return _negated_unless(reader.present(subject), value)


def _is_copied(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    return _negated_unless(reader.copied(subject), value)


def _enough_words(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    return text.words(reader.column(subject)) >= value_expression(value, reader, FieldType.NUMBER)


def _short_enough(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    return reader.column(subject).length() <= value_expression(value, reader, FieldType.NUMBER)


def _from_stage(subject: Reference, value: Value, reader: Reader) -> ir.BooleanValue:
    words = [word for item in literal_items(value) for word in reader.stages_from(str(item.value))]
    return reader.column(subject).isin(words)


SPECIAL: Mapping[Operator, Callable[[Reference, Value, Reader], ir.BooleanValue]] = {
    Operator.PRESENT: _is_present,
    Operator.COPIED: _is_copied,
    Operator.MIN_WORDS: _enough_words,
    Operator.MAX_CHARS: _short_enough,
    Operator.FROM_STAGE: _from_stage,
}

BY_TYPE: Mapping[FieldType, Callable[[ir.Value, Operator, Value, Reader], ir.BooleanValue]] = {
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _yes_no,
}
