"""The store: what it keeps, what it takes back, and how it opens."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, select

from connectors.protocol import CrmError
from engine.judge.change_json import change_from_json
from engine.judge.changes import Change
from engine.judge.memory import Memory
from engine.ledger import tables
from engine.ledger.errors import LedgerError
from engine.ledger.memory import remember
from engine.ledger.receipts import receipts_of
from engine.ledger.store import Ledger, open_ledger, store_url


def rows(ledger: Ledger, table: Table, *columns: str) -> Sequence[Any]:
    with ledger.reading() as connection:
        query = select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
        return [tuple(row) for row in connection.execute(query)]


def memory(desk: Any, *deals: str) -> Memory:
    with desk.ledger.reading() as connection:
        return remember(connection, deals, desk.now)


def test_the_migrations_make_the_tables_of_this_version(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_moment_comes_back_as_it_was_in_utc(desk: Any, make: Any) -> None:
    eastern = timezone(timedelta(hours=-5))
    desk.now = datetime(2026, 11, 2, 4, 0, 0, 123456, eastern)
    desk.apply(make.verdict(make.finding()))
    assert memory(desk, "D-1").opened == {("D-1:pain", ""): datetime(2026, 11, 2, 9, 0, 0, 123456, UTC)}


def test_only_transitions_of_findings_are_kept(desk: Any, make: Any) -> None:
    nights = ([make.finding()], [make.finding()], [make.finding(because="still blank")], [], [], [make.finding()])
    for found in nights:
        desk.later(days=1).apply(make.verdict(*found))
    kept = rows(desk.ledger, tables.finding, "key", "since", "until", "run_id", "until_run")
    day = make.as_of
    assert kept == [
        ("D-1:pain", day + timedelta(days=1), day + timedelta(days=4), 1, 4),
        ("D-1:pain", day + timedelta(days=6), None, 6, None),
    ]


def test_a_finding_that_changes_its_state_keeps_the_day_it_opened(desk: Any, make: Any) -> None:
    unknown = make.finding(state=type(make.finding().state).UNKNOWN)
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(unknown))
    assert rows(desk.ledger, tables.finding, "state") == [("unmet",), ("unknown",)]
    assert memory(desk, "D-1").opened == {("D-1:pain", ""): make.as_of}


def test_a_refused_run_leaves_no_finding_no_stage_and_no_change(desk: Any, make: Any) -> None:
    desk.settings = replace(desk.settings, correct_moves=False)
    deals = [f"D-{n:02}" for n in range(12)]
    desk.apply(*(make.verdict(make.finding(deal=deal, task=None), deal=deal) for deal in deals))
    before = memory(desk, *deals)
    kept = rows(desk.ledger, tables.finding, "key", "since", "until")
    loud = [make.blocked(make.finding("budget", deal=deal), deal=deal) for deal in deals]
    assert desk.later(days=1).apply(*loud).refusals
    assert memory(desk, *deals) == before
    assert rows(desk.ledger, tables.finding, "key", "since", "until") == kept
    assert {run for (run,) in rows(desk.ledger, tables.change, "run_id")} == {1}
    assert rows(desk.ledger, tables.run, "state") == [("done",), ("refused",)]


def test_a_run_killed_while_it_planned_is_taken_back(
    desk: Any, make: Any, killed: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply(make.verdict())
    with monkeypatch.context() as patch:
        patch.setattr("engine.runs.apply.record_totals", raising(killed))
        with pytest.raises(killed):
            desk.later(days=1).apply(make.verdict(make.finding(), stage="proposal"))
    desk.apply()
    assert memory(desk, "D-1") == Memory(last_stage={"D-1": "Demo"})
    assert rows(desk.ledger, tables.run, "state") == [("done",), ("abandoned",), ("done",)]


def test_a_run_that_fails_while_it_reads_is_taken_back(desk: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runs.batches.DEALS_AT_ONCE", 1)
    monkeypatch.setattr(desk.crm, "read_state", reading_once(desk.crm.read_state))
    with pytest.raises(CrmError):
        desk.apply(make.verdict(make.finding()), make.verdict(deal="D-2"))
    assert memory(desk, "D-1") == Memory()
    assert rows(desk.ledger, tables.change, "key") == []


def test_a_task_that_another_run_wrote_meanwhile_is_not_written_again(desk: Any, make: Any) -> None:
    wrote: list[Change] = []

    def meanwhile(changes: Sequence[Change]) -> str:
        if not wrote:
            wrote.extend(changes)
            task = next(each.task for each in last_planned(desk) if each.task)
            with desk.ledger.writing() as connection:
                content = {name: getattr(task, name) for name in ("key", "deal_id", "title", "status")}
                connection.execute(tables.task_memory.insert().values(**content, crm_id="T-9", written_at=desk.now))
        return ""

    desk.crm.fault = meanwhile
    others = [make.verdict(deal=f"D-{n}") for n in range(3)]
    applied = desk.apply(*others, make.verdict(make.finding(deal="D-9"), deal="D-9"))
    assert applied.outcomes == {"done": 4, "refused": 1}
    assert desk.crm.tasks == []


def last_planned(desk: Any) -> list[Change]:
    return [change_from_json(payload) for (payload,) in rows(desk.ledger, tables.change, "payload")]


def test_the_last_receipt_of_a_change_counts(desk: Any, make: Any) -> None:
    answers = ["answers lost"]
    desk.crm.fault = lambda _changes: answers.pop() if answers else ""
    applied = desk.apply(make.verdict())
    assert len(rows(desk.ledger, tables.receipt, "outcome")) == 2
    with desk.ledger.reading() as connection:
        assert [each["outcome"] for each in receipts_of(connection, applied.run_id)] == ["done"]


def test_every_change_has_its_receipt(desk: Any, make: Any) -> None:
    desk.crm.refuse = {"set_flags": "the field is read-only"}
    applied = desk.apply(make.verdict(make.finding()))
    with desk.ledger.reading() as connection:
        given = [(each["change"], each["outcome"], each["reason"]) for each in receipts_of(connection, applied.run_id)]
    assert given == [("set_flags", "refused", "the field is read-only"), ("create_task", "done", "")]


def test_live_changes_are_found_by_their_index_however_long_the_history(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger, ledger.reading() as connection:
        wanted = select(tables.change).where(
            tables.LIVE, tables.change.c.state == "planned", tables.change.c.run_id == 1
        )
        sql = str(wanted.compile(ledger.engine, compile_kwargs={"literal_binds": True}))
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    assert [step[-1] for step in steps] == ["SEARCH change USING INDEX ix_change_open (state=? AND run_id=?)"]


def test_a_playbooks_text_is_kept_once(desk: Any, playbook: Any) -> None:
    desk.apply()
    desk.apply()
    assert rows(desk.ledger, tables.playbook_text, "name", "text") == [("sales@1", playbook.text)]
    assert len(rows(desk.ledger, tables.run_playbook, "hash")) == 2


def test_a_new_file_is_given_its_tables_and_write_ahead_logging(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "new.db") as ledger, ledger.reading() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")]
    assert settings == ["wal", 1]


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    with sqlite3.connect(file) as new:
        new.execute("CREATE TABLE alembic_version (version_num TEXT)")
        new.execute("INSERT INTO alembic_version VALUES ('9999')")
    new.close()
    with pytest.raises(LedgerError) as refused:
        open_ledger(file, may_upgrade=True)
    assert str(refused.value) == (
        f"the store `sqlite:///{file}` is at version `9999`, which this engine does not know\n"
        "  help: it was made by a newer engine; update this one"
    )


def test_an_empty_server_database_is_refused_and_upgraded_when_asked(postgresql_server: str) -> None:
    with pytest.raises(LedgerError) as refused:
        open_ledger(postgresql_server)
    assert str(refused.value).endswith(
        "` has no tables yet, this engine needs `0003`\n"
        "  help: run `dealgate apply`, `sweep` or `serve` with `--upgrade-store`"
    )
    open_ledger(postgresql_server, may_upgrade=True).close()
    open_ledger(postgresql_server).close()


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("sqlite:////nowhere/at/all.db", "the store `sqlite:////nowhere/at/all.db` cannot be opened: unable to open"),
        ("oracle9://x", "the store `oracle9://x` needs a driver"),
        ("postgresql://user:secret@127.0.0.1:1/x", "the store `postgresql+psycopg://user:***@127.0.0.1:1/x` cannot be"),
    ],
)
def test_a_store_that_cannot_be_opened_is_told_without_secrets(where: str, told: str) -> None:
    with pytest.raises(LedgerError) as refused:
        open_ledger(where)
    assert str(refused.value).startswith(told)
    assert "secret" not in str(refused.value)


def test_a_path_is_a_sqlite_file_and_postgresql_is_served_by_psycopg() -> None:
    assert str(store_url("state/dealgate.db")) == "sqlite:///state/dealgate.db"
    assert store_url("postgresql://x/y").drivername == "postgresql+psycopg"


def reading_once(read: Any) -> Any:
    asked = []

    def reads(deal_ids: Sequence[str]) -> Any:
        asked.append(deal_ids)
        if len(asked) > 1:
            raise CrmError("the CRM is away")
        return read(deal_ids)

    return reads


def raising(error: BaseException | type[BaseException]) -> Any:
    def raises(*_args: Any) -> None:
        raise error

    return raises
