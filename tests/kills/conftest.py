"""Stores to be killed over, and the counts of all that was killed, told at the end of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from engine.ledger.store import open_ledger
from tests.engine.write_back.conftest import postgresql_server, postgresql_url
from tests.kills.counted import Counts
from tests.kills.killing import Killing
from tests.kills.scene import DEALS, Scene

__all__ = ["postgresql_server", "postgresql_url"]

Opened = Callable[..., AbstractContextManager[Killing]]
ALL = pytest.StashKey[Counts]()


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Make a store of a kind: a file of SQLite's, or a database on a PostgreSQL server."""

    def made(kind: str) -> str:
        if kind == "postgresql":
            return str(request.getfixturevalue("postgresql_url"))
        where = str(tmp_path / "dealgate.db")
        open_ledger(where).close()
        return where

    return made


@pytest.fixture
def killing(request: pytest.FixtureRequest, store: Callable[[str], str], tmp_path: Path) -> Opened:
    """Open a scene in a CRM of a kind, over a store of a kind; what is counted in it is told at the end."""

    @contextmanager
    def opened(crm: str, kind: str, *, flagged: bool = True, deals: int = DEALS) -> Iterator[Killing]:
        where = store(kind)
        with open_ledger(where) as ledger, Scene(tmp_path, crm, where, deals=deals) as scene:
            made = Killing(scene, ledger, flagged=flagged)
            yield made
        request.config.stash.setdefault(ALL, Counts()).add(made.counts)

    return opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what was killed and what was found afterwards."""
    counts = config.stash.get(ALL, None)
    if counts is not None:
        terminalreporter.write_line(counts.words)
        for says, times in counts.kills.items():
            terminalreporter.write_line(f"  {times} x {says}")
