"""DuckDB as a backend like the others, which they are held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr import datatypes as dt

from connectors.warehouse.backend import BackendError
from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.duckdb import DUCKDB
from engine.judge.query.frame import Script


class DuckDbBackend:
    """A database in memory, or the file that is named, read only."""

    dialect: Dialect = DUCKDB

    def __init__(self, path: str = ":memory:") -> None:
        try:
            self._connection = duckdb.connect(path, read_only=path != ":memory:")
        except duckdb.Error as error:
            raise BackendError(f"the database cannot be opened: {error}") from None

    def set_zone(self, zone: str) -> None:
        """Take a time zone for the session."""
        self._run(f"SET TimeZone = '{zone}'")

    def columns(self, query: str) -> Mapping[str, dt.DataType]:
        """Give the columns of a SELECT with their types, without running it."""
        described = self._run(f"DESCRIBE {query}").fetchall()
        return {name: DuckDBType.from_string(kind) for name, kind, *_ in described}

    def define(self, name: str, query: str) -> None:
        """Give a SELECT a name for this session."""
        self._run(f"CREATE OR REPLACE TEMPORARY VIEW {self.dialect.quoted(name)} AS {query}")

    def keep(self, name: str, query: str) -> None:
        """Run a SELECT once and keep its rows for this session."""
        self._run(f"CREATE OR REPLACE TEMPORARY TABLE {self.dialect.quoted(name)} AS {query}")

    def put(self, name: str, rows: pa.Table) -> None:
        """Hand rows over under a name for this session."""
        self._connection.register("_handed_over", rows)
        self.keep(name, "SELECT * FROM _handed_over")
        self._connection.unregister("_handed_over")

    def batches(self, script: Script, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        """Run a query and yield its answer sorted by `id`, about so many rows at a time."""
        reader = self._connection.sql(f'SELECT * FROM ({script.sql}) ORDER BY "id"').to_arrow_reader(rows)
        for batch in reader:
            yield pa.Table.from_batches([batch]).cast(schema)

    def close(self) -> None:
        """Let go of the session."""
        self._connection.close()

    def _run(self, query: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(query)
        except duckdb.Error as error:
            raise BackendError(str(error).strip().partition("\n")[0]) from None
