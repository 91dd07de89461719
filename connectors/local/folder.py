"""A local CRM in a folder of CSV files: read through a temporary SQLite file, written beside the files read."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.local.database import LocalCrmError, speaking_plainly, transaction
from connectors.local.layout import columns_of, listed
from connectors.local.loading import OURS, load_folder
from connectors.local.spreadsheet import saying_why, write_csv
from connectors.troubles import Troubles
from rules.problems import Problem

Seen = Mapping[str, tuple[int, int, int]]
"""What tells whether a file changed: its inode, size and time, by name."""


class FolderStore:
    """Loads the folder when it is first used and again when a file of it changed."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "deals.csv").is_file():
            raise LocalCrmError(folder, "has no `deals.csv`", "`docs/local-crm.md` lists the files and their columns")
        self._folder = folder
        self._temporary = TemporaryDirectory(prefix="dealgate-", ignore_cleanup_errors=True)
        self._loads = 0
        self._seen: Seen = {}
        self._troubles = Troubles()
        self._incomplete: frozenset[str] = frozenset()

    @property
    def problems(self) -> Sequence[Problem]:
        """What was wrong with rows when the folder was loaded."""
        return self._troubles.problems

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open what was loaded, after loading what changed."""
        with speaking_plainly(self._folder):
            self._load_changed()
            db = self._connect()
            try:
                yield db
            finally:
                db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write the files that a block changed, each whole; other programs of ours wait."""
        with self._alone(), self.reading() as db:
            self._must_be_complete()
            with transaction(db):
                db.execute("CREATE TEMP TABLE touched (name TEXT PRIMARY KEY)")
                for table in OURS:
                    _watch(db, table)
                yield db
                written = [row[0] for row in db.execute("SELECT name FROM touched ORDER BY name")]
                for table in written:
                    self._export(db, table)
            now = self._signature()
            self._seen = {**self._seen, **{f"{table}.csv": now[f"{table}.csv"] for table in written}}

    def file_of(self, table: str) -> str:
        """Name the file a table is read from."""
        return str(self._folder / f"{table}.csv")

    def close(self) -> None:
        """Delete what was loaded."""
        self._temporary.cleanup()

    def _load_changed(self) -> None:
        now = self._signature()
        if self._loads and now == self._seen:
            return
        previous = self._loaded()
        self._loads += 1
        self._troubles = Troubles()
        db = self._connect()
        try:
            with transaction(db):
                self._incomplete = load_folder(db, self._folder, self._troubles)
        finally:
            db.close()
        self._seen = now
        previous.unlink(missing_ok=True)

    def _loaded(self) -> Path:
        return Path(self._temporary.name) / f"{self._loads}.db"

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._loaded(), isolation_level=None)
        db.execute("PRAGMA synchronous = OFF")
        return db

    def _signature(self) -> Seen:
        with saying_why(self._folder):
            stats = {path.name: path.stat() for path in self._folder.glob("*.csv")}
        return {name: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}

    def _must_be_complete(self) -> None:
        """Refuse to write over a file of which rows could not be read: they would be lost."""
        for table in sorted(self._incomplete & set(OURS)):
            path = self._folder / f"{table}.csv"
            raise LocalCrmError(path, "holds rows that cannot be read and is not written over", "mend or delete them")

    def _export(self, db: sqlite3.Connection, table: str) -> None:
        columns = columns_of(db, table)
        order = "deal_id" if table == "flags" else "rowid"
        rows = db.execute(f"SELECT {listed(columns)} FROM {table} ORDER BY {order}")
        write_csv(self._folder / f"{table}.csv", columns, rows)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock, which no kill leaves behind."""
        with saying_why(self._folder):
            lock = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _watch(db: sqlite3.Connection, table: str) -> None:
    """Note in `touched` that rows of a table were written."""
    for event in ("INSERT", "UPDATE", "DELETE"):
        noting = f"BEGIN INSERT OR IGNORE INTO touched VALUES ('{table}'); END"
        db.execute(f"CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table} {noting}")
