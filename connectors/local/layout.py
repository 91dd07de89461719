"""How a local CRM lies in SQLite: text columns in canonical form, a mark that the file is ours, and its version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from rules.types import STANDARD_TABLES

APPLICATION_ID = 0x44474154
SCHEMA_VERSION = 2

FLAG_COLUMNS = (
    "deal_id", "status", "score", "band", "allowed_stage", "missing", "flags", "next_deadline", "playbook",
    "checked_at", "blocked_stages", "waived", "blocking",
)  # fmt: skip
TASK_COLUMNS = tuple(STANDARD_TABLES["tasks"])
MOVE_COLUMNS = ("key", "deal_id", "from_stage", "to_stage", "at", "note")

WRITE_BACK: Mapping[str, tuple[str, ...]] = {"tasks": TASK_COLUMNS, "flags": FLAG_COLUMNS}
"""The tables that are ours to write, always there."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "deals": ("id",),
    "owners": ("id",),
    "accounts": ("id",),
    "tasks": ("id",),
    "contacts": ("deal_id", "id"),
    "activities": ("deal_id", "id"),
    "proposals": ("deal_id", "id"),
    "stage_changes": ("deal_id", "from_stage", "to_stage", "changed_at"),
    "field_changes": ("deal_id", "field", "changed_at"),
}
"""What tells one row of a table from another; a declared record has no key of its own."""

WHOLE = frozenset({"deals", "owners", "accounts"})
"""Tables a deal finds one row of; a second row with the same id would double the deal."""


def quoted(name: str) -> str:
    """Quote a table or column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """List column names for SQL."""
    return ", ".join(prefix + quoted(name) for name in names)


def mark_as_ours(db: sqlite3.Connection) -> None:
    """Mark an empty database as a local CRM of this version and give it the tables that are always there."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("CREATE TABLE tracked_fields (field TEXT NOT NULL PRIMARY KEY) STRICT")
    bring_up_to_date(db)


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Give a local CRM of an earlier version the columns that are ours to write."""
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    for table, columns in WRITE_BACK.items():
        add_columns(db, table, columns)


def add_columns(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """Make a table, or add to it the columns it lacks."""
    present = columns_of(db, table)
    if not present:
        _create(db, table, columns)
        return
    for column in columns:
        if column.lower() not in {each.lower() for each in present}:
            db.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(column)} TEXT")


def columns_of(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Name the columns of a table; none where there is no such table."""
    return tuple(row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,)))


def _create(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """Make a table of text columns; STRICT keeps every cell text, whatever program writes it."""
    whole = table in WHOLE
    kinds = [
        f"{quoted(column)} TEXT{' NOT NULL PRIMARY KEY' if whole and column == 'id' else ''}" for column in columns
    ]
    if table == "flags":
        kinds[0] += " NOT NULL PRIMARY KEY"
    db.execute(f"CREATE TABLE {quoted(table)} ({', '.join(kinds)}) STRICT")
    if not whole and table != "flags":
        db.execute(f"CREATE INDEX {quoted(f'{table} by deal')} ON {quoted(table)} (deal_id)")
    if table == "tasks":
        db.execute("CREATE UNIQUE INDEX task_keys ON tasks (key) WHERE key <> ''")
