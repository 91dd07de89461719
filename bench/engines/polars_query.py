"""The workload as a careful person writes it in Polars: one lazy query, the contacts aggregated once and joined."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from bench.engines.protocol import columns_as_states
from bench.workload import (
    AS_OF,
    CRITERIA,
    PERSONS,
    TODAY,
    UNKNOWN,
    Clock,
    Criterion,
    FieldValue,
    Number,
    OneOf,
    Person,
    days_from_today,
)
from engine.judge.tables import Tables

_COMPARE: dict[str, Callable[[Any, Any], pl.Expr]] = {
    "at_least": operator.ge,
    "on_or_after": operator.ge,
    "at_most": operator.le,
    "on_or_before": operator.le,
    "above": operator.gt,
    "after": operator.gt,
    "below": operator.lt,
}


class PolarsQuery:
    """Expressions built once, collected over each pair of frames."""

    name = "Polars, by hand"
    distribution = "polars"

    def __init__(self) -> None:
        self._persons = [_person(each).any(ignore_nulls=False).alias(each.id) for each in PERSONS]
        self._tests = [_test(each).cast(pl.Int8).fill_null(UNKNOWN).alias(each.id) for each in CRITERIA]

    def load(self, batches: Sequence[Tables]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give Polars' own frames, each whole: it is at its best on one big query."""
        deals, contacts = (
            pl.DataFrame(pa.concat_tables(each[name] for each in batches)) for name in ("deals", "contacts")
        )
        return deals, contacts

    def judge(self, loaded: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
        """Collect the query."""
        deals, contacts = loaded
        persons = contacts.lazy().filter("engaged").group_by("deal_id").agg(pl.len().alias("engaged"), *self._persons)
        joined = deals.lazy().join(persons, left_on="id", right_on="deal_id", how="left", maintain_order="left")
        return joined.select("id", *self._tests).collect()

    def states(self, answer: pl.DataFrame) -> np.ndarray:
        """Stack the columns in the workload's order."""
        return columns_as_states(answer.select(each.id for each in CRITERIA).to_arrow())

    def close(self) -> None:
        """Hold nothing."""


def _person(person: Person) -> pl.Expr:
    return (pl.col("role") == person.role) & pl.col("last_buyer_activity_at").is_between(person.since, AS_OF)


def _test(criterion: Criterion) -> pl.Expr:
    match criterion:
        case OneOf(field=field, values=values):
            return pl.col(field).is_in(values)
        case Person(id=name):
            return pl.col("engaged").is_not_null() & pl.col(name)
        case Number(field=field, operator="between", value=(low, high)):
            return pl.col(field).is_between(low, high)
        case Clock(field=field, operator="within", value=int(days)):
            return pl.col(field).is_between(AS_OF - timedelta(days=days), AS_OF)
        case Clock(field=field, operator="within_next", value=int(days)):
            return pl.col(field).is_between(TODAY, days_from_today(days))
        case Number() | Clock():
            return _COMPARE[criterion.operator](pl.col(criterion.field), _right(criterion.value))


def _right(value: object) -> pl.Expr:
    match value:
        case FieldValue(field, 0):
            return pl.col(field)
        case FieldValue(field, plus):
            return pl.col(field) + pl.duration(days=plus)
        case _:
            return pl.lit(value)
