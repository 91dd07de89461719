"""One CRM's rows as it gave them, in a DuckDB file or in memory, each table with the moment it is fresh as of.

A table is replaced or brought up to date in one transaction, so that a kill leaves what was there before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.protocol import CrmError

LAYOUT = 1
"""The layout of the file; another one is built anew."""
MEMORY = ":memory:"
MOST_MEMORY = "512MB"
DELETED = "_deleted"
"""The column that marks a row as gone in the CRM."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MirrorError(CrmError):
    """The mirror cannot be used."""

    def __init__(self, path: str, wrong: str, advice: str) -> None:
        super().__init__(f"the mirror `{path}` {wrong}\n  help: {advice}")


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a mirrored table holds: which columns of which rows (`asked`), and until when changes are known, UTC."""

    asked: str
    until: datetime


class Mirror:
    """Tables of a CRM, keyed by their column `Id`; as a context manager it closes itself."""

    def __init__(self, db: duckdb.DuckDBPyConnection, crm: str) -> None:
        self.db = db
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"SET memory_limit = '{MOST_MEMORY}'")
        db.execute("SET preserve_insertion_order = false")
        db.execute("CREATE TABLE IF NOT EXISTS _mirror (layout INTEGER, crm VARCHAR)")
        db.execute("CREATE TABLE IF NOT EXISTS _fresh (name VARCHAR, asked VARCHAR, until TIMESTAMPTZ)")
        db.execute("CREATE TABLE IF NOT EXISTS _kept (name VARCHAR, value VARCHAR, since TIMESTAMPTZ)")
        db.execute("CREATE TABLE IF NOT EXISTS _complete (name VARCHAR, id VARCHAR)")
        if not db.execute("SELECT count(*) FROM _mirror").fetchall()[0][0]:
            db.execute("INSERT INTO _mirror VALUES (?, ?)", [LAYOUT, crm])

    def freshness(self, table: str) -> Freshness | None:
        """Say how fresh a table is; None where it is not held."""
        rows = self.db.execute("SELECT asked, epoch_us(until) FROM _fresh WHERE name = ?", [table]).fetchall()
        return Freshness(rows[0][0], EPOCH + timedelta(microseconds=rows[0][1])) if rows else None

    def replace(
        self, table: str, schema: pa.Schema, rows: Iterable[pa.Table], fresh: Freshness, complete_for: str = ""
    ) -> int:
        """Hold these rows and no others; give how many there are.

        `complete_for` names the table whose present rows have all their rows in this one now.
        """
        count = self._stage(schema, rows)
        with self._transaction():
            self.db.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
            self.db.execute(f"CREATE TABLE {quoted(table)} AS SELECT * FROM _staged WHERE NOT {DELETED}")
            self._note(table, fresh)
            self.db.execute("DELETE FROM _complete WHERE name = ?", [table])
            if complete_for:
                self.db.execute(f'INSERT INTO _complete SELECT ?, "Id" FROM {quoted(complete_for)}', [table])
        self.db.execute("DROP TABLE _staged")
        return count

    def merge(self, table: str, schema: pa.Schema, rows: Iterable[pa.Table], fresh: Freshness) -> int:
        """Hold these rows in place of those with the same id; those marked as deleted are taken out."""
        count = self._stage(schema, rows)
        with self._transaction():
            self._put_staged(table)
            self._note(table, fresh)
        self.db.execute("DROP TABLE _staged")
        return count

    def add(self, table: str, schema: pa.Schema, rows: Iterable[pa.Table]) -> int:
        """Hold these rows too, in place of those with the same id, without the table being any fresher for it."""
        count = self._stage(schema, rows)
        with self._transaction():
            self._put_staged(table)
        self.db.execute("DROP TABLE _staged")
        return count

    def mark_complete(self, table: str, parents: Sequence[str]) -> None:
        """Note that all rows of some parents are held."""
        self.db.register("_parents", pa.table({"id": pa.array(parents, pa.string())}))
        self.db.execute("INSERT INTO _complete SELECT ?, id FROM _parents", [table])
        self.db.unregister("_parents")

    def renew(
        self, table: str, within: str, parents: Sequence[str], schema: pa.Schema, rows: Iterable[pa.Table]
    ) -> int:
        """Hold these rows of some parents and no others of theirs, and note that they are all held.

        `within` is the column that names a row's parent. The table is no fresher for it.
        """
        count = self._stage(schema, rows)
        with self._transaction():
            self.db.register("_parents", pa.table({"id": pa.array(parents, pa.string())}))
            self.db.execute(f"DELETE FROM {quoted(table)} WHERE {quoted(within)} IN (SELECT id FROM _parents)")
            self._put_staged(table)
            self.db.execute("INSERT INTO _complete SELECT ?, id FROM _parents", [table])
            self.db.unregister("_parents")
        self.db.execute("DROP TABLE _staged")
        return count

    def doubt(self, tables: Sequence[str], parents: Sequence[str]) -> None:
        """Take the rows of some parents in some tables for not all held, so that they are fetched again."""
        self.db.register("_parents", pa.table({"id": pa.array(parents, pa.string())}))
        those = "list_contains(?, name) AND id IN (SELECT id FROM _parents)"
        self.db.execute(f"DELETE FROM _complete WHERE {those}", [list(tables)])
        self.db.unregister("_parents")

    def incomplete(self, table: str, parents: str, most: int = 0) -> list[str]:
        """Give the ids of a table of parents whose rows are not all held in another one, sorted; `most`: 0 for all."""
        known = "SELECT id FROM _complete WHERE name = ?"
        asked = f'SELECT "Id" FROM {quoted(parents)} WHERE "Id" NOT IN ({known}) ORDER BY 1'
        limited = f"{asked} LIMIT {most:d}" if most else asked
        return [row[0] for row in self.db.execute(limited, [table]).fetchall()]

    def forget(self, parents: str, tables: Sequence[str] = ()) -> None:
        """Forget which rows were complete for parents that are gone, so that they are fetched when these come back.

        Left out, `tables` are all there are.
        """
        gone = f'DELETE FROM _complete WHERE id NOT IN (SELECT "Id" FROM {quoted(parents)})'
        self.db.execute(f"{gone} AND list_contains(?, name)" if tables else gone, [list(tables)] if tables else [])

    def delete(self, table: str, where: str) -> None:
        """Take rows out by a condition in SQL."""
        self.db.execute(f"DELETE FROM {quoted(table)} WHERE {where}")

    def ids(self, sql: str) -> list[str]:
        """Give the first column of a query."""
        return [row[0] for row in self.db.execute(sql).fetchall()]

    def tables(self) -> set[str]:
        """Name the tables held."""
        return {row[0] for row in self.db.execute("SELECT name FROM _fresh").fetchall()}

    def keep(self, name: str, value: str, at: datetime) -> None:
        """Keep a text for later, such as a description of the CRM's fields."""
        with self._transaction():
            self.db.execute("DELETE FROM _kept WHERE name = ?", [name])
            self.db.execute("INSERT INTO _kept VALUES (?, ?, ?)", [name, value, at])

    def kept(self, name: str, since: datetime) -> str | None:
        """Give a kept text if it is no older than `since`."""
        rows = self.db.execute("SELECT value FROM _kept WHERE name = ? AND since >= ?", [name, since]).fetchall()
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def _stage(self, schema: pa.Schema, rows: Iterable[pa.Table]) -> int:
        """Write rows beside the table, outside its transaction; of rows that came twice the last counts."""
        self.db.execute("DROP TABLE IF EXISTS _staged")
        empty = schema.empty_table()
        self.db.register("_incoming", empty)
        self.db.execute("CREATE TABLE _staged AS SELECT *, 0::BIGINT AS _batch FROM _incoming")
        for number, part in enumerate(rows):
            self.db.register("_incoming", part)
            names = ", ".join(map(quoted, part.column_names))
            self.db.execute(f"INSERT INTO _staged ({names}, _batch) SELECT {names}, {number:d} FROM _incoming")
        self.db.unregister("_incoming")
        latest = 'row_number() OVER (PARTITION BY "Id" ORDER BY _batch DESC) = 1'
        if self.db.execute('SELECT count(*) <> count(DISTINCT "Id") FROM _staged').fetchall()[0][0]:
            self.db.execute(f"CREATE TABLE _once AS SELECT * FROM _staged QUALIFY {latest}")
            self.db.execute("DROP TABLE _staged")
            self.db.execute("ALTER TABLE _once RENAME TO _staged")
        self.db.execute("ALTER TABLE _staged DROP COLUMN _batch")
        return int(self.db.execute("SELECT count(*) FROM _staged").fetchall()[0][0])

    def _put_staged(self, table: str) -> None:
        name = quoted(table)
        self.db.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM _staged LIMIT 0")
        self.db.execute(f'DELETE FROM {name} WHERE "Id" IN (SELECT "Id" FROM _staged)')
        self.db.execute(f"INSERT INTO {name} BY NAME SELECT * FROM _staged WHERE NOT {DELETED}")

    def _note(self, table: str, fresh: Freshness) -> None:
        self.db.execute("DELETE FROM _fresh WHERE name = ?", [table])
        self.db.execute("INSERT INTO _fresh VALUES (?, ?, ?)", [table, fresh.asked, fresh.until])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            raise


