"""The gate: the furthest stage a deal may stand in, at most one beyond the present (rule 7)."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from engine.judge.query.judgement import Judgement, Judgements
from engine.judge.query.scope import Build
from engine.judge.query.truth import NO
from engine.judge.verdicts import GateStatus
from rules.playbook import Enforce, Kind
from rules.table import UNKNOWN

FAR = 1_000_000


def add_gate(build: Build, judgements: Judgements) -> None:
    """Add `_allowed` (a stage's index; one past the last: won) and `_status`; null for deals that have no gate."""
    deals = build.frame.table
    present, following = deals["_stage"], deals["_next"]
    exits = judgements.blocking(Kind.EXIT_CRITERION)
    entries = judgements.blocking(Kind.ENTRY_CRITERION)
    criteria = {Kind.EXIT_CRITERION, Kind.ENTRY_CRITERION, Kind.OUTCOME_CRITERION}
    others = [each for each in judgements.items if each.enforce.blocks and each.kind not in criteria]
    build.frame.add(
        {
            "_first_open": _first_open(build, exits, present),
            "_stopped": _any_open(deals, [*entries, *others]),
            "_advised": _any_open(deals, [each for each in judgements.items if each.enforce is not Enforce.OBSERVE])
            | (deals["_applies"] == UNKNOWN),
        }
    )
    deals = build.frame.table
    present, following, first = deals["_stage"], deals["_next"], deals["_first_open"]
    stays = (first == present) | deals["_stopped"]
    allowed = ibis.cases((first < present, first), (stays, present), else_=following)
    status = ibis.cases(
        (present.isnull(), ibis.null("string")),
        (first < present, GateStatus.BLOCKED.value),
        (stays, GateStatus.NOT_YET.value),
        (deals["_advised"], GateStatus.ADVISE.value),
        else_=GateStatus.CLEAR.value,
    )
    build.frame.add({"_allowed": ibis.ifelse(present.isnull(), ibis.null("int64"), allowed), "_status": status})


def _first_open(build: Build, exits: list[Judgement], present: ir.IntegerValue) -> ir.IntegerValue:
    """Give the index of the first stage with an open criterion; those of every stage count for the present one."""
    deals = build.frame.table
    stages = [ibis.literal(FAR)]
    for index, stage in enumerate(build.playbook.stages):
        own = [each for each in exits if each.stage == stage.id]
        if own:
            stages.append(ibis.ifelse(_any_open(deals, own), index, FAR))
    general = [each for each in exits if not each.stage]
    if general:
        stages.append(ibis.ifelse(_any_open(deals, general), present, FAR))
    return ibis.least(*stages) if len(stages) > 1 else stages[0]


def _any_open(deals: ir.Table, judgements: list[Judgement]) -> ir.BooleanValue:
    opened = [deals[f"{each.column}.open"] for each in judgements]
    return ibis.or_(*opened) if opened else NO
