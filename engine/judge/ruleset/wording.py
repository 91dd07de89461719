"""Conditions the language implies without writing them: what an activity is, what is late, where a deal stands."""

from __future__ import annotations

from rules.condition import AllOf, AnyOf, Compare, Condition, FieldValue, Literal, Moment, Operator, Reference, Value
from rules.types import Duration, FieldType, Unit

NOW, TODAY = Moment("now"), Moment("today")


def is_so(table: str, name: str) -> Condition:
    """Ask that a computed yes or no is yes."""
    return Compare(Reference(table, name, FieldType.YES_NO), Operator.EQUALS, Literal(value=True))


def number(table: str, name: str, operator: Operator, value: Value | int) -> Condition:
    """Compare a computed number."""
    right = Literal(value) if isinstance(value, int) else value
    return Compare(Reference(table, name, FieldType.NUMBER), operator, right)


def number_of(table: str, name: str) -> FieldValue:
    """Give another computed number as a right-hand side."""
    return FieldValue(Reference(table, name, FieldType.NUMBER))


def word(table: str, name: str, *values: str) -> Condition:
    """Ask that a choice is one of some."""
    return Compare(Reference(table, name, FieldType.CHOICE), Operator.ONE_OF, Literal(values))


def absent(table: str, name: str, kind: FieldType) -> Condition:
    """Ask that a column is not filled in."""
    return Compare(Reference(table, name, kind), Operator.PRESENT, Literal(value=False))


def day(table: str, name: str, operator: Operator, value: Value) -> Condition:
    """Compare a local date."""
    return Compare(Reference(table, name, FieldType.DATE), operator, value)


def instant(table: str, name: str, operator: Operator, value: Value) -> Condition:
    """Compare a moment."""
    return Compare(Reference(table, name, FieldType.TIME), operator, value)


def _up_to_now(table: str, name: str) -> Condition:
    return instant(table, name, Operator.ON_OR_BEFORE, NOW)


def _none_or_later(name: str) -> Condition:
    later = instant("proposals", name, Operator.AFTER, NOW)
    return AnyOf((absent("proposals", name, FieldType.TIME), later))


HAPPENED = AllOf(
    (
        _up_to_now("activities", "happened_at"),
        AnyOf((absent("activities", "status", FieldType.CHOICE), word("activities", "status", "held"))),
    )
)
"""An activity took place; a history without a status did."""
INBOUND = AllOf((HAPPENED, word("activities", "direction", "inbound")))
OUTBOUND = AllOf((HAPPENED, word("activities", "direction", "outbound")))
MEETING = word("activities", "kind", "meeting")
BUYERS = AllOf((HAPPENED, AnyOf((word("activities", "direction", "inbound"), MEETING))))
"""The buyer did something: wrote or called us, or met us."""
SELLERS = AllOf((HAPPENED, AnyOf((word("activities", "direction", "outbound"), MEETING))))
PLANNED = AllOf(
    (
        word("activities", "status", "planned"),
        instant("activities", "happened_at", Operator.AFTER, NOW),
        word("activities", "kind", "meeting", "call"),
    )
)
PENDING = AllOf((_up_to_now("proposals", "sent_at"), _none_or_later("answered_at"), _none_or_later("expires_at")))
"""A proposal neither answered nor expired (rule 11)."""
LATELY = AllOf(
    (
        _up_to_now("deals", "closed_at"),
        instant("deals", "closed_at", Operator.ON_OR_AFTER, Moment("now", Duration(-30 * 24, Unit.HOURS))),
    )
)
"""A deal was closed so lately that criteria of its outcome are asked (rule 7)."""
LATE = day("clock", "due", Operator.BEFORE, TODAY)
"""A deadline is over: its day has ended."""
