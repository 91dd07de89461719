"""What was decided on a deal, when and why, is told from what the store recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.judge.crossings import Move
from engine.judge.verdicts import Gate, GateStatus, State
from engine.judge.waivers import Waiver
from engine.ledger import tables
from engine.ledger.findings import undo
from engine.ledger.waivers import record_waiver
from engine.runs.history import History, history_of

NOON = datetime(2026, 11, 2, 9, tzinfo=UTC)


def told(desk: Any, deal: str = "D-1") -> History:
    return history_of(desk.ledger, deal, desk.now)


def says(history: History, *, details: bool = False) -> list[str]:
    """Lay a history out, a line each; details are moved to the right."""
    return [
        line
        for each in history.entries
        for line in (
            f"{each.at:%d %H:%M} {each.what}: {each.says}",
            *(f"  {line}" for line in each.details if details),
        )
    ]


def test_a_deal_is_followed_from_its_first_finding_to_its_open_gate(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict())
    assert says(told(desk), details=True) == [
        "02 09:00 playbook: judged by sales@1",
        "02 09:00 stage: seen in demo",
        "02 09:00 gate: gate: not yet",
        "  it may stand as far as demo",
        "  against it: pain",
        "02 09:00 score: qualifies at 33.333333%, weak",
        "02 09:00 finding: opened, soft: pain is written down (pain)",
        "  pain is blank",
        "02 09:00 written: flags set: not yet",
        "  pain is written down: fill in pain",
        "  receipt 2026-11-02 09:00:00 UTC, record D-1",
        "02 09:00 written: task added: Fill in pain",
        "  due 2026-11-04, for ann",
        "  receipt 2026-11-02 09:00:00 UTC",
        "04 09:00 gate: gate opened: clear, after not yet",
        "  it may stand as far as proposal",
        "04 09:00 finding: cleared: pain is written down (pain)",
        "04 09:00 written: flags set: clear",
        "  receipt 2026-11-04 09:00:00 UTC, record D-1",
        "04 09:00 written: task completed: Fill in pain",
        "  receipt 2026-11-04 09:00:00 UTC, record T-1",
    ]


def test_a_finding_is_followed_through_its_changes_and_its_waiver(desk: Any, make: Any) -> None:
    waived = make.finding(waiver="waived by ops until 2026-11-05: agreed")
    found = (make.finding(state=State.UNKNOWN), make.finding(), waived, make.finding(because="still blank"))
    for each in found:
        desk.apply(make.verdict(each))
        desk.later(days=1)
    desk.apply(make.verdict())
    assert [line for line in says(told(desk), details=True) if "finding" in line or line.startswith("  w")] == [
        "02 09:00 finding: opened, soft: pain is written down (pain)",
        "03 09:00 finding: changed: pain is written down (pain)",
        "  was unknown, is unmet",
        "04 09:00 finding: waived: pain is written down (pain)",
        "  waived by ops until 2026-11-05: agreed",
        "05 09:00 finding: no longer waived: pain is written down (pain)",
        "06 09:00 finding: cleared: pain is written down (pain)",
    ]


def test_waivers_are_told_when_they_are_granted_and_when_they_are_over(desk: Any) -> None:
    waiver = Waiver("D-1", "pain", "The board signs", "ops@example.com", NOON, NOON + timedelta(days=2))
    with desk.ledger.writing() as connection:
        record_waiver(connection, waiver, NOON)
    granted = "02 09:00 waiver: waiver for `pain` granted by ops@example.com until 2026-11-04"
    assert says(told(desk), details=True) == [granted, "  The board signs"]
    assert says(told(desk.later(days=2))) == [granted, "04 09:00 waiver: waiver for `pain` is over"]


def test_a_crossing_and_the_move_back_are_told_with_who_moved_it(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding(), stage="discovery"))
    moves = {"D-1": Move(NOON + timedelta(hours=3), "Eve")}
    desk.crm.stages["D-1"] = "Proposal"
    desk.later(days=1).apply(make.blocked(make.finding(), allowed="demo"), moves=moves)
    lines = says(told(desk), details=True)
    at = lines.index("03 09:00 crossing: crossed its gate")
    assert lines[at + 1].startswith(
        "  deal D-1 (Deal D-1) was moved from `Discovery` to `Proposal` by Eve at 2026-11-02"
    )
    assert "03 09:00 gate: gate was not yet, is blocked" in lines
    assert "03 09:00 written: moved back from `Proposal` to `Discovery`" in lines


def test_what_the_crm_refused_is_told_with_its_reason(desk: Any, make: Any) -> None:
    desk.crm.refuse = {"create_task": "no such owner"}
    desk.apply(make.verdict(make.finding()))
    lines = says(told(desk), details=True)
    at = lines.index("02 09:00 written: task added: Fill in pain (refused)")
    assert lines[at + 1 : at + 3] == ["  due 2026-11-04, for ann", "  no such owner"]


def test_a_verdict_leaves_a_row_when_it_changes_and_not_a_copy_per_night(desk: Any, make: Any) -> None:
    score = replace(make.verdict().qualification, band="fair")
    nights = [
        make.verdict(make.finding()),
        make.verdict(make.finding(because="other words")),
        make.verdict(make.finding(), qualification=score),
        make.verdict(make.finding(), playbook="sales@1", qualification=score),
        make.verdict(make.finding(), gate=Gate(GateStatus.NOT_YET, "demo", ("budget", "pain")), qualification=score),
        make.verdict(gate=None, stage="won", qualification=score),
        make.verdict(gate=None, stage="won", qualification=score),
    ]
    for night in nights:
        desk.apply(night)
        desk.later(days=1)
    with desk.ledger.reading() as connection:
        rows = connection.execute(select(tables.verdict).order_by(tables.verdict.c.id)).all()
    assert [(row.run_id, row.status, row.band, row.unmet) for row in rows] == [
        (1, "not_yet", "weak", ["pain"]),
        (3, "not_yet", "fair", ["pain"]),
        (5, "not_yet", "fair", ["budget", "pain"]),
        (6, "", "fair", []),
    ]


def test_taking_a_run_back_takes_its_verdicts_back(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    before = says(told(desk))
    desk.later(days=1).apply(make.verdict(stage="proposal"))
    with desk.ledger.writing() as connection:
        undo(connection, 2)
    kept = [line for line in says(told(desk)) if not line.startswith("03 09:00 written")]
    assert kept == before


@pytest.mark.parametrize(("days", "runs"), [(0, {1, 2}), (1, {2}), (2, set())])
def test_only_what_came_since_a_moment_is_told(desk: Any, make: Any, days: int, runs: set[int]) -> None:
    desk.apply(make.verdict())
    desk.later(days=1).apply(make.verdict(stage="proposal"))
    entries = told(desk).since(NOON + timedelta(days=days)).entries
    assert {entry.run.id for entry in entries if entry.run} == runs
