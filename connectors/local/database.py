"""Opening the SQLite file of a local CRM: ours or refused by name, and what goes wrong in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.local.layout import APPLICATION_ID, SCHEMA_VERSION, bring_up_to_date, mark_as_ours
from connectors.protocol import CrmError

PATIENCE = 10.0
"""Seconds to wait for another program that is writing."""


class LocalCrmError(CrmError):
    """A local CRM could not be read or written."""

    def __init__(self, target: Path, wrong: str, advice: str = "") -> None:
        message = f"`{target}` {wrong}"
        super().__init__(f"{message}\n  help: {advice}" if advice else message)


WORDS = {
    "SQLITE_BUSY": ("is locked by another program", "close what holds it and run again; nothing was written"),
    "SQLITE_LOCKED": ("is locked by another program", "close what holds it and run again; nothing was written"),
    "SQLITE_READONLY": ("may not be written", "allow writing to the file and its folder; nothing was written"),
    "SQLITE_PERM": ("may not be opened", "allow reading and writing it"),
    "SQLITE_CANTOPEN": ("cannot be opened", "allow reading and writing the file and its folder"),
    "SQLITE_FULL": ("cannot grow: the disk is full", "make room and run again; nothing was written"),
    "SQLITE_IOERR": ("cannot be read or written: the disk failed", "check the disk and run again"),
    "SQLITE_NOTADB": ("is not a SQLite file", "`dealgate import` makes a local CRM of CSV files"),
    "SQLITE_CORRUPT": ("is damaged", "restore it from a copy, or import it again"),
}


@contextmanager
def opened(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """Open a local CRM that exists; every failure of the database leaves as a `CrmError`."""
    with speaking_plainly(path):
        if not path.is_file():
            raise LocalCrmError(path, "does not exist", "`dealgate import` makes a local CRM of CSV files")
        db = _connect(path, patience)
        try:
            _must_be_ours(db, path)
            yield db
        finally:
            db.close()


@contextmanager
def opened_or_made(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """Open a local CRM, or make an empty one where no file is."""
    with speaking_plainly(path):
        db = _connect(path, patience)
        try:
            if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
                db.execute("PRAGMA journal_mode = WAL")
                with transaction(db):
                    if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
                        mark_as_ours(db)
            _must_be_ours(db, path)
            yield db
        finally:
            db.close()


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all of a block or nothing of it; nobody else writes meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """Read everything of a block as it stands at one moment, whoever writes meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


@contextmanager
def speaking_plainly(path: Path) -> Iterator[None]:
    """Turn the database's errors into a `CrmError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        for code, (wrong, advice) in WORDS.items():
            if name.startswith(code):
                raise LocalCrmError(path, wrong, advice) from error
        raise LocalCrmError(path, f"cannot be used: {error}") from error


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _must_be_ours(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is not a local CRM, or one of a later version."""
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise LocalCrmError(
            path, "is a SQLite file, but not a local CRM", "name another file, or import into a new one"
        )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise LocalCrmError(
            path, f"was made by a later version (its layout is {version}, not {SCHEMA_VERSION})", "update Dealgate"
        )
    if version < SCHEMA_VERSION:
        with transaction(db):
            bring_up_to_date(db)
