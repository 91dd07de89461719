"""Deals that moved through a closed gate since the last check are found and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.judge.crossings import Move
from engine.judge.tables import Tables
from engine.ledger.store import open_ledger
from engine.runs.left_out import moves_of

AT = datetime(2026, 11, 3, 8, 30, tzinfo=UTC)


def test_a_deal_that_moved_past_its_gate_is_named_with_who_moved_it(desk: Any, make: Any) -> None:
    desk.settings = replace(desk.settings, correct_moves=False)
    assert desk.apply(make.verdict(stage="demo")).crossings == ()
    moved = desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal"), moves={"D-1": Move(AT, "Import")})
    (crossing,) = moved.crossings
    who_and_when = "by Import at 2026-11-03 08:30 UTC"
    said = f"deal D-1 (Deal D-1) was moved from `Demo` to `Proposal` {who_and_when}; its gate ends at `Demo`"
    assert crossing.words == said
    assert desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal")).crossings == ()


def test_a_deal_in_a_stage_that_the_crm_was_told_to_refuse_crossed_its_gate(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding(), stage="demo"))
    assert desk.crm.flags["D-1"].blocked_stages == ("Proposal",)
    fixed_since = make.verdict(stage="proposal")
    (found,) = desk.later(days=1).apply(fixed_since).crossings
    assert (found.from_stage, found.to_stage) == ("Demo", "Proposal")


def test_a_store_that_was_lost_makes_no_crossings_of_deals_that_stood_there(
    desk: Any, make: Any, open_desk: Any, tmp_path: Path
) -> None:
    standing = make.blocked(make.finding(), stage="proposal")
    desk.apply(standing)

    def anew(name: str, days: int, *moves: Move) -> Any:
        with open_ledger(tmp_path / name) as ledger:
            again = open_desk(ledger)
            again.crm, again.now = desk.crm, desk.now + timedelta(days=days)
            return again.apply(standing, moves=dict.fromkeys(["D-1"], *moves) if moves else {}).crossings

    assert anew("new.db", 1, Move(desk.now - timedelta(days=9))) == ()
    assert anew("newer.db", 2) == ()
    (found,) = anew("newest.db", 4, Move(desk.now + timedelta(days=3), "Import"))
    assert found.words.startswith("deal D-1 (Deal D-1) was moved to `Proposal` by Import")


def test_evidence_that_decays_where_a_deal_stands_is_no_crossing(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="proposal"))
    assert desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal")).crossings == ()


def test_a_deal_that_goes_back_crosses_nothing(desk: Any, make: Any) -> None:
    desk.apply(make.blocked(make.finding(), stage="proposal", allowed="discovery"))
    back = make.blocked(make.finding(), stage="discovery", allowed="discovery")
    assert desk.later(days=1).apply(back).crossings == ()


def test_the_last_change_of_stage_counts_and_a_known_person_is_named() -> None:
    changes = pa.table(
        {
            "deal_id": ["D1", "D1", "D2", "D2"],
            "changed_at": [AT, AT.replace(hour=9), None, AT],
            "changed_by": ["u1", "u2", "u1", "robot"],
        }
    )
    tables = Tables(
        {
            "deals": pa.table({"id": ["D1", "D2"]}),
            "owners": pa.table({"id": ["u1", "u2"], "name": ["Ann", "Ben"]}),
            "stage_changes": changes,
        }
    )
    assert moves_of(tables) == {"D1": Move(AT.replace(hour=9), "Ben"), "D2": Move(AT, "robot")}
    assert moves_of(Tables({"deals": pa.table({"id": ["D1"]})})) == {}