def in_memory(crm: str) -> Mirror:
    """Make a mirror that is gone when it is closed, for a few deals."""
    return Mirror(duckdb.connect(MEMORY), crm)


def open_mirror(path: Path, crm: str) -> Mirror:
    """Open the mirror of a CRM, for its owner's eyes only; a damaged file, or one of another layout, is made anew."""
    found = _opened(path)
    if found is not None and _is_ours(found, path, crm):
        return Mirror(found, crm)
    _remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    previous = os.umask(0o077)
    try:
        made = duckdb.connect(str(path))
    except duckdb.IOException:
        raise MirrorError(str(path), "cannot be written", "allow writing in its folder, or make room") from None
    finally:
        os.umask(previous)
    return Mirror(made, crm)


def quoted(name: str) -> str:
    """Quote a table or column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _opened(path: Path) -> duckdb.DuckDBPyConnection | None:
    """Open a file; None where there is none, or none that can be used."""
    if not path.exists():
        return None
    try:
        return duckdb.connect(str(path))
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise MirrorError(str(path), "is used by another run", "wait until that has ended") from None
        if "not a valid DuckDB database file" not in str(error) and "Corrupt" not in str(error):
            raise MirrorError(str(path), "cannot be opened", "allow reading and writing it") from None
    except duckdb.Error:
        pass
    return None


def _is_ours(db: duckdb.DuckDBPyConnection, path: Path, crm: str) -> bool:
    """Whether a file is a mirror of this layout; one of another CRM, or something else, is refused."""
    try:
        rows: Sequence[tuple[int, str]] = db.execute("SELECT layout, crm FROM _mirror").fetchall()
    except duckdb.CatalogException:
        db.close()
        raise MirrorError(str(path), "is a database of something else", "name another file as `mirror`") from None
    except duckdb.Error:
        db.close()
        return False
    if rows and rows[0][1] != crm:
        db.close()
        raise MirrorError(str(path), f"belongs to the CRM `{rows[0][1]}`", "give each CRM a `mirror` of its own")
    if not rows or rows[0][0] != LAYOUT:
        db.close()
        return False
    return True


def _remove(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}.wal")):
        each.unlink(missing_ok=True)
