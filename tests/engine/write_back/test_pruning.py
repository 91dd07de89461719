"""What is older than its retention leaves the store; what stands, is under way or is still needed stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, event, func, insert, select, text

from engine.judge.events import Event
from engine.judge.waivers import Waiver
from engine.ledger import tables
from engine.ledger.events import accept
from engine.ledger.inputs import keep, kept
from engine.ledger.pruning import prune, would_prune
from engine.ledger.retention import Pruned, Retention
from engine.ledger.run_inputs import RunInput, record_input
from engine.ledger.runs import RunState, set_state
from engine.ledger.store import Ledger, open_ledger
from engine.ledger.waivers import record_waiver
from engine.runs.upkeep import Upkeep

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MONTH, YEAR = timedelta(days=31), timedelta(days=401)


def many(ledger: Ledger, table: Table) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def keep_for(desk: Any, run_id: int, *data: bytes) -> list[str]:
    """Keep what a run judged from: tables and a context, a piece each two."""
    with desk.ledger.writing() as connection:
        hashes = [keep(connection, each, desk.now) for each in data]
        for tables_, context in zip(hashes[::2], hashes[1::2], strict=True):
            record_input(connection, run_id, RunInput(1, tables_, context, b"12345678"))
    return hashes


def test_what_runs_judged_from_goes_after_a_month_and_what_younger_runs_share_with_them_stays(
    desk: Any, make: Any
) -> None:
    desk.apply(make.verdict(make.finding()))
    keep_for(desk, 1, b"old tables", b"a context")
    desk.later(days=31).apply(make.verdict(make.finding()))
    (young, _) = keep_for(desk, 2, b"young tables", b"a context")
    assert would_prune(desk.ledger, Retention(), desk.now).inputs == 1
    assert prune(desk.ledger, Retention(), desk.now) == Pruned(inputs=1)
    assert (many(desk.ledger, tables.stored_input), many(desk.ledger, tables.run_input)) == (2, 1)
    with desk.ledger.reading() as connection:
        assert kept(connection, young) == b"young tables"


def test_a_run_that_is_not_finished_keeps_what_it_judged_from(desk: Any, make: Any) -> None:
    desk.apply(make.verdict())
    keep_for(desk, 1, b"tables", b"context")
    with desk.ledger.writing() as connection:
        set_state(connection, 1, RunState.APPLYING, desk.now)
    none_at_all = Retention(timedelta(0), timedelta(days=2), timedelta(days=7))
    assert prune(desk.ledger, none_at_all, desk.now + YEAR).inputs == 0
    with desk.ledger.writing() as connection:
        set_state(connection, 1, RunState.DONE, desk.now)
    assert prune(desk.ledger, none_at_all, desk.now + YEAR).inputs == 2


@pytest.mark.parametrize(("state", "stays"), [("judging", True), ("done", False)])
def test_a_sweep_under_way_keeps_its_parts_and_what_they_are_judged_from(desk: Any, state: str, *, stays: bool) -> None:
    with desk.ledger.writing() as connection:
        hashes = [keep(connection, each, NOW) for each in (b"tables", b"written", b"context")]
        usual = {"worker": "", "attempts": 0}
        sweep = {"id": 1, "crm": "acme", "slot": "2026-11-02", "due_at": NOW, "state": state, "context": hashes[2]}
        connection.execute(insert(tables.sweep).values(**sweep, ready_at=NOW, reason="", finished_at=NOW, **usual))
        part = {"sweep_id": 1, "number": 1, "deals": 1, "tables": hashes[0], "written": hashes[1], "state": "waiting"}
        connection.execute(insert(tables.sweep_part).values(**part, **usual))
    prune(desk.ledger, Retention(), NOW + YEAR)
    left = [many(desk.ledger, table) for table in (tables.stored_input, tables.sweep, tables.sweep_part)]
    assert left == ([3, 1, 1] if stays else [0, 0, 0])


def test_identities_of_events_go_after_a_week_and_their_deals_stay_due(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        accept(connection, "acme", [Event("old", ("D-1",))], NOW)
        accept(connection, "acme", [Event("young", ("D-2",))], NOW + timedelta(days=6))
    assert prune(ledger, Retention(), NOW + timedelta(days=8)) == Pruned(events=1)
    with ledger.reading() as connection:
        assert list(connection.execute(select(tables.event.c.event_id)).scalars()) == ["young"]
    assert many(ledger, tables.due_deal) == 2


def test_what_stands_is_kept_however_old_and_what_is_over_goes_with_the_runs_that_found_it(
    desk: Any, make: Any
) -> None:
    desk.apply(make.verdict(make.finding(), make.finding("budget")))
    desk.later(days=1).apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(make.finding(), stage="discovery"))
    later = desk.now + YEAR
    assert would_prune(desk.ledger, Retention(), later) == Pruned(findings=1, verdicts=2, changes=5)
    pruned = prune(desk.ledger, Retention(), later)
    assert pruned == Pruned(findings=1, verdicts=2, changes=5, runs=1)
    with desk.ledger.reading() as connection:
        standing = connection.execute(select(tables.finding.c.criterion, tables.finding.c.opened_at)).all()
        assert [tuple(row) for row in standing] == [("pain", NOW)]
        assert connection.execute(select(tables.verdict.c.stage)).scalars().all() == ["discovery"]
        assert connection.execute(select(tables.run.c.id).order_by(tables.run.c.id)).scalars().all() == [1, 3]
    assert many(desk.ledger, tables.receipt) == 0
    assert desk.later(days=402).apply(make.verdict(make.finding(), stage="discovery")).outcomes == {}


def test_a_change_on_its_way_is_kept_with_its_run_however_old(desk: Any, make: Any) -> None:
    desk.crm.fault = lambda _changes: "answers lost"
    desk.settle = timedelta(hours=1)
    desk.apply(make.verdict(make.finding()))
    assert prune(desk.ledger, Retention(), NOW + YEAR).changes == 0
    desk.crm.fault = lambda _changes: ""
    again = desk.later(days=402).apply(make.verdict(make.finding()))
    assert (desk.crm.made(), again.refusals) == ({"dealgate:D-1:pain:2026-11-02": 1}, ())


def test_waivers_that_are_over_go_and_those_in_force_stay(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        for days in (1, 500):
            until = NOW + timedelta(days=days)
            record_waiver(connection, Waiver("D-1", "pain", "agreed", "ops@example.com", NOW, until), NOW)
    assert prune(ledger, Retention(), NOW + YEAR + timedelta(days=2)) == Pruned(waivers=1)


def test_what_is_kept_forever_never_goes(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict())
    keep_for(desk, 1, b"tables", b"context")
    with desk.ledger.writing() as connection:
        accept(connection, "acme", [Event("old", ("D-1",))], NOW)
    assert prune(desk.ledger, Retention(None, None, None), NOW + 9 * YEAR) == Pruned()
    assert Pruned().words == "nothing"


@contextmanager
def deletions(ledger: Ledger) -> Iterator[list[int]]:
    """Collect how many rows each statement takes away."""
    counted: list[int] = []

    def after(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("DELETE"):
            counted.append(cursor.rowcount)

    event.listen(ledger.engine, "after_cursor_execute", after)
    yield counted
    event.remove(ledger.engine, "after_cursor_execute", after)


def test_a_transaction_takes_away_few_rows_and_few_large_ones(desk: Any, make: Any) -> None:
    desk.apply(make.verdict())
    keep_for(desk, 1, *(f"{number}".encode() for number in range(60)))
    with desk.ledger.writing() as connection:
        accept(connection, "acme", [Event(f"{number:05}", ()) for number in range(2500)], NOW)
    with deletions(desk.ledger) as counted:
        pruned = prune(desk.ledger, Retention(), NOW + MONTH)
    assert pruned == Pruned(inputs=60, events=2500)
    assert [each for each in counted if each] == [1000, 1000, 500, 30, 25, 25, 10]


def test_a_service_that_ends_leaves_the_rest_to_another_time(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        accept(connection, "acme", [Event(f"{number:05}", ()) for number in range(2500)], NOW)
    asked = iter([False, False, False, True, True])
    assert prune(ledger, Retention(), NOW + MONTH, lambda: next(asked, True)) == Pruned(events=2000)
    assert many(ledger, tables.event) == 500


def test_a_process_prunes_soon_after_its_start_and_then_once_a_day(ledger: Ledger) -> None:
    now = NOW + MONTH
    upkeep = Upkeep(ledger, Retention(), now=lambda: now)
    found = []
    for minutes in (0, 9, 1, 1, 1439, 1, 1440):
        now += timedelta(minutes=minutes)
        found.append(upkeep.look())
    assert found == [0, 0, 1, 0, 1, 0, 1]


def test_a_sqlite_file_gives_its_space_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        for number in range(40):
            with ledger.writing() as connection:
                keep(connection, bytes([number]) * 1_000_000, NOW)
        before = path.stat().st_size
        assert prune(ledger, Retention(), NOW + MONTH).inputs == 40
        with ledger.reading() as connection:
            assert connection.execute(text("PRAGMA freelist_count")).scalar_one() <= 2_000
    assert path.stat().st_size < before / 3
