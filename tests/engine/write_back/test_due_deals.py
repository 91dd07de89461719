"""Due deals are judged as they are by then and written; whatever one of them or the CRM does, the others go on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.local.connector import LocalConnector
from connectors.local.database import opened_or_made, transaction
from connectors.local.layout import add_columns
from connectors.local.sqlite import SqliteStore
from connectors.protocol import CrmError, CrmLimitError, WriteStopped
from engine.judge.changes import Change, Receipt
from engine.judge.tables import Tables
from engine.ledger import due, tables
from engine.ledger.due import Claim
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger
from engine.runs.due import DueDeals, Patience, Watched
from rules.load import load_playbook
from rules.playbook import Playbook

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
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
      - {id: pain-known, says: The problem is written down, require: {filled: [pain]}, enforce: hard}
  - {id: proposal, title: Proposal, crm: {local: Proposal}}
"""
COLUMNS = ("id", "name", "stage", "outcome", "pain", "owner_id")


def playbook_of(text: str = TEXT, name: str = "sales.yaml") -> Playbook:
    playbook, problems = load_playbook(text, name)
    assert playbook is not None, problems
    return playbook


@dataclass
class Faults:
    """What the CRM does instead of answering, and what it was asked."""

    poison: set[str] = field(default_factory=set)
    error: Callable[[], Exception] = lambda: CrmError("the CRM refused the question")
    away: Exception | None = None
    stop: Exception | None = None
    on_read: Callable[[Sequence[str]], None] = lambda _ids: None
    read: list[tuple[str, ...]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


class FaultyConnector(LocalConnector):
    """A local CRM that fails on demand."""

    def __init__(self, file: Path, faults: Faults) -> None:
        super().__init__(SqliteStore(file, 10))
        self.faults = faults

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        asked = tuple(deal_ids or ())
        self.faults.read.append(asked)
        if self.faults.away is not None:
            raise self.faults.away
        if self.faults.poison & set(asked):
            raise self.faults.error()
        yield from super().read(playbooks, deal_ids, batch_size)
        self.faults.on_read(asked)

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        if self.faults.stop is not None:
            raise self.faults.stop
        self.faults.written += [change.key for change in changes]
        return super().write(changes)


@dataclass
class Scene:
    """A CRM of some deals, a store, a clock, and workers."""

    file: Path
    ledger: Ledger
    faults: Faults = field(default_factory=Faults)
    now: datetime = NOW
    patience: Patience = field(default_factory=Patience)
    playbooks: tuple[Playbook, ...] = field(default_factory=lambda: (playbook_of(),))

    def worker(self, part: str = "w") -> DueDeals:
        watched = Watched("acme", lambda: FaultyConnector(self.file, self.faults), self.playbooks)
        return DueDeals(watched, self.ledger, part, self.patience, lambda: self.now)

    def ask(self, *deals: str) -> None:
        with self.ledger.writing() as connection:
            due.ask(connection, "acme", deals, self.now)

    def claim(self, worker: str, lease: timedelta = 10 * MINUTE) -> Claim:
        with self.ledger.writing() as connection:
            return due.claim(connection, "acme", 100, Lease(worker, self.now, self.now + lease))

    def waiting(self) -> int:
        with self.ledger.reading() as connection:
            return due.waiting(connection, "acme")

    def asides(self) -> dict[str, str]:
        with self.ledger.reading() as connection:
            return {each.id: each.reason for each in due.set_aside(connection, "acme")}

    def runs(self) -> int:
        with self.ledger.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.run)).scalar_one())

    def until_quiet(self, worker: DueDeals, step: timedelta = 30 * MINUTE, most: int = 60) -> None:
        """Let time pass until nothing is due."""
        for _ in range(most):
            while worker.round():
                pass
            if not self.waiting():
                return
            self.now += step
        raise AssertionError(f"{self.waiting()} deals are due still")

    def flagged(self) -> dict[str, str]:
        with FaultyConnector(self.file, Faults()) as crm:
            state = crm.read_state([row[0] for row in self.rows("SELECT id FROM deals")])
        return {deal: flags.status for deal, flags in state.flags.items()}

    def rows(self, sql: str, *values: str) -> list[Any]:
        with opened_or_made(self.file) as db, transaction(db):
            return db.execute(sql, values).fetchall()


