"""Gathers the rows of an import beside the local CRM and puts them in all at once, replacing rows of the same key."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from connectors.local.database import transaction
from connectors.local.importing.mapping import ImportMapping, RowsMap
from connectors.local.layout import KEYS, add_columns, listed, quoted

TOLD_APART_BY_ROLE = {"contacts": ("deal_id", "id", "role")}
"""A person with several roles may stand on several lines."""

FROM = ("from file", "from line")


class RepeatedKeyError(Exception):
    """A row has the key of another one; `table` says of which table."""

    def __init__(self, table: str, file: str, line: int, *, differs: bool) -> None:
        self.table = table
        word = "another row with the same key, and other values," if differs else "a row with the same key"
        super().__init__(f"{word} stands on line {line} of `{file}`")


class Stage:
    """The rows of one import in temporary tables, which vanish with the connection and lock nothing."""

    def __init__(self, db: sqlite3.Connection, mapping: ImportMapping) -> None:
        self._db = db
        self._columns: dict[str, list[str]] = {}
        for rows in mapping.rows:
            known = self._columns.setdefault(rows.table, [])
            known += [column.name for column in rows.columns if column.name not in known]
        for table, columns in self._columns.items():
            self._create(table, columns)
        db.execute("BEGIN")

    def bin(self, rows: RowsMap) -> Bin:
        """Give the place that rows of one kind are put."""
        return Bin(self._db, rows, self._key(rows.table))

    def put_in(self, tracked: Sequence[str]) -> dict[str, int]:
        """Put every row into the local CRM and count them by table; flags and tasks of ours stay."""
        counts = dict[str, int]()
        self._db.execute("COMMIT")
        with transaction(self._db):
            for table, columns in self._columns.items():
                add_columns(self._db, table, columns)
                counts[table] = self._replace(table, columns)
            if tracked:
                self._db.execute("DELETE FROM tracked_fields")
                self._db.executemany("INSERT INTO tracked_fields VALUES (?)", [(field,) for field in tracked])
        return counts

    def _create(self, table: str, columns: Sequence[str]) -> None:
        kinds = ", ".join(f"{quoted(column)} TEXT" for column in columns)
        self._db.execute(f"CREATE TEMP TABLE {_new(table)} ({kinds}, {quoted(FROM[0])} TEXT, {quoted(FROM[1])} INT)")
        if key := self._key(table):
            parts = ", ".join(f"coalesce({quoted(name)}, '')" for name in key)
            self._db.execute(f"CREATE UNIQUE INDEX temp.{quoted(f'{table} by key')} ON {_new(table)} ({parts})")

    def _key(self, table: str) -> tuple[str, ...]:
        """Name what tells rows apart, of the columns there are; the rows of a declared record are not told apart."""
        key = TOLD_APART_BY_ROLE.get(table) or KEYS.get(table, ())
        return tuple(name for name in key if name in self._columns[table])

    def _replace(self, table: str, columns: Sequence[str]) -> int:
        """Replace the rows of the same key; a record's rows of the same deal, since it has no key of its own."""
        name, new, key = quoted(table), _new(table), [each for each in KEYS.get(table, ("deal_id",)) if each in columns]
        same = " AND ".join(f"coalesce(new.{quoted(each)}, '') = coalesce(old.{quoted(each)}, '')" for each in key)
        direct = f"new.{quoted(key[0])} = old.{quoted(key[0])}"
        self._db.execute(
            f"DELETE FROM main.{name} AS old WHERE EXISTS (SELECT 1 FROM temp.{new} new WHERE {direct} AND {same})"
        )
        order = "deal_id, rowid" if "deal_id" in columns else "id"
        taken = f"SELECT {listed(columns)} FROM temp.{new} ORDER BY {order}"
        return self._db.execute(f"INSERT INTO main.{name} ({listed(columns)}) {taken}").rowcount


class Bin:
    """The rows that one part of the mapping gives; `names` are their columns."""

    def __init__(self, db: sqlite3.Connection, rows: RowsMap, key: Sequence[str]) -> None:
        self.table = rows.table
        self._db = db
        self._merge = rows.merge
        self._names = [column.name for column in rows.columns]
        self._key = key
        marks = ", ".join("?" for _ in range(len(self._names) + 2))
        into = f"temp.{_new(rows.table)} ({listed(self._names)}, {listed(FROM)})"
        self._insert = f"INSERT OR IGNORE INTO {into} VALUES ({marks})"

    def add(self, values: Sequence[str | None], file: str, line: int) -> int | None:
        """Add a row and give its number; None where it was merged into one that is alike in every column."""
        done = self._db.execute(self._insert, (*values, file, line))
        if done.rowcount == 1:
            return done.lastrowid
        first_file, first_line, *first = self._first(values)
        differs = first != list(values)
        if self._merge and not differs:
            return None
        raise RepeatedKeyError(self.table, first_file, first_line, differs=differs)

    def take_back(self, number: int) -> None:
        """Remove a row that was added."""
        self._db.execute(f"DELETE FROM temp.{_new(self.table)} WHERE rowid = ?", (number,))

    def _first(self, values: Sequence[str | None]) -> Any:  # noqa: ANN401 - a row of the database
        """Find the row that has the same key."""
        held = dict(zip(self._names, values, strict=True))
        where = " AND ".join(f"coalesce({quoted(name)}, '') = ?" for name in self._key)
        said = f"SELECT {listed(FROM)}, {listed(self._names)} FROM temp.{_new(self.table)} WHERE {where}"
        return self._db.execute(said, [held.get(name) or "" for name in self._key]).fetchone()


def _new(table: str) -> str:
    """Name the temporary table of a table's new rows."""
    return quoted(f"new {table}")
