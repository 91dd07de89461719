"""Loads a folder of canonical CSV files into a SQLite file, so that reading it streams like any other local CRM.

A row keeps the number of its line. What cannot be kept is named: rows that are not rows, and ids that stand twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from connectors.local.csv_rows import CsvRefusedError, CsvTable, open_csv
from connectors.local.layout import KEYS, MOVE_COLUMNS, WHOLE, WRITE_BACK, columns_of, listed, mark_as_ours, quoted
from connectors.local.spreadsheet import restored, saying_why
from connectors.troubles import Troubles, shown
from rules.problems import Place
from rules.types import STANDARD_TABLES

OURS = {**WRITE_BACK, "stage_moves": MOVE_COLUMNS}
"""The files written beside those read; apostrophes put before their cells are taken back."""

TOLD_APART = {table: key for table, key in KEYS.items() if key[-1] == "id" and table not in {"contacts", "tasks"}}
"""Tables in which a second row of the same id would count double."""


def load_folder(db: sqlite3.Connection, folder: Path, troubles: Troubles) -> frozenset[str]:
    """Load every table of a folder into an empty database; give the tables of which rows were refused."""
    incomplete = set[str]()
    mark_as_ours(db)
    for table in OURS:
        db.execute(f"DROP TABLE IF EXISTS {table}")
    for path in sorted(folder.glob("*.csv")):
        before = len(troubles)
        _load_file(db, path, troubles)
        if len(troubles) > before:
            incomplete.add(path.stem)
    for table, columns in OURS.items():
        _complete(db, table, columns)
    for table, key in TOLD_APART.items():
        _drop_repeated(db, folder, table, key, troubles)
    _index(db)
    return frozenset(incomplete)


def _load_file(db: sqlite3.Connection, path: Path, troubles: Troubles) -> None:
    table = path.stem
    try:
        with saying_why(path), open_csv(path) as opened:
            if table not in STANDARD_TABLES and table not in OURS and "deal_id" not in opened.columns:
                return
            _must_be_separated(opened)
            _insert_rows(db, table, opened, troubles)
    except CsvRefusedError as error:
        problem = error.problem
        db.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        troubles.add(problem.where, problem.code, problem.message, problem.help)


def _insert_rows(db: sqlite3.Connection, table: str, opened: CsvTable, troubles: Troubles) -> None:
    named = [number for number, column in enumerate(opened.columns) if column]
    columns = [opened.columns[number] for number in named]
    db.execute(f"CREATE TABLE {quoted(table)} ({', '.join(f'{quoted(column)} TEXT' for column in columns)})")
    marks = ", ".join("?" for _ in range(len(columns) + 1))
    insert = f"INSERT INTO {quoted(table)} (rowid, {listed(columns)}) VALUES ({marks})"
    key = columns.index("id") if table in WHOLE and "id" in columns else None
    db.executemany(insert, _usable(opened, named, key, troubles, ours=table in OURS))


def _usable(
    opened: CsvTable, named: Sequence[int], key: int | None, troubles: Troubles, *, ours: bool
) -> Iterator[list[str | int]]:
    """Yield the rows that can be kept, each after its line number."""
    every = len(named) == len(opened.columns)
    for row in opened.rows:
        if row.refused:
            place = Place(str(opened.path), row.line)
            troubles.add(place, "bad-row", f"{row.refused}; the row is left out", row.help)
            continue
        cells = list(row.cells) if every else [row.cells[number] for number in named]
        if key is not None and not cells[key].strip():
            troubles.add(Place(str(opened.path), row.line), "no-id", "the row has no `id`; it is left out")
            continue
        yield [row.line, *(map(restored, cells) if ours else cells)]


def _must_be_separated(opened: CsvTable) -> None:
    only = opened.columns[0]
    if len(opened.columns) == 1 and (";" in only or "\t" in only):
        said = f"the first line names one column, {shown(only)}"
        raise CsvRefusedError(opened.path, "bad-header", said, "separate columns with commas, or import the file")


def _complete(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """Give a table that is ours the columns it lacks."""
    present = columns_of(db, table)
    if not present:
        db.execute(f"CREATE TABLE {table} ({', '.join(f'{column} TEXT' for column in columns)})")
    for column in columns if present else ():
        if column not in present:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")


def _drop_repeated(db: sqlite3.Connection, folder: Path, table: str, key: Sequence[str], troubles: Troubles) -> None:
    """Keep the first row of each id and name the others."""
    if not set(key) <= set(columns_of(db, table)):
        return
    same = f"FROM {table} WHERE coalesce(id, '') <> '' GROUP BY {listed(key)} HAVING count(*) > 1"
    db.execute(f"CREATE INDEX {quoted(f'{table} by key')} ON {table} ({listed(key)})")
    for id_, first, *owner in db.execute(f"SELECT id, min(rowid), {listed(key)} {same}").fetchall():
        of_same = " AND ".join(f"{quoted(column)} = ?" for column in key)
        again = db.execute(f"SELECT rowid FROM {table} WHERE {of_same} AND rowid > ?", (*owner, first)).fetchall()
        for (line,) in again:
            message = f"the id {shown(id_)} stands here again; the row is left out"
            place = Place(str(folder / f"{table}.csv"), line)
            troubles.add(place, "repeated-id", message, f"it was given on line {first}; keep one of the two")
            db.execute(f"DELETE FROM {table} WHERE rowid = ?", (line,))


def _index(db: sqlite3.Connection) -> None:
    """Index what the batches are read by."""
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if "deal_id" in columns_of(db, table):
            db.execute(f"CREATE INDEX {quoted(f'{table} by deal')} ON {quoted(table)} (deal_id)")
    db.execute("CREATE INDEX tasks_by_key ON tasks (key)")
