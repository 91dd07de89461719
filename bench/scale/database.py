"""Loads a pipeline that was written as Parquet into a PostgreSQL database, as a replica of it would lie there."""

from __future__ import annotations

from pathlib import Path

import duckdb
import psycopg

TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR[]": "text[]",
}


def load_pipeline(folder: Path, url: str) -> None:
    """Make a table of every file, with its statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        for path in sorted(folder.glob("*.parquet")):
            _load(connection, path)
            connection.execute(f'ANALYZE "{path.stem}"'.encode())


def _load(connection: psycopg.Connection[tuple[object, ...]], path: Path) -> None:
    rows = duckdb.read_parquet(str(path))
    columns = dict(zip(rows.columns, map(str, rows.types), strict=True))
    typed = ", ".join(f'"{name}" {TYPES.get(kind, kind)}' for name, kind in columns.items())
    connection.execute(f'CREATE TABLE "{path.stem}" ({typed})'.encode())
    written = path.with_suffix(".csv")
    rows.project(", ".join(_told(name, kind) for name, kind in columns.items())).write_csv(str(written), header=False)
    with (
        connection.cursor().copy(f'COPY "{path.stem}" FROM STDIN (FORMAT csv)'.encode()) as copy,
        written.open("rb") as file,
    ):
        while data := file.read(1 << 20):
            copy.write(data)
    written.unlink()


def _told(name: str, kind: str) -> str:
    """Write a column as PostgreSQL reads it: a list in braces."""
    return f"'{{' || array_to_string(\"{name}\", ',') || '}}' AS \"{name}\"" if kind.endswith("[]") else f'"{name}"'
