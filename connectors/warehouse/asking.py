"""Asks a backend for rows sorted by any text column: backends sort by `id`, and what is told first."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from connectors.warehouse.backend import Backend
from connectors.warehouse.writers import Writer
from engine.judge.query.frame import Script

MANY = 10_000
FIRST = pa.schema([("id", pa.string())])


def rows_by(
    backend: Backend, writer: Writer, query: str, schema: pa.Schema, *, key: str, rows: int = MANY
) -> Iterator[pa.Table]:
    """Yield the rows of a SELECT in the order of the bytes of its text column `key`, about so many at a time."""
    others = [each for each in schema if each.name != key]
    called = {each.name: f"c{number}" for number, each in enumerate(others)}
    name = writer.quoted
    listed = [f"q.{name(key)} AS {name('id')}", *(f"q.{name(each)} AS {name(given)}" for each, given in called.items())]
    asked = pa.schema([("id", pa.string()), *((called[each.name], each.type) for each in others)])
    sql = f"SELECT {', '.join(listed)} FROM ({query}) AS q"
    for found in _as_many(backend.batches(Script((), sql, writer.quote), asked, rows), rows):
        yield pa.Table.from_arrays(found.columns, names=[key, *called]).select(schema.names)


def _as_many(pieces: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Put pieces together until they have so many rows: a cluster hands over what each of its parts holds."""
    waiting: list[pa.Table] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(map(len, waiting)) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def values_of(backend: Backend, writer: Writer, query: str) -> list[str | None]:
    """Give the values of a SELECT's only column `id`, as texts and sorted."""
    sql = f"SELECT {writer.cast('q.id', writer.text_type)} AS {writer.quoted('id')} FROM ({query}) AS q"
    found = backend.batches(Script((), sql, writer.quote), FIRST, MANY)
    values: list[str | None] = [each for rows in found for each in rows["id"].to_pylist()]
    return values


def one_value(backend: Backend, writer: Writer, query: str) -> str:
    """Give the only value of a SELECT, its column `id`; "" for nothing."""
    return next(iter(values_of(backend, writer, query)), None) or ""
