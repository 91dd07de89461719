"""The workload as a careful person writes it in plain Python: loops over dict rows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from bench.engines.protocol import Row, plain_rows, rows_as_states
from bench.workload import (
    AS_OF,
    CLOCKS,
    MET,
    NUMBERS,
    ONE_OFS,
    PERSONS,
    TODAY,
    UNKNOWN,
    UNMET,
    Clock,
    FieldValue,
    days_from_today,
)
from engine.judge.tables import Tables

Bound = int | date | datetime

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "on_or_after": operator.ge,
    "at_most": operator.le,
    "on_or_before": operator.le,
    "above": operator.gt,
    "after": operator.gt,
    "below": operator.lt,
}


class HandwrittenPython:
    """Four plain loops: numbers, texts, persons, clocks."""

    name = "Python, by hand"
    distribution = ""

    def __init__(self) -> None:
        self._numbers = [_number_test(each.field, each.operator, each.value) for each in NUMBERS]
        self._one_ofs = [(each.field, frozenset(each.values)) for each in ONE_OFS]
        self._persons = [(each.role, each.since) for each in PERSONS]
        self._clocks = [_clock_test(each) for each in CLOCKS]

    def load(self, batches: Sequence[Tables]) -> list[Row]:
        """Give dict rows of Python's own values."""
        return plain_rows(batches)

    def judge(self, loaded: list[Row]) -> list[list[int]]:
        """Judge row by row."""
        return [self._judge_deal(deal) for deal in loaded]

    def states(self, answer: list[list[int]]) -> np.ndarray:
        """Stack the rows."""
        return rows_as_states(answer)

    def close(self) -> None:
        """Hold nothing."""

    def _judge_deal(self, deal: Row) -> list[int]:
        states = [test(deal) for test in self._numbers]
        for field, allowed in self._one_ofs:
            value = deal[field]
            states.append(UNKNOWN if value is None else MET if value in allowed else UNMET)
        contacts = [
            (contact["role"], contact["last_buyer_activity_at"]) for contact in deal["contacts"] if contact["engaged"]
        ]
        states.extend(_person_state(contacts, role, since) for role, since in self._persons)
        states.extend(test(deal) for test in self._clocks)
        return states


def _person_state(contacts: list[tuple[str | None, datetime | None]], wanted: str, since: datetime) -> int:
    state = UNMET
    for role, seen in contacts:
        if (role is not None and role != wanted) or (seen is not None and not since <= seen <= AS_OF):
            continue
        if role is None or seen is None:
            state = UNKNOWN
        else:
            return MET
    return state


def _number_test(field: str, operation: str, right: Bound | tuple[int, int] | FieldValue) -> Callable[[Row], int]:
    if isinstance(right, FieldValue):
        return _field_test(field, operation, right)
    if isinstance(right, tuple):
        return _between_test(field, *right)
    compare = _COMPARE[operation]

    def test(deal: Row) -> int:
        value = deal[field]
        return UNKNOWN if value is None else MET if compare(value, right) else UNMET

    return test


def _field_test(field: str, operation: str, right: FieldValue) -> Callable[[Row], int]:
    compare, other, plus = _COMPARE[operation], right.field, timedelta(days=right.plus)

    def test(deal: Row) -> int:
        value, bound = deal[field], deal[other]
        if value is None or bound is None:
            return UNKNOWN
        return MET if compare(value, bound + plus if plus else bound) else UNMET

    return test


def _between_test(field: str, low: Bound, high: Bound) -> Callable[[Row], int]:
    def test(deal: Row) -> int:
        value = deal[field]
        return UNKNOWN if value is None else MET if low <= value <= high else UNMET

    return test


def _clock_test(clock: Clock) -> Callable[[Row], int]:
    match clock.operator, clock.value:
        case "within", int(days):
            return _between_test(clock.field, AS_OF - timedelta(days=days), AS_OF)
        case "within_next", int(days):
            return _between_test(clock.field, TODAY, days_from_today(days))
        case operation, FieldValue() as right:
            return _field_test(clock.field, operation, right)
        case _:
            raise NotImplementedError(clock)
