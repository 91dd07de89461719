"""The small protocol behind which every engine of the benchmark stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from bench.workload import CUSTOM_FIELDS, UNKNOWN
from engine.judge.tables import Tables

Loaded = TypeVar("Loaded")
Answer = TypeVar("Answer")


class Engine(Protocol[Loaded, Answer]):
    """One way to judge the workload. Making one prepares it: what it compiles, it compiles then."""

    name: str
    distribution: str
    """The installed distribution whose version the table names; "" for none."""

    def load(self, batches: Sequence[Tables]) -> Loaded:
        """Turn batches of canonical tables into what the engine likes best to be given; not timed."""
        ...

    def judge(self, loaded: Loaded) -> Answer:
        """Judge all criteria on all deals; this is what is timed."""
        ...

    def states(self, answer: Answer) -> np.ndarray:
        """Turn an answer into states, one row a deal in the order given, one int8 column a criterion; not timed."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...


_READ = {"id", "amount", "forecast", "type", "stage_entered_at", "next_step_date", "close_date", *CUSTOM_FIELDS}

Row = dict[str, Any]


def plain_rows(batches: Sequence[Tables]) -> list[Row]:
    """Make one dict a deal of Python's own values, its contacts nested under `contacts`."""
    return [row for each in batches for row in _nested(_read(each["deals"]), each["contacts"])]


def number_rows(batches: Sequence[Tables]) -> list[Row]:
    """Make such dicts of numbers, texts and truths alone: dates as days and times as seconds since 1970."""
    return [
        row for each in batches for row in _nested(_as_numbers(_read(each["deals"])), _as_numbers(each["contacts"]))
    ]


def rows_as_states(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Turn a list of states a deal into an array."""
    return np.array(rows, dtype=np.int8)


def columns_as_states(table: pa.Table) -> np.ndarray:
    """Turn int8 columns, null where unknown, into an array."""
    return np.stack([column.fill_null(UNKNOWN).to_numpy() for column in table.columns], axis=1).astype(np.int8)


def _read(deals: pa.Table) -> pa.Table:
    """Keep what criteria read: engines that copy each row are not charged for the rest."""
    return deals.select([name for name in deals.column_names if name in _READ])


def _nested(deals: pa.Table, contacts: pa.Table) -> list[Row]:
    rows: list[Row] = deals.to_pylist()
    by_deal: dict[str, Row] = {row["id"]: row for row in rows}
    for row in rows:
        row["contacts"] = []
    for contact in contacts.to_pylist():
        by_deal[contact["deal_id"]]["contacts"].append(contact)
    return rows


def _as_numbers(table: pa.Table) -> pa.Table:
    return pa.table({name: _as_number(table[name]) for name in table.column_names})


def _as_number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Amounts become doubles: with two decimals below 2**53 they compare as the decimals do."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_date(column.type):
        return column.cast(pa.int32())
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("s", tz="UTC")).cast(pa.int64())
    return column
