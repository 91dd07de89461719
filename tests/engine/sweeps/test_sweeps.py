"""A sweep is read once, judged in parts by whoever claims them, and written by all; it comes to what one pass would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.local import connect
from connectors.local.connector import LocalConnector
from connectors.local.database import opened_or_made, transaction
from connectors.local.importing import import_csv, load_mapping
from connectors.local.layout import add_columns
from engine.judge.plan_settings import plan_settings
from engine.ledger import due, sweeps, tables
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger, open_ledger
from engine.ledger.sweeps import SweepState
from engine.runs.check import Check, Question
from engine.runs.due import DueDeals
from engine.runs.mistakes import Mistake
from engine.runs.pipeline import Pipeline, untied
from engine.runs.playbooks import load_playbooks
from engine.runs.sweep_digest import digest_of
from engine.runs.write_back import Applied
from examples.company import AS_OF as EXAMPLE_AS_OF
from examples.generate import PIPELINE
from rules.playbook import Playbook
from tests.engine.sweeps.conftest import CRM, DEALS, FREE, NOW, Scene, playbook_of

MINUTE = timedelta(minutes=1)
OTHER = "playbook: other\nversion: 2\ntitle: Other\nstages: [{id: discovery, title: Discovery}]\n"


def test_a_sweep_is_read_once_judged_in_parts_and_written(scene: Scene) -> None:
    scene.ask()
    ended = scene.until_its_end(scene.worker())
    assert ended.state is SweepState.DONE
    assert scene.flagged() == dict.fromkeys(DEALS, "not yet")
    assert scene.tasks() == dict.fromkeys(DEALS, 1)
    assert (scene.faults.reads, scene.faults.asked_state, scene.faults.told) == (1, 4, 1)
    assert list(digest_of(ended.digest).lines) == [
        "12 deals judged, 12 of them open; 0 newly blocked",
        "written: 12 flags, 12 new tasks",
    ]


def test_it_leaves_no_parts_behind_and_a_run_that_can_be_replayed(scene: Scene) -> None:
    scene.ask()
    ended = scene.until_its_end(scene.worker())
    with scene.ledger.reading() as connection:
        parts = connection.execute(select(func.count()).select_from(tables.sweep_part)).scalar_one()
        pieces = connection.execute(select(tables.run_input.c.number, tables.run_input.c.deals)).all()
        run = connection.execute(select(tables.run)).one()
    assert (parts, [tuple(each) for each in pieces]) == (0, [(0, 3), (1, 3), (2, 3), (3, 3)])
    assert (run.id, run.state, run.checksum) == (ended.run_id, "done", ended.digest["checksum"])


def test_two_workers_share_it_and_nothing_is_done_twice(scene: Scene) -> None:
    scene.ask()
    ended = scene.until_its_end(scene.worker("one"), scene.worker("two"))
    assert ended.state is SweepState.DONE
    assert scene.tasks() == dict.fromkeys(DEALS, 1)
    assert len(set(scene.faults.written)) == len(scene.faults.written) == 24


def test_its_checksum_and_what_it_writes_are_those_of_one_pass(scene: Scene, tmp_path: Any) -> None:
    scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id IN ('D-01', 'D-07')")
    with open_ledger(tmp_path / "other.db") as ledger, connect(scene.file) as crm:
        crm.write = lambda _changes: []  # type: ignore[method-assign]
        one_pass = in_one_pass(crm, ledger, scene.playbooks, NOW)
    scene.ask()
    ended = scene.until_its_end(scene.worker("one"), scene.worker("two"))
    assert ended.digest["checksum"] == one_pass.checksum
    assert ended.digest["totals"] == one_pass.totals.to_json()


def test_the_example_pipeline_comes_to_what_one_pass_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runs.batches.DEALS_AT_ONCE", 90)
    mapping, _ = load_mapping((PIPELINE / "mapping.yaml").read_bytes(), "mapping.yaml")
    assert mapping is not None
    import_csv(sorted(PIPELINE.glob("*.csv")), mapping, tmp_path / "crm.db", tmp_path / "rejects.csv")
    playbooks = load_playbooks([Path("playbooks/enterprise.yaml")])
    with open_ledger(tmp_path / "one.db") as ledger, connect(tmp_path / "crm.db") as crm:
        crm.write = lambda _changes: []  # type: ignore[method-assign]
        one_pass = in_one_pass(crm, ledger, playbooks, EXAMPLE_AS_OF)
        alone = told(ledger)
    with open_ledger(tmp_path / "shared.db") as ledger:
        scene = Scene(tmp_path / "crm.db", ledger, playbooks=playbooks)
        scene.ask(as_of=EXAMPLE_AS_OF.isoformat())
        ended = scene.until_its_end(scene.worker("one"), scene.worker("two"))
        assert told(ledger) == alone
    assert (ended.state, ended.digest["totals"]["deals"]) == (SweepState.DONE, 320)
    assert (ended.digest["checksum"], ended.digest["totals"]) == (one_pass.checksum, one_pass.totals.to_json())


def test_parts_that_are_judged_together_come_to_the_same(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id IN ('D-01', 'D-07')")
    add_owners(scene)
    checksums = set()
    for parts in (1, 3, 8):
        monkeypatch.setattr("engine.runs.sweeps.PARTS", parts)
        scene.limits = {"tasks-per-owner": 0.0}
        scene.ask()
        checksums.add(scene.until_its_end(scene.worker()).digest["checksum"])
        scene.now += MINUTE
    assert len(checksums) == 1


def test_swept_again_it_writes_nothing(scene: Scene) -> None:
    for _ in range(2):
        scene.ask()
        ended = scene.until_its_end(scene.worker())
        scene.now += MINUTE
    assert list(digest_of(ended.digest).lines)[1] == "nothing had to be written"
    assert len(scene.faults.written) == 24


def test_only_one_sweep_of_a_crm_goes_on(scene: Scene) -> None:
    assert scene.ask("2026-11-02") is True
    scene.now += MINUTE
    assert scene.ask() is False
    scene.until_its_end(scene.worker())
    assert scene.ask() is True


def test_a_sweep_that_surprises_is_refused_and_leaves_nothing_behind(scene: Scene) -> None:
    scene.limits = {"tasks-per-owner": 5.0}
    scene.ask()
    ended = scene.until_its_end(scene.worker())
    assert ended.state is SweepState.REFUSED
    assert ended.digest["refusals"] == [
        "more than 5 new tasks for one owner (1 owners, 12 for `a`), --allow tasks-per-owner"
    ]
    assert (scene.flagged(), scene.faults.written, scene.faults.told) == ({}, [], 0)
    with scene.ledger.reading() as connection:
        for table in (tables.change, tables.finding, tables.deal_seen):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_its_run_keeps_the_playbooks_it_began_with(scene: Scene) -> None:
    scene.ask()
    first = scene.worker("one")
    first.step()
    scene.playbooks = (playbook_of(OTHER.replace("other", "sales")),)
    ended = scene.until_its_end(scene.worker("two", gone=["one"]))
    assert ended.state is SweepState.DONE
    assert scene.flagged() == dict.fromkeys(DEALS, "not yet")


def test_a_deal_that_an_event_had_judged_since_is_left_out(scene: Scene) -> None:
    scene.ask()
    worker = scene.worker()
    worker.step()
    scene.now += MINUTE
    scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id = 'D-04'")
    event(scene, "D-04")
    ended = scene.until_its_end(worker)
    assert scene.flagged() == {**dict.fromkeys(DEALS, "not yet"), "D-04": "clear"}
    assert ended.digest["totals"]["deals"] == 11
    assert "D-04" not in scene.tasks()


def test_an_event_takes_back_what_a_sweep_planned_and_has_not_written(scene: Scene) -> None:
    scene.ask()
    worker = scene.worker()
    while scene.last().state is not SweepState.APPLYING:
        worker.step()
    scene.now += MINUTE
    scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id = 'D-04'")
    event(scene, "D-04")
    assert scene.flagged() == {"D-04": "clear"}
    scene.until_its_end(worker)
    assert scene.flagged() == {**dict.fromkeys(DEALS, "not yet"), "D-04": "clear"}


def test_an_event_that_comes_while_a_sweep_writes_the_deal_is_looked_at_again_soon(scene: Scene) -> None:
    def changes_meanwhile(_changes: Any) -> None:
        scene.faults.on_write = lambda _: None
        scene.now += timedelta(seconds=1)
        scene.rows("UPDATE deals SET pain = 'They retype orders' WHERE id = 'D-04'")
        event(scene, "D-04")

    scene.faults.on_write = changes_meanwhile
    scene.ask()
    scene.until_its_end(scene.worker())
    assert scene.flagged()["D-04"] == "not yet"
    scene.now += timedelta(seconds=21)
    again(scene)
    assert (scene.flagged()["D-04"], waiting(scene)) == ("clear", 0)


def test_where_playbooks_tie_it_says_so(scene: Scene) -> None:
    scene.playbooks = (playbook_of(), playbook_of(OTHER))
    scene.ask()
    worker = scene.worker()
    worker.step()
    with pytest.raises(Mistake, match="both apply to deal `D-00` with the same `priority`"):
        worker.step()


def test_a_crm_without_deals_is_swept_too(scene: Scene) -> None:
    scene.rows("DELETE FROM deals")
    scene.ask()
    assert scene.until_its_end(scene.worker()).state is SweepState.DONE


def test_who_lost_a_sweep_changes_nothing_of_it_any_more(scene: Scene) -> None:
    scene.ask()
    found = scene.live()
    assert found is not None
    slow, quick = Lease("slow", NOW, NOW + MINUTE), Lease("quick", NOW + 2 * MINUTE, NOW + 9 * MINUTE)
    with scene.ledger.writing() as connection:
        led = sweeps.lead(connection, found, slow)
        assert led is not None
        assert sweeps.lead(connection, found, quick) is None
        assert sweeps.lead(connection, led, quick) is not None
    with pytest.raises(Exception, match="is led by another worker"), scene.ledger.writing() as connection:
        sweeps.move_on(connection, led, slow, state="judging")
    assert scene.last().state is SweepState.WAITING


def in_one_pass(crm: LocalConnector, ledger: Ledger, playbooks: Sequence[Playbook], as_of: datetime) -> Applied:
    """Judge and plan all deals as `apply` does."""
    settings = plan_settings(playbooks, crm.name, limits=FREE)
    with Check(crm, playbooks, Question(as_of, clearing=True)) as judging:
        pipeline = Pipeline(CRM, crm, playbooks, ledger, now=lambda: as_of)
        return pipeline.write(untied(judging), settings, "sweep", as_of)


def told(ledger: Ledger) -> list[tuple[str, ...]]:
    """Give what the store tells of findings and verdicts."""
    found = (tables.finding.c.key, tables.finding.c.state, tables.finding.c.because)
    judged = (tables.verdict.c.deal_id, tables.verdict.c.status, tables.verdict.c.score)
    with ledger.reading() as connection:
        return sorted(tuple(row) for columns in (found, judged) for row in connection.execute(select(*columns)))


def add_owners(scene: Scene) -> None:
    with opened_or_made(scene.file) as db, transaction(db):
        add_columns(db, "owners", ("id", "name", "email"))
    scene.rows("INSERT INTO owners (id, name, email) VALUES ('a', 'Ann', 'ann@example.com')")


def event(scene: Scene, deal: str) -> None:
    """Have a deal judged and written as after an event."""
    with scene.ledger.writing() as connection:
        due.ask(connection, CRM, [deal], scene.now)
    again(scene)


def waiting(scene: Scene) -> int:
    with scene.ledger.reading() as connection:
        return due.waiting(connection, CRM)


def again(scene: Scene) -> None:
    """Look at the deal that is due."""
    worker = DueDeals(scene.workers[0].watched, scene.ledger, "due", now=lambda: scene.now, gone=lambda _: False)
    assert worker.round() == 1
