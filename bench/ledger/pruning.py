"""Prunes a store of many events, and measures how long each transaction held others up."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert

from engine.ledger import tables
from engine.ledger.pruning import prune
from engine.ledger.retention import Retention
from engine.ledger.store import Ledger, open_ledger

NOW = datetime(2026, 11, 2, tzinfo=UTC)
AT_ONCE = 10_000


class _Timed(Ledger):
    """A store that keeps how many seconds each transaction that writes took."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.engine)
        self.took: list[float] = []

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open one transaction that writes, and time it."""
        start = time.perf_counter()
        with super().writing() as connection:
            yield connection
        self.took.append(time.perf_counter() - start)


def pruned(events: int) -> str:
    """Say what it takes to prune so many events from SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with open_ledger(path) as opened:
            _fill(opened, events)
            before, ledger, start = path.stat().st_size, _Timed(opened), time.perf_counter()
            assert prune(ledger, Retention(), NOW + timedelta(days=8)).events == events
            seconds = time.perf_counter() - start
        after = path.stat().st_size
    typical, longest = (1000 * sorted(ledger.took)[place] for place in (len(ledger.took) // 2, -1))
    return (
        f"{events:,} events that are too old leave SQLite within {seconds:,.1f} s, in {len(ledger.took):,} transactions"
        f" that write: {typical:,.0f} ms each, {longest:,.0f} ms the longest. The file shrinks from "
        f"{before / 1e6:,.0f} to {after / 1e6:,.0f} MB."
    )


def _fill(ledger: Ledger, events: int) -> None:
    usual = {"crm": "acme", "deals": ["D-1"], "received_at": NOW}
    for start in range(0, events, AT_ONCE):
        with ledger.writing() as connection:
            rows = [{"event_id": f"{number}", **usual} for number in range(start, start + AT_ONCE)]
            connection.execute(insert(tables.event), rows)
