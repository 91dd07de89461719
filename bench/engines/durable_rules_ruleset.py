"""The workload as a durable-rules ruleset: two rules a criterion, a deal asserted as a fact and retracted.

Its rules cannot compare two fields of one fact, so the differences are given to it ready-made. Null fields are left
out, and neither rule of a criterion fires then; a rule that asks for an absent field (`-m.field`) never ends once the
fact is retracted. `allItems` with an alternative inside answers wrongly, so persons are asked by `anyItem` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any

import numpy as np
from durable.lang import assert_fact, item, m, retract_fact, ruleset, when_all

from bench.engines.expressions import day, seconds
from bench.engines.protocol import Row, number_rows, rows_as_states
from bench.workload import (
    AS_OF,
    CLOCKS,
    CRITERIA,
    MET,
    NUMBERS,
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
from engine.judge.tables import Tables

_NAME = "workload"
_YES = True
_COMPARE: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "at_least": (ge, lt),
    "on_or_after": (ge, lt),
    "at_most": (le, gt),
    "on_or_before": (le, gt),
    "above": (gt, le),
    "after": (gt, le),
    "below": (lt, ge),
}
_UNTOLD = [UNMET if isinstance(each, Person) else UNKNOWN for each in CRITERIA]


class DurableRulesRuleset:
    """One ruleset for the process; the rules that fire on a deal write its states."""

    name = "durable-rules"
    distribution = "durable-rules"

    def __init__(self) -> None:
        self._current: list[int] = []
        with ruleset(_NAME):
            for place, criterion in enumerate(CRITERIA):
                for condition, state in _rules(criterion):
                    when_all(condition)(self._writer(place, state))

    def load(self, batches: Sequence[Tables]) -> list[Row]:
        """Give facts without nulls, with the differences of fields that criteria compare."""
        return [_fact(number, row) for number, row in enumerate(number_rows(batches), start=1)]

    def judge(self, loaded: list[Row]) -> list[list[int]]:
        """Assert and retract each fact."""
        return [self._judge_deal(fact) for fact in loaded]

    def states(self, answer: list[list[int]]) -> np.ndarray:
        """Stack the rows."""
        return rows_as_states(answer)

    def close(self) -> None:
        """Hold nothing that can be given back."""

    def _judge_deal(self, fact: Row) -> list[int]:
        self._current = _UNTOLD.copy()
        assert_fact(_NAME, fact)
        retract_fact(_NAME, fact)
        return self._current

    def _writer(self, place: int, state: int) -> Callable[[Any], None]:
        """Make an action; of a person's two rules both may fire, and met is the greater."""

        def write(_closure: object) -> None:
            self._current[place] = state if self._current[place] != MET else MET

        return write


def _rules(criterion: Criterion) -> list[tuple[Any, int]]:
    """Give what must hold for which state; where nothing fires, the state is the untold one."""
    match criterion:
        case Person():
            return _person(criterion)
        case OneOf(field=field, values=values):
            same, other = ([compare(getattr(m, field), value) for value in values] for compare in (eq, ne))
            return [(reduce(or_, same), MET), (reduce(and_, other), UNMET)]
        case Number(operator="between", value=(low, high)):
            return _between(criterion.field, low, high)
        case Clock(operator="within", value=int(days)):
            return _between(criterion.field, seconds(AS_OF) - days * 86_400, seconds(AS_OF))
        case Clock(operator="within_next", value=int(days)):
            return _between(criterion.field, day(TODAY), day(days_from_today(days)))
        case Number() | Clock():
            compare, opposite = _COMPARE[criterion.operator]
            name, right = _compared(criterion)
            return [(compare(getattr(m, name), right), MET), (opposite(getattr(m, name), right), UNMET)]


def _between(field: str, low: int, high: int) -> list[tuple[Any, int]]:
    inside = (getattr(m, field) >= low) & (getattr(m, field) <= high)
    outside = (getattr(m, field) < low) | (getattr(m, field) > high)
    return [(inside, MET), (outside, UNMET)]


def _person(person: Person) -> list[tuple[Any, int]]:
    role, engaged, seen = item.role, eq(item.engaged, _YES), item.last_buyer_activity_at
    in_role, in_time = role == person.role, (seen >= seconds(person.since)) & (seen <= seconds(AS_OF))
    perhaps = (in_role | -role) & engaged & (in_time | -seen)
    return [(m.contacts.anyItem(in_role & engaged & in_time), MET), (m.contacts.anyItem(perhaps), UNKNOWN)]


def _compared(criterion: Number | Clock) -> tuple[str, Any]:
    """Give the name and the bound: of two fields, the name of their difference."""
    if isinstance(criterion.value, FieldValue):
        return criterion.id.replace("-", "_"), criterion.value.plus
    return criterion.field, criterion.value


def _fact(number: int, row: Row) -> Row:
    fact = _without_nulls(row) | {"id": number, "contacts": [_without_nulls(each) for each in row["contacts"]]}
    for each in (*NUMBERS, *CLOCKS):
        if isinstance(each.value, FieldValue):
            left, right = row[each.field], row[each.value.field]
            if left is not None and right is not None:
                fact[_compared(each)[0]] = left - right
    return fact


def _without_nulls(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}
