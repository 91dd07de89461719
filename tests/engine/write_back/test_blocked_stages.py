"""What a CRM that refuses moves by itself is told: the stages a deal may not move to now."""

from __future__ import annotations

from engine.judge.calendar import BusinessCalendar
from engine.judge.plan_flags import blocked_stages
from engine.judge.plan_settings import Terms, plan_settings
from engine.judge.verdicts import Gate, GateStatus
from rules.load import load_playbook
from rules.playbook import Calendar

PLAYBOOK = """
playbook: gates
version: 1
title: Gates
fields: {pain: {type: text}}
stages:
  - {id: a, title: A, exit_criteria: [{id: pain-a, says: P, require: {filled: [pain]}, enforce: hard}]}
  - {id: b, title: B, crm: {local: Second}}
  - {id: c, title: C, exit_criteria: [{id: pain-c, says: P, require: {filled: [pain]}}]}
  - {id: d, title: D, entry_criteria: [{id: pain-d, says: P, require: {filled: [pain]}, enforce: soft}]}
  - {id: e, title: E, optional: true, exit_criteria: [{id: pain-e, says: P, require: {filled: [pain]}, enforce: hard}]}
  - {id: f, title: F, exit_criteria: [{id: pain-f, says: P, require: {filled: [pain]}, enforce: hard}]}
outcomes: {won: {crm: {local: Sold}}, lost: {}}
"""


def terms(extra: str = "") -> Terms:
    playbook, problems = load_playbook(PLAYBOOK + extra, "gates.yaml")
    assert playbook is not None, problems
    return plan_settings([playbook], "local").terms["gates@1"]


def blocked(status: GateStatus, allowed: str, extra: str = "") -> tuple[str, ...]:
    return blocked_stages(Gate(status, allowed), terms(extra))


def test_a_deal_that_may_not_advance_is_kept_from_every_later_stage_and_from_winning() -> None:
    assert blocked(GateStatus.NOT_YET, "a") == ("b", "c", "d", "e", "f", "won")
    assert blocked(GateStatus.BLOCKED, "c") == ("d", "e", "f", "won")


def test_a_deal_that_may_advance_may_pass_stages_that_have_no_gate_of_their_own() -> None:
    assert blocked(GateStatus.CLEAR, "b") == ("d", "e", "f", "won")
    assert blocked(GateStatus.ADVISE, "c") == ("d", "e", "f", "won")


def test_an_optional_stage_may_be_passed_over() -> None:
    assert blocked(GateStatus.CLEAR, "d") == ("won",)


def test_a_stage_with_a_gate_is_not_passed_unjudged() -> None:
    assert blocked(GateStatus.CLEAR, "f") == ("won",)


def test_where_skipping_blocks_no_stage_is_skipped() -> None:
    assert blocked(GateStatus.CLEAR, "b", "moves: {skip: hard}\n") == ("c", "d", "e", "f", "won")


def test_a_deal_that_may_be_won_is_kept_from_nothing() -> None:
    assert blocked(GateStatus.CLEAR, "won") == ()


def test_without_stages_nothing_is_blocked() -> None:
    assert blocked_stages(Gate(GateStatus.CLEAR, "a"), Terms({}, (), BusinessCalendar(Calendar()))) == ()
