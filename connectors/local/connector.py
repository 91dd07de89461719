"""The local CRM behind the protocol every CRM stands behind; where its rows lie is a store's business."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from connectors.local.examining import examine
from connectors.local.layout import columns_of
from connectors.local.reading import Reader
from connectors.local.rows import Where
from connectors.local.sources import NAME, Source, delivered_sources
from connectors.local.state import read_state, was_written
from connectors.local.writing import write_change
from connectors.protocol import Capabilities, CrmError, Observation, OnRead, Spent
from connectors.troubles import Troubles
from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.tables import Tables
from rules.playbook import Playbook
from rules.problems import Place, Problem


class Store(Protocol):
    """Where a local CRM lies: a SQLite file, or a folder of CSV files behind one."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What was wrong with rows before they could be read as text."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open it for reading."""

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open it for writing: all of a block is written, or nothing of it."""

    def file_of(self, table: str) -> str:
        """Name the file a table stands in."""

    def close(self) -> None:
        """Let go of what it holds."""


class MissingDealsError(CrmError):
    """A local CRM has no deals that could be read."""

    def __init__(self, file: str, wrong: str) -> None:
        super().__init__(f"`{file}` {wrong}\n  help: deals need a column `id`; `docs/local-crm.md` lists the others")


class LocalConnector:
    """A local CRM; `problems` names the rows the last reading left out."""

    name = NAME
    capabilities = Capabilities(unique_task_key=True, moves_stages=True, preventive_gates=False)

    def __init__(self, store: Store) -> None:
        self._store = store
        self._troubles = Troubles()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with the rows last read, sorted by place."""
        return tuple(sorted({*self._store.problems, *self._troubles.problems}))

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield batches of deals, sorted by id, each with all its related rows."""
        self._troubles = troubles = Troubles()
        with self._store.reading() as db:
            where = self._where(db)
            sources = self._linked(delivered_sources(db, playbooks), where, troubles)
            reader = Reader(db, sources, troubles, where)
            if deal_ids is None:
                yield from reader.all_deals(batch_size)
            else:
                yield from reader.these_deals(deal_ids, batch_size)

    def deal_id(self, given: str) -> str:
        """Ids have one spelling here."""
        return given

    def count_open(self) -> int | None:
        """Count the deals that neither have an outcome nor were closed."""
        with self._store.reading() as db:
            columns = columns_of(db, "deals")
            open_ = ["coalesce(outcome, '') IN ('', 'open')"] if "outcome" in columns else []
            still = ["coalesce(closed_at, '') = ''"] if "closed_at" in columns and not open_ else []
            if not columns:
                return 0
            where = " AND ".join([*open_, *still]) or "true"
            count: int = db.execute(f"SELECT count(*) FROM deals WHERE {where}").fetchone()[0]
            return count

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        """Read the flags and tasks that are ours."""
        with self._store.reading() as db:
            return read_state(db, deal_ids)

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes, all in one transaction, and give a receipt for each."""
        if not changes:
            return []
        with self._store.writing() as db:
            return [write_change(db, change) for change in changes]

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        """Say, by change key, whether what a change asks for is so."""
        with self._store.reading() as db:
            return {change.key: was_written(db, change) for change in changes}

    @property
    def cost(self) -> str:
        """Nothing: a local CRM counts no calls."""
        return ""

    @property
    def spent(self) -> Spent:
        """Nothing either."""
        return Spent()

    def watch(self, on_read: OnRead) -> None:
        """Tell nothing: a local CRM is read as fast as it is judged."""

    def record_sweep(self, ended_at: datetime) -> None:
        """Record nothing: a local CRM has no gates of its own."""

    def examine(self, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
        """Look at what can be read, and at the stages."""
        return examine(self, playbooks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def _where(self, db: sqlite3.Connection) -> Where:
        """Place a cell by its file, the number of its row and of its column."""

        def place(table: str, column: str, row: int) -> Place:
            columns = columns_of(db, table)
            return Place(self._store.file_of(table), row, columns.index(column) + 1 if column in columns else 1)

        return place

    def _linked(self, sources: Mapping[str, Source], where: Where, troubles: Troubles) -> dict[str, Source]:
        """Keep the tables that can be joined to deals; one that lacks its key column is not delivered."""
        if "deals" not in sources:
            raise MissingDealsError(self._store.file_of("deals"), "has no deals")
        kept = dict[str, Source]()
        for table, source in sources.items():
            key = "id" if table in {"deals", "owners", "accounts"} else "deal_id"
            if source.has(key):
                kept[table] = source
            elif table == "deals":
                raise MissingDealsError(self._store.file_of("deals"), "has no column `id`")
            else:
                place = where(source.stored, "", 1)
                troubles.add(place, "missing-column", f"there is no column `{key}`, so none of its rows can be used")
        return kept
