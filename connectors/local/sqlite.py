"""A local CRM in one SQLite file, which other programs may read and write at the same time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from connectors.local.database import PATIENCE, opened, transaction
from rules.problems import Problem


class SqliteStore:
    """Opens the file anew for every reading and writing, so that no lock outlives its use."""

    problems: Sequence[Problem] = ()

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience
        with self.reading():
            pass

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open the file."""
        return opened(self._path, self._patience)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction."""
        with opened(self._path, self._patience) as db, transaction(db):
            yield db

    def file_of(self, table: str) -> str:
        """Name the file and the table in it."""
        return f"{self._path}:{table}"

    def close(self) -> None:
        """Hold nothing, so let go of nothing."""
