"""A CRM of a dozen deals in parts of three, a store, a clock, and workers that share its sweeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from connectors.local.connector import LocalConnector
from connectors.local.database import opened_or_made, transaction
from connectors.local.layout import add_columns
from connectors.local.sqlite import SqliteStore
from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.tables import Tables
from engine.ledger import sweeps as rows
from engine.ledger.store import Ledger
from engine.ledger.sweeps import Sweep
from engine.runs.due import Watched
from engine.runs.nightly import Nightly
from engine.runs.schedule import Schedule
from engine.runs.sweep_hand import SweepPatience
from engine.runs.sweeps import Sweeps
from rules.load import load_playbook
from rules.playbook import Playbook
from tests.engine.write_back.conftest import ledger, postgresql_server, postgresql_url

__all__ = ["ledger", "postgresql_server", "postgresql_url"]

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
CRM = "acme"
DEALS = tuple(f"D-{number:02}" for number in range(12))
TEXT = """
playbook: sales
version: 1
title: Sales
fields: {pain: {type: text}}
stages:
  - id: discovery
    title: Discovery
    crm: {local: Discovery}
    exit_criteria:
      - {id: pain-known, says: The problem is written down, require: {filled: [pain]}, enforce: hard,
         task: {title: Write down the problem, due: 2 business days}}
  - {id: proposal, title: Proposal, crm: {local: Proposal}}
"""
FREE = {"blocked": 100.0, "tasks": 100.0, "tasks-per-owner": 1000.0}


class Killed(BaseException):
    """What stops a process at once; nothing in the product may catch it."""


def playbook_of(text: str = TEXT) -> Playbook:
    playbook, problems = load_playbook(text, "sales.yaml")
    assert playbook is not None, problems
    return playbook


@dataclass
class Faults:
    """What happens when the CRM is asked something, and what it was asked."""

    on_read: Callable[[Sequence[str] | None], None] = lambda _ids: None
    on_write: Callable[[Sequence[Change]], None] = lambda _changes: None
    on_find: Callable[[Sequence[Change]], None] = lambda _changes: None
    written: list[str] = field(default_factory=list)
    reads: int = 0
    asked_state: int = 0
    told: int = 0


class WatchedConnector(LocalConnector):
    """A local CRM that tells what it is asked, and fails on demand."""

    def __init__(self, file: Path, faults: Faults) -> None:
        super().__init__(SqliteStore(file, 10))
        self.faults = faults

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        self.faults.reads += 1
        for tables in super().read(playbooks, deal_ids, batch_size):
            self.faults.on_read(deal_ids)
            yield tables

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        self.faults.asked_state += 1
        return super().read_state(deal_ids)

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        self.faults.on_write(changes)
        self.faults.written += [change.key for change in changes]
        return super().write(changes)

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        self.faults.on_find(changes)
        return super().find_written(changes)

    def record_sweep(self, ended_at: datetime) -> None:  # noqa: ARG002
        self.faults.told += 1


@dataclass
class Scene:
    """All of it, and what is found in the end."""

    file: Path
    ledger: Ledger
    faults: Faults = field(default_factory=Faults)
    now: datetime = NOW
    playbooks: tuple[Playbook, ...] = field(default_factory=lambda: (playbook_of(),))
    patience: SweepPatience = field(default_factory=lambda: SweepPatience(settle=timedelta(0)))
    limits: Mapping[str, float] = field(default_factory=lambda: FREE)
    workers: list[Sweeps] = field(default_factory=list)

    def worker(self, part: str = "one", gone: Sequence[str] = (), **more: Any) -> Sweeps:
        watched = Watched(CRM, lambda: WatchedConnector(self.file, self.faults), self.playbooks, limits=self.limits)
        names = tuple(f":{name}" for name in gone)
        made = Sweeps(
            watched, self.ledger, part, self.patience, lambda: self.now, lambda name: name.endswith(names), **more
        )
        self.workers.append(made)
        return made

    def nightly(self, schedule: Schedule | None = None, part: str = "one", **more: Any) -> Nightly:
        return Nightly(self.worker(part, **more), schedule)

    def ask(self, slot: str = "", **settings: Any) -> bool:
        with self.ledger.writing() as connection:
            return rows.ask(connection, CRM, slot or f"by hand {self.now.isoformat()}", self.now, settings)

    def until_its_end(self, *workers: Sweeps, most: int = 100) -> Sweep:
        """Have workers take steps in turn until the sweep has ended."""
        for _ in range(most):
            for each in workers:
                each.step()
            if self.live() is None:
                return self.last()
        raise AssertionError(f"the sweep goes on still: {self.live()}")

    def later(self, passed: timedelta) -> Self:
        self.now += passed
        return self

    def live(self) -> Sweep | None:
        with self.ledger.reading() as connection:
            return rows.live_sweep(connection, CRM)

    def all(self) -> list[Sweep]:
        with self.ledger.reading() as connection:
            return rows.last_sweeps(connection, CRM, 100)

    def last(self) -> Sweep:
        return self.all()[0]

    def flagged(self) -> dict[str, str]:
        with WatchedConnector(self.file, Faults()) as crm:
            return {deal: flags.status for deal, flags in crm.read_state(DEALS).flags.items()}

    def tasks(self) -> Counter[str]:
        return Counter(row[0] for row in self.rows("SELECT deal_id FROM tasks"))

    def rows(self, sql: str, *values: str) -> list[Any]:
        with opened_or_made(self.file) as db, transaction(db):
            return db.execute(sql, values).fetchall()


@pytest.fixture
def scene(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr("engine.runs.batches.DEALS_AT_ONCE", 3)
    monkeypatch.setattr("engine.runs.sweeps.PARTS", 1)
    scene = Scene(tmp_path / "crm.db", ledger)
    with opened_or_made(scene.file) as db, transaction(db):
        add_columns(db, "deals", ("id", "name", "stage", "outcome", "pain", "owner_id"))
    for deal in DEALS:
        sql = "INSERT INTO deals (id, name, stage, outcome, pain, owner_id) VALUES (?, ?, 'Discovery', 'open', '', 'a')"
        scene.rows(sql, deal, f"Deal {deal}")
    yield scene
    for worker in scene.workers:
        worker.close()
