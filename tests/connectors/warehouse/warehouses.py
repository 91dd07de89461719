"""Tables put where a warehouse holds them: a folder of Parquet, or a schema of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.secret import Secret
from connectors.warehouse.connector import WarehouseConnector
from connectors.warehouse.opening import connect
from connectors.warehouse.settings import Engine, WarehouseSettings

Rows = Mapping[str, pa.Table]
"""Tables by their name in the database, `schema.table` where they have one."""
TYPES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", "UTC"): "timestamptz",
    pa.list_(pa.string()): "text[]",
    pa.null(): "text",
}


@dataclass(frozen=True)
class Place:
    """Where tables lie, and how a warehouse over them is named."""

    engine: Engine
    folder: Path
    url: str = ""

    def settings(self, mapping: str = "") -> WarehouseSettings:
        """Give the settings of a warehouse over the tables; `mapping` is the text of one, or a ready one's id."""
        path = self.folder / f"{uuid4().hex}.yaml"
        if "\n" in mapping:
            path.write_text(mapping, encoding="utf-8")
            mapping = path.name
        url = Secret(self.url) if self.engine is Engine.POSTGRESQL else None
        parquet = None if url else self.folder / "tables"
        return WarehouseSettings("w", self.engine, url, "local[2]", parquet, mapping, self.folder)

    @contextmanager
    def warehouse(self, mapping: str = "") -> Iterator[WarehouseConnector]:
        """Open the warehouse."""
        with connect(self.settings(mapping)) as connector:
            yield connector

    def fill(self, rows: Rows) -> None:
        """Put tables there."""
        if self.engine is Engine.POSTGRESQL:
            _into_postgresql(rows, self.url)
        else:
            into_folder(rows, self.folder / "tables")


def into_folder(rows: Rows, folder: Path) -> None:
    """Write tables as Parquet; a schema is a folder."""
    for name, table in rows.items():
        path = folder / f"{name.replace('.', '/')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_without_nulls(table), path)


def _into_postgresql(rows: Rows, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, table in rows.items():
            parts = name.split(".")
            if len(parts) > 1:
                connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{parts[0]}"'.encode())
            quoted = ".".join(f'"{part}"' for part in parts)
            columns = ", ".join(f'"{each.name}" {_type(each.type)}' for each in table.schema)
            connection.execute(f"CREATE TABLE {quoted} ({columns})".encode())
            with connection.cursor() as cursor, cursor.copy(f"COPY {quoted} FROM STDIN".encode()) as copy:
                for row in table.to_pylist():
                    copy.write_row(list(row.values()))


def _type(kind: pa.DataType) -> str:
    return f"numeric({kind.precision}, {kind.scale})" if pa.types.is_decimal(kind) else TYPES[kind]


def _without_nulls(table: pa.Table) -> pa.Table:
    """Give columns that hold nothing at all a type, as a database would."""
    for number, each in enumerate(table.schema):
        if pa.types.is_null(each.type):
            table = table.set_column(number, each.name, table.column(number).cast(pa.string()))
    return table
