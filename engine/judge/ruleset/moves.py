"""Moves and rules by rules: a stage that was skipped, a deal that went back or was won too early, and layered rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.judge.query.judgement import Judgement
from engine.judge.ruleset.answer import Answer, state_of
from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.clocks import STANDS
from engine.judge.ruleset.wording import is_so, number, number_of, word
from rules.condition import AllOf, AnyOf, Condition, Operator
from rules.playbook import Kind, Playbook, Rule
from rules.table import MET, UNKNOWN, UNMET

UNTOLD = "applies_to"


def put_move(answer: Answer, asking: Asking, judgement: Judgement, playbook: Playbook) -> None:
    """Judge the latest move: a stage that may not be skipped was, or the deal went back."""
    arrived = number("place", "move_to", Operator.EQUALS, number_of("place", "stage"))
    back = number("place", "move_to", Operator.BELOW, number_of("place", "move_from"))
    happened = _skipped(playbook) if judgement.id == "moves.skip" else back
    found = asking.truths(AllOf((arrived, happened)), answer.deals)
    places = [sight.rows["place"] for sight in answer.deals]
    extras = {"since": [each["move_at"] for each in places], "from": [each["move_from"] for each in places]}
    answer.put(judgement, [UNMET if each else None for each in found], **extras)


def put_won_too_early(
    answer: Answer, asking: Asking, judgement: Judgement, playbook: Playbook, *, history: bool
) -> None:
    """Judge a deal won lately: with an exit criterion open, or from a stage before the one it may be won from."""
    required = {stage.id for stage in playbook.stages if not stage.optional}
    exits = [
        each
        for each in answer.settled
        if each.kind is Kind.EXIT_CRITERION and each.enforce.blocks and each.stage in required
    ]
    facts = [{"early": any(answer.is_open(each, row) for each in exits)} for row in range(len(answer.deals))]
    sights = [sight.at("gate", each) for sight, each in zip(answer.deals, facts, strict=True)]
    early: Condition = is_so("gate", "early")
    if history:
        early = AnyOf((early, *_won_before(playbook)))
    found = asking.truths(AllOf((is_so("place", "won"), early)), sights)
    places = [sight.rows["place"] for sight in answer.deals]
    extras: Mapping[str, Sequence[object]] = {
        "since": [each["last_at"] if history else None for each in places],
        "from": [each["last_from"] if history else None for each in places],
    }
    answer.put(judgement, [UNMET if each else None for each in found], **extras)


def put_rules(answer: Answer, asking: Asking, judgements: Sequence[Judgement], untold: Judgement) -> None:
    """Judge rules layer by layer; each sees what everything before its layer found."""
    waiting = [(each, each.source) for each in judgements if isinstance(each.source, Rule)]
    answer.columns[f"{untold.column}.open"] = [state == UNKNOWN for state in answer.columns["_applies"]]
    answer.columns[untold.column] = answer.columns["_applies"]
    for layer in sorted({rule.layer for _, rule in waiting}):
        for row, sight in enumerate(answer.deals):
            seen = replace(answer, settled=[untold, *answer.settled])
            sight.found.flags, sight.found.findings = answer.flags(row), list(seen.findings(row))
        found = [(each, _rule(asking, rule, answer)) for each, rule in waiting if rule.layer == layer]
        for each, states in found:
            answer.put(each, states)


def _rule(asking: Asking, rule: Rule, answer: Answer) -> list[int | None]:
    fires = asking.truths(AllOf((STANDS, rule.when)), answer.deals)
    if rule.require is None:
        return [UNMET if each else None for each in fires]
    states = [state_of(each) for each in asking.truths(rule.require, answer.deals)]
    return [state if each and state != MET else None for each, state in zip(fires, states, strict=True)]


def _skipped(playbook: Playbook) -> Condition:
    between = [
        AllOf(
            (
                number("place", "move_from", Operator.BELOW, index),
                number("place", "move_to", Operator.ABOVE, index),
            )
        )
        for index, stage in enumerate(playbook.stages)
        if not stage.optional
    ]
    return AnyOf(tuple(between))


def _won_before(playbook: Playbook) -> list[Condition]:
    ids = [stage.id for stage in playbook.stages]
    return [
        AllOf(
            (
                word("place", "outcome", outcome.id),
                number("place", "last_from", Operator.BELOW, ids.index(outcome.from_stage)),
            )
        )
        for outcome in playbook.outcomes
        if outcome.counts_as == "won" and outcome.from_stage
    ]
