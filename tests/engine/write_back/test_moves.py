"""Moves through a closed gate are undone, and nothing else is moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any


def test_a_move_through_a_closed_gate_is_undone_with_a_note(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="demo"))
    desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal"))
    assert desk.crm.stages == {"D-1": "Demo"}
    first, *rest = desk.crm.notes[0].splitlines()
    assert first == "Moved back from Proposal to Demo: this is still missing, then it may move on."
    assert rest == ["- pain is written down: fill in pain"]


def test_a_deal_that_stood_beyond_its_gate_goes_back_to_the_gate(desk: Any, make: Any) -> None:
    desk.apply(make.blocked(make.finding(), stage="demo", allowed="discovery"))
    desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal", allowed="discovery"))
    assert desk.crm.stages == {"D-1": "Discovery"}


def test_evidence_that_decays_where_a_deal_stands_moves_nothing(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="proposal"))
    desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal"))
    assert desk.crm.stages == {}
    assert desk.crm.flags["D-1"].status == "blocked"


def test_a_deal_never_seen_before_is_not_moved(desk: Any, make: Any) -> None:
    desk.apply(make.blocked(make.finding(), stage="proposal"))
    assert desk.crm.stages == {}


def test_going_back_is_not_undone(desk: Any, make: Any) -> None:
    desk.apply(make.blocked(make.finding(), stage="proposal", allowed="discovery"))
    desk.later(days=1).apply(make.blocked(make.finding(), stage="demo", allowed="discovery"))
    assert desk.crm.stages == {}


def test_moves_are_undone_only_where_the_run_opts_in(desk: Any, make: Any) -> None:
    desk.settings = replace(desk.settings, correct_moves=False)
    desk.apply(make.verdict(stage="demo"))
    desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal"))
    assert desk.crm.stages == {}


def test_after_two_moves_a_day_a_deal_stays_where_it_was_put(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="demo"))
    for _ in range(4):
        desk.later(hours=1).apply(make.blocked(make.finding(), stage="proposal"))
    assert len(desk.crm.notes) == 2
    desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal"))
    assert len(desk.crm.notes) == 2


def test_a_refused_move_is_not_tried_again_where_the_deal_stays(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="demo"))
    desk.crm.refuse = {"move_stage": "no permission"}
    assert desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal")).outcomes["refused"] == 1
    assert desk.later(days=1).apply(make.blocked(make.finding(), stage="proposal")).outcomes == {}


def test_a_move_in_doubt_that_did_not_arrive_is_judged_again_not_resent(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(stage="demo"))
    desk.crm.fault = lambda changes: "half" if any(each.to_stage for each in changes) else ""
    moved = make.blocked(make.finding(task=None), stage="proposal")
    desk.later(days=1).apply(moved)
    sent = sum(bool(each.to_stage) for call in desk.crm.calls for each in call)
    assert (sent, desk.crm.stages) == (1, {})
    desk.crm.fault = lambda _changes: ""
    desk.later(hours=1).apply(moved)
    assert desk.crm.stages == {"D-1": "Demo"}
