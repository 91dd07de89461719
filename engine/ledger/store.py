"""Opening the store: SQLite by default, PostgreSQL by URL, its tables brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from engine.ledger.errors import (
    LedgerError,
    MissingDriverError,
    NewerLedgerError,
    OutdatedLedgerError,
    UnreachableLedgerError,
)
from engine.ledger.migrate import found_version, known_versions, upgrade, wanted_version

BUSY_SECONDS = 30
READ_ONLY = "dealgate_read_only"


class Ledger:
    """The store of runs, findings, changes, receipts and waivers. Use as a context manager."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_shared(self) -> bool:
        """Whether any number of processes may work on it: not on a SQLite file, which has one service."""
        return self.engine.dialect.name != "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction that writes: committed at the end, rolled back on any error."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open one transaction that only reads, and holds up no writer."""
        with self.engine.connect().execution_options(**{READ_ONLY: True}) as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_ledger(where: str | Path, *, may_upgrade: bool = False, patience: int = BUSY_SECONDS) -> Ledger:
    """Open the store at a path (SQLite) or URL; a new SQLite file is given its tables.

    `patience` is for how many seconds a transaction waits for others before it fails.
    Raises LedgerError where it cannot be opened, or its tables are of another version and `may_upgrade` is not set.
    """
    url = store_url(where)
    shown = url.render_as_string(hide_password=True)
    engine = _engine(url, shown, patience)
    try:
        _ready(engine, shown, may_upgrade=may_upgrade)
    except DBAPIError as error:
        engine.dispose()
        raise UnreachableLedgerError(shown, str(error.orig).strip().splitlines()[0]) from error
    except LedgerError:
        engine.dispose()
        raise
    return Ledger(engine)


def store_url(where: str | Path) -> URL:
    """Read a path or URL; `postgresql://` is served by psycopg."""
    words = str(where)
    if "://" not in words:
        return URL.create("sqlite", database=words)
    try:
        url = make_url(words)
    except ArgumentError as error:
        raise UnreachableLedgerError(words.partition("://")[0], "this is no address") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


def _engine(url: URL, shown: str, patience: int) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    waits = {"timeout": patience} if sqlite else {"connect_timeout": patience, **_locks(url, patience)}
    try:
        engine = create_engine(url, pool_pre_ping=not sqlite, connect_args=waits)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise MissingDriverError(shown) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _locks(url: URL, patience: int) -> dict[str, str]:
    """Say how long PostgreSQL waits for a lock, where the address gives no options of its own."""
    return {} if "options" in url.query else {"options": f"-c lock_timeout={patience}s"}


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:  # noqa: ANN401 - as declared by SQLAlchemy
    connection.isolation_level = None
    settings = ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}").close()
    except Exception:  # of whatever kind: SQLAlchemy does not close what could not be prepared
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _ready(engine: Engine, shown: str, *, may_upgrade: bool) -> None:
    with engine.connect().execution_options(**{READ_ONLY: True}) as connection:
        found = found_version(connection)
    wanted = wanted_version()
    if found == wanted:
        return
    if found and found not in known_versions():
        raise NewerLedgerError(shown, found)
    fresh = found == "" and engine.dialect.name == "sqlite"
    if not (fresh or may_upgrade):
        raise OutdatedLedgerError(shown, found, wanted)
    with engine.begin() as connection:
        upgrade(connection)
