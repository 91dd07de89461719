"""What the service counts is what it did, and what the store holds; it stays few series, and outlives the store."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from connectors.protocol import CrmError, CrmLimitError, Spent
from engine.ledger import due, sweep_parts, sweeps, tables
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger, open_ledger
from engine.runs.loaded import Loaded
from engine.runs.mistakes import Mistake
from engine.runs.noting import Reason
from tests.connectors.hubspot.test_events import batch, event
from tests.engine.write_back.test_due_deals import Scene, scene
from tests.web.conftest import NOW, Running, serving
from tests.web.test_intake import HUB, signed_by_hubspot
from web.metrics import Metrics, metrics_served

__all__ = ["scene"]
DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
OUTCOMES = ("new", "again", "ignored", "left_out")
STATES = ("waiting", "in_hand", "failed", "set_aside")


def post(running: Running, *events: dict[str, object]) -> int:
    body = batch(*events)
    return running.post(HUB, body, **signed_by_hubspot(body)).status_code


def told(metrics: Metrics) -> str:
    return metrics.page()[0].decode()


def test_events_are_counted_by_what_became_of_them(running: Running) -> None:
    contact = event(eventId=3, subscriptionType="contact.creation")
    assert post(running, event(eventId=1), event(eventId=2), contact) == 200
    assert post(running, event(eventId=1), event(eventId=4, objectId="x")) == 200
    counts = running.counts()
    found = {outcome: counts[f"dealgate_events_total{{crm=hub,outcome={outcome}}}"] for outcome in OUTCOMES}
    assert found == {"new": 2, "again": 1, "ignored": 1, "left_out": 1}
    assert counts["dealgate_events_total{crm=acme,outcome=new}"] == 0


def test_answers_are_counted_and_timed(running: Running) -> None:
    post(running, event())
    running.post(HUB, b"[]")
    running.post("/webhooks/hubspot/nobody", b"[]")
    counts = running.counts()
    assert counts["dealgate_answers_total{crm=hub,status=200}"] == 1
    assert counts["dealgate_answers_total{crm=hub,status=401}"] == 1
    assert counts["dealgate_answer_seconds_count{crm=hub}"] == 2
    assert not [name for name in counts if "nobody" in name]


def test_due_deals_are_counted_as_the_store_has_them_by_then(ledger: Ledger) -> None:
    moment = [NOW]
    with serving(ledger, now=lambda: moment[0]) as running:
        with ledger.writing() as connection:
            due.ask(connection, "acme", ["1", "2", "3", "4"], NOW)
            claimed = due.claim(connection, "acme", 3, Lease("w", NOW, NOW + timedelta(minutes=10)))
            first, rest = claimed.parted()
            second, _ = rest.parted()
            due.fail(connection, first, "it is poisoned", lambda _: None, NOW)
            due.fail(connection, second, "it failed", lambda _: NOW, NOW)
        moment[0] = NOW + timedelta(seconds=90)
        counts = running.counts()
        states = {state: counts[f"dealgate_due_deals{{crm=acme,state={state}}}"] for state in STATES}
        assert states == {"waiting": 1, "in_hand": 1, "failed": 1, "set_aside": 1}
        assert counts["dealgate_oldest_due_seconds{crm=acme}"] == 90
        assert counts["dealgate_oldest_due_seconds{crm=hub}"] == 0


def test_a_deal_waits_since_it_was_first_asked_for(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        due.ask(connection, "acme", ["1"], NOW)
        due.ask(connection, "acme", ["1"], NOW + timedelta(seconds=60))
    metrics = Metrics(["acme"], ledger, now=lambda: NOW + timedelta(seconds=61))
    assert 'dealgate_oldest_due_seconds{crm="acme"} 61.0' in told(metrics)


def test_changes_and_findings_are_counted_for_the_crm_they_are_of(scene: Scene) -> None:
    scene.ask("D-1", "D-2")
    scene.worker().round()
    with scene.ledger.writing() as connection:
        change = tables.change
        connection.execute(change.update().where(change.c.deal_id == "D-1").values(state="in doubt"))
    metrics = Metrics(["acme", "hub"], scene.ledger)
    page = told(metrics)
    assert 'dealgate_findings{crm="acme",kind="exit_criterion"} 2.0' in page
    assert 'dealgate_findings{crm="hub",kind="exit_criterion"} 0.0' in page
    assert 'dealgate_outbox_changes{crm="acme",state="in_doubt"} 1.0' in page
    assert 'dealgate_outbox_changes{crm="acme",state="planned"} 0.0' in page


def test_a_sweep_is_told_while_it_goes_on_and_when_it_last_ended(ledger: Ledger) -> None:
    metrics = Metrics(["acme"], ledger)
    with ledger.writing() as connection:
        sweeps.ask(connection, "acme", "2026-11-01", NOW - timedelta(days=1), {})
        connection.execute(tables.sweep.update().values(state="done", finished_at=NOW))
        sweeps.ask(connection, "acme", "2026-11-02", NOW, {})
        live = sweeps.live_sweep(connection, "acme")
        assert live is not None
        for number, deals in enumerate((1000, 1000, 500, 500)):
            sweep_parts.put_part(connection, sweep_parts.Part(live.id, number, deals, "t", "w"))
        connection.execute(tables.sweep_part.update().where(tables.sweep_part.c.number == 0).values(state="done"))
    page = told(metrics)
    assert 'dealgate_sweep_running{crm="acme"} 1.0' in page
    assert 'dealgate_sweep_done_ratio{crm="acme"} 0.333' in page
    ended = re.findall(r"^dealgate_sweep_last_finished_timestamp_seconds.* (.*)$", page, flags=re.MULTILINE)
    assert [float(each) for each in ended] == [NOW.timestamp()]
    assert 'dealgate_sweep_last_failed{crm="acme"} 0.0' in page
    with ledger.writing() as connection:
        connection.execute(tables.sweep.update().where(tables.sweep.c.id == live.id).values(state="refused"))
    assert 'dealgate_sweep_last_failed{crm="acme"} 1.0' in told(metrics)


def test_what_workers_do_is_counted(scene: Scene) -> None:
    metrics = Metrics(["acme"], scene.ledger)
    worker = scene.worker()
    worker.noting = metrics
    scene.ask("D-1", "D-2", "D-3")
    scene.now += timedelta(seconds=2.5)
    assert worker.round() == 3
    page = told(metrics)
    assert 'dealgate_deals_judged_total{crm="acme"} 3.0' in page
    assert 'dealgate_round_seconds_count{crm="acme"} 1.0' in page
    assert 'dealgate_event_to_write_back_seconds_bucket{crm="acme",le="2.0"} 0.0' in page
    assert 'dealgate_event_to_write_back_seconds_bucket{crm="acme",le="3.0"} 3.0' in page


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (Reason.CRM, CrmError("the line is down")),
        (Reason.LIMIT, CrmLimitError("no calls are left")),
        (Reason.MISTAKE, Mistake("two playbooks tie")),
        (Reason.ENGINE, ValueError("a defect")),
    ],
)
def test_failures_are_counted_by_their_reason(scene: Scene, reason: Reason, fault: Exception) -> None:
    metrics = Metrics(["acme"], scene.ledger)
    worker = scene.worker()
    worker.noting, scene.faults.away = metrics, fault
    scene.ask("D-1")
    worker.round()
    failed = re.findall(r'dealgate_failures_total\{crm="acme",reason="(\w+)"\} [1-9]', told(metrics))
    assert failed == [reason.value]


def test_calls_to_the_crm_are_counted_and_those_left_are_told(ledger: Ledger) -> None:
    metrics = Metrics(["acme"], ledger)
    for left in (90, 85):
        metrics.spent("acme", Spent({"query": 3, "composite": 2}, left, 100))
    metrics.spent("acme", Spent())
    page = told(metrics)
    assert 'dealgate_crm_calls_total{crm="acme",kind="query"} 6.0' in page
    assert 'dealgate_crm_calls_left{crm="acme"} 85.0' in page
    assert 'dealgate_crm_calls_limit{crm="acme"} 100.0' in page


def test_playbooks_that_could_not_be_loaded_are_told(ledger: Ledger) -> None:
    loaded = [Loaded(("sales@1",), NOW)]
    metrics = Metrics(["acme"], ledger, lambda: loaded[-1])
    assert "dealgate_playbooks_refused 0.0" in told(metrics)
    loaded.append(Loaded(("sales@1",), NOW, "sales.yaml:3:1: unknown-key", NOW))
    assert "dealgate_playbooks_refused 1.0" in told(metrics)
    assert "sales.yaml" not in told(metrics)


def test_a_store_that_is_away_is_told_and_holds_up_nothing_else(running: Running) -> None:
    post(running, event())
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE due_deal RENAME TO gone")
    counts = running.counts()
    assert counts["dealgate_store_up"] == 0
    assert counts["dealgate_events_total{crm=hub,outcome=new}"] == 1
    assert not [name for name in counts if name.startswith("dealgate_due_deals")]
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO due_deal")
    assert running.counts()["dealgate_store_up"] == 1


def test_a_thousand_deals_make_no_series_more(running: Running) -> None:
    before = set(running.counts())
    for start in range(0, 1000, 100):
        assert post(running, *(event(eventId=n, objectId=n) for n in range(start, start + 100))) == 200
    assert set(running.counts()) == before


def test_metrics_are_served_at_an_address_of_their_own(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        metrics = Metrics(["acme"], ledger)
        metrics.judged("acme", 7, 0.5)
        with metrics_served(metrics, "127.0.0.1", 0) as port:
            session = requests.Session()
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
            assert 'dealgate_deals_judged_total{crm="acme"} 7.0' in answer.text
            with pytest.raises(Mistake, match="cannot be listened on"), metrics_served(metrics, "127.0.0.1", port):
                pass
            session.close()


def test_every_metric_is_documented(running: Running) -> None:
    post(running, event())
    page = running.ask("GET", "/metrics").text
    named = re.findall(r"^# TYPE (dealgate_\w+)", page, flags=re.MULTILINE)
    families = {name.removesuffix("_total") for name in named}
    always = {"dealgate_crm_calls", "dealgate_playbooks_refused", "dealgate_playbooks_loaded_timestamp_seconds"}
    assert sorted(each for each in families | always if f"`{each}" not in DOCUMENT) == []
