"""One service a SQLite file: an OS lock beside the file, which ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.ledger.errors import LedgerError, UnreachableLedgerError
from engine.ledger.store import store_url

SUFFIX = ".service"


class ServedAlreadyError(LedgerError):
    """Another service works on this SQLite file."""

    def __init__(self, store: str, process: str) -> None:
        who = f" (process {process})" if process else ""
        super().__init__(
            f"the store `{store}` is worked on by another service already{who}\n"
            "  help: end that one, or share a PostgreSQL store by `--store postgresql://...`"
        )


@contextmanager
def only_service(where: str | Path) -> Iterator[None]:
    """Hold a store for one service, or raise ServedAlreadyError; any number of them share PostgreSQL."""
    url = store_url(where)
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        yield
        return
    path = Path(f"{url.database}{SUFFIX}")
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UnreachableLedgerError(str(path), (error.strerror or str(error)).lower()) from error
    try:
        _lock(held, str(url.database))
        yield
    finally:
        os.close(held)


def _lock(held: int, store: str) -> None:
    """Take the lock, and leave word of who has it."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ServedAlreadyError(store, os.read(held, 20).decode("ascii", "replace").strip()) from None
    os.ftruncate(held, 0)
    os.write(held, f"{os.getpid()}\n".encode())