@pytest.fixture
def scene(ledger: Ledger, tmp_path: Path) -> Scene:
    scene = Scene(tmp_path / "crm.db", ledger)
    with opened_or_made(scene.file) as db, transaction(db):
        add_columns(db, "deals", COLUMNS)
    for number in range(6):
        row = (f"D-{number}", f"Deal {number}", "Discovery", "open", "", "ann")
        scene.rows("INSERT INTO deals (id, name, stage, outcome, pain, owner_id) VALUES (?, ?, ?, ?, ?, ?)", *row)
    return scene


def test_a_deal_that_changed_nine_times_is_judged_once_as_it_is_now(scene: Scene) -> None:
    for _ in range(9):
        scene.ask("D-1")
    scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id = 'D-1'")
    assert scene.worker().round() == 1
    assert (scene.flagged(), scene.runs(), scene.waiting()) == ({"D-1": "clear"}, 1, 0)
    assert scene.worker().round() == 0


def test_due_deals_are_read_in_one_batch_and_written(scene: Scene) -> None:
    scene.ask("D-1", "D-2", "D-3")
    assert scene.worker().round() == 3
    assert scene.faults.read == [("D-1", "D-2", "D-3")]
    assert scene.flagged() == dict.fromkeys(("D-1", "D-2", "D-3"), "not yet")


def test_an_echo_of_our_own_write_writes_nothing_more(scene: Scene) -> None:
    scene.ask("D-1")
    scene.worker().round()
    written = list(scene.faults.written)
    scene.now += MINUTE
    scene.ask("D-1")
    scene.worker().round()
    assert (scene.faults.written, scene.waiting()) == (written, 0)


def test_a_deal_that_changes_while_it_is_judged_is_judged_again(scene: Scene) -> None:
    asked: list[str] = []

    def changed(_ids: Sequence[str]) -> None:
        if not asked:
            asked.append("again")
            scene.ask("D-1")
            scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id = 'D-1'")

    scene.faults.on_read = changed
    scene.ask("D-1")
    worker = scene.worker()
    assert (worker.round(), scene.flagged()) == (1, {"D-1": "not yet"})
    assert (worker.round(), scene.flagged(), scene.waiting()) == (1, {"D-1": "clear"}, 0)


