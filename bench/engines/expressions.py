"""The criteria as expressions, for engines that have an expression language: `null ? -1 : holds ? 1 : 0`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from bench.workload import (
    AS_OF,
    MET,
    TODAY,
    UNKNOWN,
    UNMET,
    Clock,
    Criterion,
    FieldValue,
    Number,
    OneOf,
    Person,
    days_from_today,
)

_SIGNS = {
    "at_least": ">=",
    "on_or_after": ">=",
    "at_most": "<=",
    "on_or_before": "<=",
    "above": ">",
    "after": ">",
    "below": "<",
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Dialect:
    """How one language writes what differs; `some` gives "some contact for which ...", whose fields `item` prefixes."""

    both: str
    either: str
    item: str
    some: Callable[[str], str]


def expression(criterion: Criterion, dialect: Dialect) -> str:
    """Write a criterion as an expression that gives its state from a row of numbers and texts."""
    match criterion:
        case Person():
            return _person(criterion, dialect)
        case OneOf(field=field, values=values):
            listed = ", ".join(f"'{value}'" for value in values)
            return _state([field], f"{field} in [{listed}]", dialect)
        case Number(field=field, value=FieldValue(other, plus)) | Clock(field=field, value=FieldValue(other, plus)):
            right = f"{other} + {plus}" if plus else other
            return _state([field, other], f"{field} {_SIGNS[criterion.operator]} {right}", dialect)
        case Number() | Clock():
            return _state([criterion.field], _holds(criterion, dialect), dialect)


def day(moment: date) -> int:
    """Count the days since 1970."""
    return (moment - _EPOCH).days


def seconds(moment: datetime) -> int:
    """Count the seconds since 1970."""
    return int(moment.timestamp())


def _person(person: Person, dialect: Dialect) -> str:
    role, engaged, seen = (f"{dialect.item}{name}" for name in ("role", "engaged", "last_buyer_activity_at"))
    in_time = _between(seen, seconds(person.since), seconds(AS_OF), dialect)
    is_engaged, is_role = f"{engaged} == true", f"{role} == '{person.role}'"
    surely = dialect.both.join([is_role, is_engaged, f"{seen} != null", in_time])
    perhaps = dialect.both.join(
        [f"({role} == null{dialect.either}{is_role})", is_engaged, f"({seen} == null{dialect.either}({in_time}))"]
    )
    return f"({dialect.some(surely)} ? {MET} : ({dialect.some(perhaps)} ? {UNKNOWN} : {UNMET}))"


def _holds(criterion: Number | Clock, dialect: Dialect) -> str:
    match criterion.operator, criterion.value:
        case "between", (int(low), int(high)):
            return _between(criterion.field, low, high, dialect)
        case "within", int(days):
            return _between(criterion.field, seconds(AS_OF) - days * 86_400, seconds(AS_OF), dialect)
        case "within_next", int(days):
            return _between(criterion.field, day(TODAY), day(days_from_today(days)), dialect)
        case operator, value:
            return f"{criterion.field} {_SIGNS[operator]} {value}"


def _between(field: str, low: int, high: int, dialect: Dialect) -> str:
    return f"{field} >= {low}{dialect.both}{field} <= {high}"


def _state(fields: list[str], holds: str, dialect: Dialect) -> str:
    missing = dialect.either.join(f"{field} == null" for field in fields)
    return f"(({missing}) ? {UNKNOWN} : (({holds}) ? {MET} : {UNMET}))"
