"""What of a playbook HubSpot can enforce by itself: rules of its pipeline for moves, gate properties for all else.

A rule refuses a move at once. A gate property holds what the last check found, so that it cannot be opened by filling
in what is missing before the next one. HubSpot's rules know no time, no waivers and no other playbook: what they would
enforce otherwise than the playbook says is left to Dealgate, and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.hubspot.facts import AccountFacts, StageFacts
from connectors.hubspot.gates import Gates, gate_name, gates_among
from connectors.hubspot.install.fitting import CRM, misfit, pipelines_of, stage_ids
from connectors.protocol import Difference
from rules.playbook import (
    Clock,
    CloseDateClock,
    Enforce,
    NextStepClock,
    Playbook,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)
from rules.policies import CLOSED

SKIP, BACK = "noSkippingStagesRule", "noBackwardsMovementRule"
CORRECTED = "moves past it are undone where `correct_moves` is on"
CLOCKS: dict[type[Clock], str] = {
    ProposalClock: "proposal_follow_up",
    NextStepClock: "next_step",
    StageAgeClock: "stage_age",
    CloseDateClock: "close_date",
}


@dataclass(frozen=True, slots=True)
class PipelineRule:
    """One rule of a pipeline: `kind` is HubSpot's name of it, `stages` those that may not be skipped, or left back."""

    pipeline: str
    label: str
    kind: str
    stages: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say what it refuses."""
        asks = "skipping stages" if self.kind == SKIP else "moving back"
        return f"{asks} in the pipeline `{self.label}`"


@dataclass(frozen=True)
class PlaybookGates:
    """What HubSpot enforces of a playbook, and what is `left` to Dealgate, with why.

    `gates` are the stages with a gate property, `held` the ids of what these hold back, `why_no_gates` why there are
    none.
    """

    rules: tuple[PipelineRule, ...]
    gates: tuple[StageFacts, ...]
    held: tuple[str, ...]
    why_no_gates: str
    left: tuple[Difference, ...]


def gates_of(playbooks: Sequence[Playbook], facts: AccountFacts) -> dict[str, PlaybookGates]:
    """Decide for every playbook, by its name."""
    return {each.name: _of(each, misfit(each, playbooks, facts), facts) for each in playbooks}


def gates_held(made: Mapping[str, PlaybookGates], properties: Iterable[str]) -> Gates:
    """Give the gate properties among those of deals, each with the stage it holds back for these playbooks."""
    stages = {gate_name(stage.id): stage.id for each in made.values() for stage in each.gates}
    return Gates({name: stages.get(name, "") for name in gates_among(properties)})


def _of(playbook: Playbook, wrong: str, facts: AccountFacts) -> PlaybookGates:
    rules = () if wrong else tuple(_rules(playbook, facts))
    gates = () if wrong else tuple(_gated(playbook, facts))
    why = wrong or _why_no_gates(playbook, gates)
    held = tuple(_blocking(playbook))
    left = [*_moves_left(playbook, wrong), *(_left(playbook, each, why) for each in held), *_approvals(playbook)]
    return PlaybookGates(rules, () if why else gates, () if why else held, why, tuple(left))


def _rules(playbook: Playbook, facts: AccountFacts) -> Iterator[PipelineRule]:
    """Say which stages a deal may not pass over, or go back from; the first and the last cannot be passed over."""
    (pipeline,), ids = pipelines_of(playbook, facts), stage_ids(playbook)
    between = [id_ for id_, stage in zip(ids, playbook.stages, strict=True) if not stage.optional and id_ != ids[0]]
    if _blocks(playbook.moves.skip) and (passed := tuple(each for each in between if each != ids[-1])):
        yield PipelineRule(pipeline.id, pipeline.label, SKIP, passed)
    if _blocks(playbook.moves.back) and ids[1:]:
        yield PipelineRule(pipeline.id, pipeline.label, BACK, tuple(ids[1:]))


def _gated(playbook: Playbook, facts: AccountFacts) -> Iterator[StageFacts]:
    """Give the stages that can be closed: all but the first, and those a deal is won in."""
    (pipeline,) = pipelines_of(playbook, facts)
    won = {each.crm.get(CRM, each.id) for each in playbook.outcomes if each.counts_as == "won"}
    can_be_closed = {*stage_ids(playbook)[1:], *won}
    return (stage for stage in pipeline.stages if stage.id in can_be_closed)


def _why_no_gates(playbook: Playbook, gates: Sequence[StageFacts]) -> str:
    """Say why gate properties would not do as the playbook says; "": they would."""
    if playbook.gates.when_stale != CLOSED:
        return "a rule of HubSpot's cannot tell when sweeps have stopped, and `when_stale` is `open`"
    names = [gate_name(stage.id) for stage in gates]
    twice = next((name for name in names if names.count(name) > 1), "")
    return f"two of its stages would share the property `{twice}`" if twice else ""


def _moves_left(playbook: Playbook, wrong: str) -> Iterator[Difference]:
    for name, enforce in (("skip", playbook.moves.skip), ("back", playbook.moves.back)):
        if wrong and _blocks(enforce):
            yield Difference(f"{playbook.id}: moves.{name}", f"{wrong}, and a rule binds all of them", CORRECTED)


def _left(playbook: Playbook, what: str, why: str) -> Difference:
    wrong = "HubSpot judges nothing but whether a property is filled in"
    if why:
        return Difference(f"{playbook.id}: {what}", f"{wrong}; no gate properties hold it: {why}", CORRECTED)
    help_ = f"the gate properties hold what the last check found; {CORRECTED}"
    return Difference(f"{playbook.id}: {what}", wrong, help_)


def _approvals(playbook: Playbook) -> Iterator[Difference]:
    if playbook.waivers.approvers:
        wrong = "an approval of HubSpot's has no reason and no end, and opens no gate"
        yield Difference(f"{playbook.id}: waivers.approvers", wrong, "approvers grant waivers: `dealgate waive`")


def _blocking(playbook: Playbook) -> Iterator[str]:
    """Name what closes gates: criteria of stages, clocks and rules."""
    staged = (each for stage in playbook.stages for each in (*stage.entry_criteria, *stage.exit_criteria))
    yield from (each.id for each in (*playbook.every_stage, *staged) if each.enforce.blocks)
    yield from (_clock_name(each) for each in playbook.clocks if each.enforce.blocks)
    yield from (each.id for each in playbook.rules if each.enforce.blocks)


def _clock_name(clock: Clock) -> str:
    match clock:
        case ProgressClock(id=name):
            return name
        case SilenceClock(kind=kind):
            return kind.value
        case _:
            return CLOCKS[type(clock)]


def _blocks(enforce: Enforce | None) -> bool:
    return enforce is not None and enforce.blocks
