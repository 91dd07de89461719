"""DuckDB over files, read side by side: several answers are open at once, and what does not fit lies on disk."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from connectors.warehouse.backend import BackendError
from connectors.warehouse.duckdb import DuckDbBackend
from engine.judge.query.frame import Script

MOST_MEMORY = "1GB"


class SideBySide(DuckDbBackend):
    """A database in memory, of which each answer has a cursor of its own; it holds no more than so much memory."""

    def __init__(self, most_memory: str = MOST_MEMORY) -> None:
        super().__init__()
        self._spilt = TemporaryDirectory(prefix="dealgate-")
        self._run(f"SET memory_limit = '{most_memory}'")
        self._run(f"SET temp_directory = '{self._spilt.name}'")
        self._run("SET TimeZone = 'UTC'")

    def batches(self, script: Script, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        """Run a query and yield its answer sorted by `id`, about so many rows at a time."""
        cursor = self._connection.cursor()
        try:
            reader = cursor.sql(f'SELECT * FROM ({script.sql}) ORDER BY "id"').to_arrow_reader(rows)
            for batch in reader:
                yield pa.Table.from_batches([batch]).cast(schema)
        except duckdb.Error as error:
            raise BackendError(str(error)) from None
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the session and of what lay on disk."""
        super().close()
        self._spilt.cleanup()
