"""Fetches the rows of a query as Arrow columns of text, whole columns at a time where that can be done.

Making an object of every cell costs more than SQLite's own reading. So each column is joined in SQL and split by Arrow;
where a cell holds a separator or is not UTF-8, the rows are fetched one by one instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from connectors.local.layout import quoted

BETWEEN = "\x1f"
ABSENT = "\x1e"
"""Stands for null while a column is joined; a cell of nothing else is blank anyway."""

NOT_TEXT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: the rows' numbers in their table, and columns of text; `not_utf8` are (row, column)."""

    numbers: pa.Array
    columns: Mapping[str, pa.Array]
    not_utf8: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)


def fetch_rows(db: sqlite3.Connection, query: str, columns: Sequence[str], params: Sequence[object]) -> Rows:
    """Run a query that gives `row_number` and the named columns of text."""
    try:
        rows = _joined(db, query, columns, params)
    except (sqlite3.OperationalError, sqlite3.DataError, UnicodeDecodeError):
        rows = None
    return rows if rows is not None else _one_by_one(db, query, columns, params)


def _joined(db: sqlite3.Connection, query: str, columns: Sequence[str], params: Sequence[object]) -> Rows | None:
    names = ["row_number", *columns]
    joined = ", ".join(f"group_concat(coalesce({quoted(name)}, '{ABSENT}'), '{BETWEEN}')" for name in names)
    count, *texts = db.execute(f"SELECT count(*), {joined} FROM ({query})", params).fetchone()
    if count == 0:
        return Rows(pa.array([], pa.int64()), {name: pa.array([], pa.string()) for name in columns})
    arrays = [pc.split_pattern(pa.array([text], pa.string()), BETWEEN).flatten() for text in texts]
    if any(len(array) != count for array in arrays):
        return None
    numbers, *cells = arrays
    return Rows(numbers.cast(pa.int64()), dict(zip(columns, map(_absent_to_null, cells), strict=True)))


def _absent_to_null(cells: pa.Array) -> pa.Array:
    absent = pc.equal(cells, ABSENT)
    return pc.if_else(absent, pa.scalar(None, pa.string()), cells)


def _one_by_one(db: sqlite3.Connection, query: str, columns: Sequence[str], params: Sequence[object]) -> Rows:
    cursor = db.cursor()
    db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        rows = cursor.execute(query, params).fetchall()
    finally:
        db.text_factory = str
    numbers, *cells = zip(*rows, strict=True) if rows else [() for _ in ["row_number", *columns]]
    not_utf8 = tuple(_undecoded(columns, cells))
    clean = [[_readable(text) for text in column] for column in cells] if not_utf8 else cells
    arrays = [pa.array(column, pa.string()) for column in clean]
    return Rows(pa.array(numbers, pa.int64()), dict(zip(columns, arrays, strict=True)), not_utf8)


def _undecoded(columns: Sequence[str], cells: Sequence[Sequence[str | None]]) -> Iterator[tuple[int, str]]:
    for name, column in zip(columns, cells, strict=True):
        for row, text in enumerate(column):
            if _readable(text) is not text:
                yield row, name


def _readable(text: str | None) -> str | None:
    """Give the text itself, or what can be shown of one that was not UTF-8."""
    if text is None or text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text
