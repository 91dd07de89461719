"""A PostgreSQL database in which a playbook judges the tables that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO

import psycopg
import pyarrow as pa
from ibis.backends.sql.datatypes import PostgresType
from ibis.expr import datatypes as dt
from pyarrow import csv

from connectors.warehouse.backend import BackendError
from connectors.warehouse.cells import from_json
from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.postgresql import BYTES, postgresql
from engine.judge.query.frame import Script

LOWERS = ("pg_c_utf8", "und-x-icu")
"""Collations that know the small letters of Unicode, the quicker first."""
PLANNING = {"jit": "off", "enable_nestloop": "off", "join_collapse_limit": "1", "from_collapse_limit": "1"}
"""The query is joined in the order it is written in; steps have no statistics that would tell a better one."""
TYPES: Mapping[pa.DataType, str] = {
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamptz",
    pa.list_(pa.string()): "text[]",
}


class PostgresqlBackend:
    """One transaction of a session: it sees one moment of the database, and is rolled back in the end."""

    def __init__(self, address: str) -> None:
        try:
            self._connection = psycopg.connect(address)
        except psycopg.OperationalError as error:
            raise BackendError(f"the database cannot be reached: {_reason(error)}") from None
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            for name, value in PLANNING.items():
                self._run(f"SET LOCAL {name} = {value}")
            self.dialect: Dialect = postgresql(self._lowers())
        except BaseException:
            self.close()
            raise

    def set_zone(self, zone: str) -> None:
        """Take a time zone for the session."""
        self._run(f"SET LOCAL TimeZone = '{zone}'")

    def columns(self, query: str) -> Mapping[str, dt.DataType]:
        """Give the columns of a SELECT with their types, without running it."""
        described = self._run(f"SELECT * FROM ({query}) AS q LIMIT 0").description or []
        return {each.name: PostgresType.from_string(each.type_display) for each in described}

    def define(self, name: str, query: str) -> None:
        """Give a SELECT a name for this session."""
        self._drop(name)
        self._run(f"CREATE TEMPORARY VIEW {self._name(name)} AS {query}")

    def keep(self, name: str, query: str) -> None:
        """Run a SELECT once and keep its rows for this session."""
        self._drop(name)
        self._run(f"CREATE TEMPORARY TABLE {self._name(name)} AS {query}")
        self._run(f"ANALYZE {self._name(name)}")

    def put(self, name: str, rows: pa.Table) -> None:
        """Hand rows over under a name for this session."""
        self._drop(name)
        columns = ", ".join(f"{self._name(each.name)} {_type(each.type)}" for each in rows.schema)
        self._run(f"CREATE TEMPORARY TABLE {self._name(name)} ({columns})")
        with self._connection.cursor().copy(f"COPY {self._name(name)} FROM STDIN") as copy:
            for batch in rows.to_batches():
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        self._run(f"ANALYZE {self._name(name)}")

    def batches(self, script: Script, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        """Run a query and yield its answer sorted by `id`, about so many rows at a time."""
        told = ", ".join(_told(self._name(each.name), each.type) for each in schema)
        ordered = f'SELECT {told} FROM ({script.sql}) AS q ORDER BY q."id" COLLATE "{BYTES}"'
        with self._copied(ordered) as copy:
            waiting: list[bytes] = []
            for line in copy:
                waiting.append(bytes(line))
                if len(waiting) >= rows:
                    yield _table(waiting, schema)
                    waiting = []
            if waiting:
                yield _table(waiting, schema)

    def close(self) -> None:
        """Roll back and let go of the session."""
        self._connection.close()

    def _run(self, query: str, values: Sequence[object] | None = None) -> psycopg.Cursor[tuple[object, ...]]:
        try:
            return self._connection.execute(query, values)
        except psycopg.Error as error:
            raise BackendError(_reason(error)) from None

    @contextmanager
    def _copied(self, query: str) -> Iterator[psycopg.Copy]:
        try:
            with self._connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
                yield copy
        except psycopg.Error as error:
            raise BackendError(_reason(error)) from None

    def _drop(self, name: str) -> None:
        kinds = self._run(
            "SELECT relkind FROM pg_class WHERE relname = %s AND relnamespace = pg_my_temp_schema()", [name]
        ).fetchall()
        for (kind,) in kinds:
            self._run(f"DROP {'VIEW' if kind in {'v', b'v'} else 'TABLE'} pg_temp.{self._name(name)} CASCADE")

    def _name(self, name: str) -> str:
        return self.dialect.quoted(name)

    def _lowers(self) -> str:
        encoding, known = self._run(
            "SELECT getdatabaseencoding(), array_agg(collname::text) FROM pg_collation WHERE collname = ANY (%s)",
            [list(LOWERS)],
        ).fetchall()[0]
        if encoding != "UTF8":
            raise BackendError(f"the database keeps texts as {encoding}, and has to keep them as UTF8")
        usable = [each for each in LOWERS if isinstance(known, list) and each in known]
        if not usable:
            needed = " or ".join(f"`{each}`" for each in LOWERS)
            raise BackendError(f"the database knows no small letters but English ones: it has no collation {needed}")
        return usable[0]


def _reason(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]


def _type(kind: pa.DataType) -> str:
    return f"numeric({kind.precision}, {kind.scale})" if pa.types.is_decimal(kind) else TYPES[kind]


def _told(name: str, kind: pa.DataType) -> str:
    """Write a column as it is copied out.

    Dates and instants are numbers, since Arrow reads no year beyond 9999 from text; lists and records are JSON.
    """
    if pa.types.is_date(kind):
        return f"q.{name} - DATE '1970-01-01'"
    if pa.types.is_timestamp(kind):
        return f"CAST(EXTRACT(EPOCH FROM q.{name}) * 1000000 AS BIGINT)"
    if pa.types.is_nested(kind):
        return f"to_json(q.{name})"
    if pa.types.is_decimal(kind):
        return f"CAST(q.{name} AS {_type(kind)})"
    return f"q.{name}"


def _table(lines: list[bytes], schema: pa.Schema) -> pa.Table:
    """Read rows that were copied out."""
    names = [str(number) for number in range(len(schema))]
    kinds = {name: _copied_type(each.type) for name, each in zip(names, schema, strict=True)}
    read = csv.read_csv(
        BytesIO(b"".join(lines)),
        csv.ReadOptions(column_names=names),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=kinds,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    columns = [_column(column, each.type) for column, each in zip(read.columns, schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _copied_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_temporal(kind):
        return pa.int32() if pa.types.is_date(kind) else pa.int64()
    return pa.string() if pa.types.is_nested(kind) else kind


def _column(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_temporal(kind):
        return column.cast(kind)
    if pa.types.is_nested(kind):
        return pa.chunked_array([pa.array([from_json(each, kind) for each in column.to_pylist()], kind)])
    return column