@pytest.mark.parametrize("error", [CrmError("malformed id"), RuntimeError("a bug"), ValueError("a cell")])
def test_a_poisoned_deal_is_set_aside_with_its_reason_and_the_others_go_on(
    scene: Scene, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    scene.faults.poison, scene.faults.error = {"D-3"}, lambda: error
    scene.ask("D-1", "D-2", "D-3", "D-4")
    with caplog.at_level(logging.CRITICAL):
        scene.until_quiet(scene.worker())
    assert scene.flagged() == dict.fromkeys(("D-1", "D-2", "D-4"), "not yet")
    assert list(scene.asides()) == ["D-3"]
    assert str(error) in scene.asides()["D-3"]
    assert Counter(scene.faults.read)["D-3",] == scene.patience.attempts - 1


def test_a_deal_that_was_set_aside_is_tried_once_more_when_it_changes(scene: Scene) -> None:
    scene.faults.poison = {"D-3"}
    scene.ask("D-3")
    scene.until_quiet(scene.worker())
    tried = len(scene.faults.read)
    scene.ask("D-3")
    scene.until_quiet(scene.worker())
    assert (len(scene.faults.read) - tried, list(scene.asides())) == (1, ["D-3"])
    scene.faults.poison = set()
    scene.ask("D-3")
    scene.until_quiet(scene.worker())
    assert (scene.asides(), scene.flagged()) == ({}, {"D-3": "not yet"})


def test_a_crm_that_is_away_for_an_hour_blames_no_deal_and_is_not_hammered(scene: Scene) -> None:
    scene.ask(*(f"D-{number}" for number in range(6)))
    scene.faults.away = CrmError("the line is down")
    worker = scene.worker()
    for _ in range(60 * 12):
        worker.round()
        scene.now += timedelta(seconds=5)
    assert len(scene.faults.read) < 300
    assert scene.asides() == {}
    scene.faults.away = None
    scene.until_quiet(worker, MINUTE)
    assert scene.flagged() == {f"D-{number}": "not yet" for number in range(6)}


def test_what_failed_in_an_outage_is_tried_as_soon_as_another_deal_goes_through(scene: Scene) -> None:
    scene.ask("D-1", "D-2")
    scene.faults.away = CrmError("the line is down")
    worker = scene.worker()
    for _ in range(60):
        worker.round()
        scene.now += MINUTE
    scene.faults.away = None
    scene.ask("D-3")
    for _ in range(4):
        worker.round()
    assert (scene.waiting(), set(scene.flagged())) == (0, {"D-1", "D-2", "D-3"})


@pytest.mark.parametrize("error", [CrmLimitError("no more calls"), WriteStopped("no more calls", ())])
def test_a_crm_that_takes_no_more_calls_is_left_alone_and_nothing_is_lost(scene: Scene, error: Exception) -> None:
    scene.faults.stop = error
    scene.ask("D-1", "D-2")
    worker = scene.worker()
    worker.round()
    read = len(scene.faults.read)
    assert (worker.round(), len(scene.faults.read), scene.waiting()) == (0, read, 2)
    scene.faults.stop = None
    scene.until_quiet(worker, MINUTE)
    assert scene.flagged() == dict.fromkeys(("D-1", "D-2"), "not yet")
    assert scene.asides() == {}


def test_a_deal_that_is_gone_ends_quietly(scene: Scene) -> None:
    scene.ask("D-1", "D-99")
    assert scene.worker().round() == 2
    assert (scene.waiting(), scene.flagged(), scene.asides()) == (0, {"D-1": "not yet"}, {})
    assert scene.faults.read == [("D-1", "D-99")]


def test_a_killed_workers_deals_are_taken_over_when_its_lease_ends(scene: Scene) -> None:
    scene.ask("D-1", "D-2")
    assert len(scene.claim("killed").deals) == 2
    worker = scene.worker()
    assert worker.round() == 0
    scene.now += 11 * MINUTE
    assert (worker.round(), scene.flagged()) == (2, dict.fromkeys(("D-1", "D-2"), "not yet"))


def test_what_a_stopped_worker_of_this_machine_held_is_taken_over_at_once(scene: Scene) -> None:
    scene.ask("D-1")
    scene.claim("stopped")
    scene.ask("D-2")
    scene.claim("alive")
    worker = scene.worker()
    worker.gone = lambda name: name == "stopped"
    assert (worker.round(), list(scene.flagged())) == (1, ["D-1"])


def test_a_deal_that_kills_every_worker_is_set_aside(scene: Scene) -> None:
    scene.patience = replace(scene.patience, attempts=3)
    scene.ask("D-1")
    for _ in range(4):
        with scene.ledger.writing() as connection:
            for failed in (False, True):
                due.claim(connection, "acme", 1, Lease("killed", scene.now, scene.now + MINUTE), failed=failed)
        scene.now += 2 * MINUTE
    scene.until_quiet(scene.worker())
    assert (scene.asides(), scene.faults.read) == ({"D-1": due.LOST}, [])


def test_where_playbooks_tie_only_that_deal_waits_for_somebody(scene: Scene) -> None:
    other = playbook_of(TEXT.replace("playbook: sales", "playbook: other\napplies_to: {name: Deal 2}"), "other.yaml")
    scene.playbooks = (*scene.playbooks, other)
    scene.ask("D-1", "D-2")
    scene.until_quiet(scene.worker())
    assert scene.flagged() == {"D-1": "not yet"}
    assert "priority" in scene.asides()["D-2"]


def test_a_moved_deal_is_judged_again_where_it_stands_now(scene: Scene) -> None:
    worker = scene.worker()
    worker.watched = replace(worker.watched, correct_moves=True)
    scene.ask("D-1")
    worker.round()
    scene.rows("UPDATE deals SET stage = 'Proposal' WHERE id = 'D-1'")
    scene.now += MINUTE
    scene.ask("D-1")
    worker.round()
    assert scene.rows("SELECT stage FROM deals WHERE id = 'D-1'") == [("Discovery",)]
    assert scene.waiting() == 1
    worker.round()
    assert (scene.flagged(), scene.waiting()) == ({"D-1": "not yet"}, 0)


def test_workers_share_what_is_due_and_write_nothing_twice(scene: Scene) -> None:
    for number in range(6, 60):
        scene.rows("INSERT INTO deals (id, stage, outcome) VALUES (?, 'Discovery', 'open')", f"D-{number}")
    scene.ask(*(f"D-{number}" for number in range(60)))
    scene.patience = replace(scene.patience, at_once=7)
    start = Barrier(2)

    def working(part: str) -> None:
        worker = scene.worker(part)
        start.wait()
        while worker.round():
            pass

    threads = [Thread(target=working, args=(part,)) for part in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.waiting() == 0
    assert len(scene.flagged()) == 60
    assert max(Counter(scene.faults.written).values()) == 1
