"""Which criteria are asked of which deals (rules 4 and 7), and the built-in findings about moves and endings."""

from __future__ import annotations

from collections.abc import Iterator

import ibis
from ibis.expr import types as ir

from engine.judge.query.criteria import Applies, Asked
from engine.judge.query.judgement import Judgement, Judgements
from engine.judge.query.scope import NOW, Build
from engine.judge.query.truth import NO, surely
from rules.playbook import Enforce, Kind, Playbook, Stage
from rules.table import UNMET

OUTCOME_HOURS = 30 * 24
NOTHING = ibis.null("int8")


def asked_criteria(playbook: Playbook) -> Iterator[Asked]:
    """Yield every criterion of a playbook with the deals it applies to."""
    for criterion in playbook.every_stage:
        yield Asked(criterion, Kind.EXIT_CRITERION, "", lambda deals: deals["_stage"].notnull())
    for index, stage in enumerate(playbook.stages):
        for criterion in stage.entry_criteria:
            yield Asked(criterion, Kind.ENTRY_CRITERION, stage.id, _enters(index))
        for criterion in stage.exit_criteria:
            yield Asked(criterion, Kind.EXIT_CRITERION, stage.id, _reached(stage, index))
    for outcome in playbook.outcomes:
        for criterion in outcome.criteria:
            yield Asked(criterion, Kind.OUTCOME_CRITERION, "", _ended(outcome.id))


def add_position_facts(build: Build) -> None:
    """Add the next stage that is not optional, and whether the deal was won lately."""
    deals, stages = build.frame.table, build.playbook.stages
    following = [
        next((number for number in range(index + 1, len(stages)) if not stages[number].optional), len(stages))
        for index in range(len(stages))
    ]
    won = [outcome.id for outcome in build.playbook.outcomes if outcome.counts_as == "won"] + ["won"]
    build.frame.add(
        {
            "_next": ibis.cases(
                *((deals["_stage"] == index, number) for index, number in enumerate(following)),
                else_=ibis.null("int64"),
            ),
            "_ended": surely(_lately(deals)),
            "_won": surely(deals["_outcome"].isin(sorted(set(won))) & _lately(deals)),
        }
    )


def add_moves(build: Build, judgements: Judgements) -> None:
    """Judge the latest move: a stage that may not be skipped was, or the deal went back."""
    moves = build.playbook.moves
    for name, enforce in (("skip", moves.skip), ("back", moves.back)):
        if enforce is None:
            continue
        if not build.delivers("stage_changes"):
            judgements.unjudged[f"moves.{name}"] = ("stage_changes",)
            continue
        deals, column = build.frame.table, build.name("move")
        arrived = surely(deals["_move_to"] == deals["_stage"])
        happened = _skipped(build) if name == "skip" else surely(deals["_move_to"] < deals["_move_from"])
        state = ibis.ifelse(arrived & happened, ibis.literal(UNMET, "int8"), NOTHING)
        judgement = Judgement(f"moves.{name}", Kind.BYPASS, column, enforce, extras=("since", "from", "open"))
        columns = {column: state, f"{column}.since": deals["_move_at"], f"{column}.from": deals["_move_from"]}
        judgements.add(judgement, columns)
    judgements.settle(build)


def add_won_too_early(build: Build, judgements: Judgements) -> None:
    """Judge a deal won lately: with an exit criterion open, or from a stage before the one it may be won from."""
    deals, playbook = build.frame.table, build.playbook
    required = {stage.id for stage in playbook.stages if not stage.optional}
    opened = [
        deals[f"{each.column}.open"] for each in judgements.blocking(Kind.EXIT_CRITERION) if each.stage in required
    ]
    early = ibis.or_(*opened) if opened else NO
    ids = [stage.id for stage in playbook.stages]
    for outcome in playbook.outcomes:
        if outcome.counts_as == "won" and outcome.from_stage and build.delivers("stage_changes"):
            before = surely(deals["_last_from"] < ids.index(outcome.from_stage))
            early = early | ((deals["_outcome"] == outcome.id) & before)
    column = build.name("bypass")
    state = ibis.ifelse(deals["_won"] & early, ibis.literal(UNMET, "int8"), NOTHING)
    judgement = Judgement("won_too_early", Kind.BYPASS, column, Enforce.ADVISE, extras=("since", "from", "open"))
    since = deals["_last_at"] if build.delivers("stage_changes") else ibis.null("timestamp('UTC')")
    origin = deals["_last_from"] if build.delivers("stage_changes") else ibis.null("int64")
    judgements.add(judgement, {column: state, f"{column}.since": since, f"{column}.from": origin})
    judgements.settle(build)


def _enters(index: int) -> Applies:
    return lambda deals: surely(deals["_next"] == index)


def _reached(stage: Stage, index: int) -> Applies:
    def applies(deals: ir.Table) -> ir.BooleanValue:
        if stage.optional:
            passed = (deals["_stage"] > index) & deals[f"_visited.{stage.id}"]
            return surely((deals["_stage"] == index) | passed)
        return surely(deals["_stage"] >= index) | deals["_won"]

    return applies


def _ended(outcome: str) -> Applies:
    return lambda deals: surely(deals["_outcome"] == outcome) & deals["_ended"]


def _lately(deals: ir.Table) -> ir.BooleanValue:
    now = deals[NOW.column("now")]
    return (deals.closed_at <= now) & (deals.closed_at >= now - ibis.interval(hours=OUTCOME_HOURS))


def _skipped(build: Build) -> ir.BooleanValue:
    deals, stages = build.frame.table, build.playbook.stages
    between = [
        surely((deals["_move_from"] < index) & (deals["_move_to"] > index))
        for index, stage in enumerate(stages)
        if not stage.optional
    ]
    return ibis.or_(*between) if between else NO
