"""Deals as the naive reference evaluator judges them, for tests that judge very often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from engine.judge.repair.search import Judge, Sight
from engine.judge.seen import Look, Seen
from engine.judge.tables import Tables
from engine.judge.verdicts import Finding, Gate, GateStatus, ScoreResult, State, Verdict
from engine.judge.waivers import Waiver
from rules.condition import Condition
from rules.playbook import Playbook
from tests.reference.reference import Expected, reference
from tests.reference.reference_clocks import Found
from tests.reference.reference_conditions import holds
from tests.reference.reference_world import Card, Here, World


def judge_with_reference(playbook: Playbook, as_of: datetime, crm: str = "local") -> Judge:
    """Judge the only deal of a batch, row by row; what conditions saw is their state alone."""

    def judge(tables: Tables, waivers: Sequence[Waiver]) -> Sight:
        (expected,) = reference(playbook, tables, as_of, crm, waivers)
        here = here_of(playbook, tables, as_of, crm, expected)
        return Sight(_verdict(expected, playbook, as_of), lambda _: _look(here), _look(here))

    return judge


def here_of(playbook: Playbook, tables: Tables, as_of: datetime, crm: str, expected: Expected) -> Here:
    world = World.of(playbook, tables, as_of, crm, ())
    here = Here(world, world.rows["deals"][0], as_of, segment=expected.segment)
    return replace(here, cards=expected.cards, flags=expected.flags)


def _look(here: Here) -> Look:
    def look(node: Condition) -> Seen:
        return Seen(holds(node, here))

    return look


def _verdict(expected: Expected, playbook: Playbook, as_of: datetime) -> Verdict:
    gate = expected.gate
    return Verdict(
        deal_id=expected.deal_id,
        name=expected.deal_id,
        owner="",
        owner_id=None,
        stage=expected.stage or "",
        crm_stage=None,
        outcome="open",
        segment=expected.segment,
        gate=Gate(GateStatus(gate[0]), gate[1], gate[2]) if gate else None,
        qualification=_score(expected.cards.get("qualification")),
        ideal_client=_score(expected.cards.get("ideal_client")),
        findings=tuple(_finding(each, expected.deal_id) for each in expected.findings),
        playbook=playbook.name,
        as_of=as_of,
    )


def _score(card: Card | None) -> ScoreResult | None:
    points = {name: number for name, (number, _) in card.dimensions.items()} if card else {}
    return ScoreResult(card.points, 0, card.band, points) if card else None


def _finding(found: Found, deal_id: str) -> Finding:
    return Finding(
        key=":".join(filter(None, (deal_id, found.criterion, found.person))),
        deal_id=deal_id,
        kind=found.kind,
        criterion=found.criterion,
        state=State(found.state),
        enforce=found.enforce,
        says="",
        because="",
        do="",
        waiver="waived" if found.waived else "",
        person_id=found.person,
    )
