"""What planning needs of the playbooks and of the run: stage names, calendars, limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.judge.calendar import BusinessCalendar
from rules.playbook import Calendar, Criterion, Playbook, Stage

MOVES_PER_DAY = 2
NO_PLAYBOOK = ""
"""What a verdict names as its playbook where none applies to the deal any more: its flags and tasks are cleared."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One playbook in the words of one CRM: the CRM's names of stages and outcomes, stage ids in order, calendar.

    `won` are the outcomes that count as won; `gated_exits` and `gated_entries` the stages that something blocks to
    leave, or to enter.
    """

    names: Mapping[str, str]
    order: tuple[str, ...]
    calendar: BusinessCalendar
    won: tuple[str, ...] = ()
    gated_exits: frozenset[str] = frozenset()
    gated_entries: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)

    def name(self, stage: str) -> str:
        """Give the CRM's name of a stage or outcome; its id where the CRM has no other."""
        return self.names.get(stage, stage)

    def stage(self, name: str) -> str:
        """Give the id of the stage that the CRM calls so; "" where none is."""
        return next((stage for stage in self.order if self.names[stage] == name), "")

    def shown(self, name: str) -> str:
        """Say the CRM's name of a stage as people read it: its title, and the name itself where no playbook has one."""
        return self.titles.get(self.stage(name)) or name


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How a run plans: the terms by playbook name, whether it may undo moves and how often, and raised limits."""

    terms: Mapping[str, Terms]
    correct_moves: bool = False
    moves_per_day: int = MOVES_PER_DAY
    limits: Mapping[str, float] = field(default_factory=dict)

    def of(self, playbook: str) -> Terms:
        """Give the terms of a playbook by its name."""
        return Terms({}, (), BusinessCalendar(Calendar())) if playbook == NO_PLAYBOOK else self.terms[playbook]


def plan_settings(
    playbooks: Iterable[Playbook],
    crm: str,
    *,
    correct_moves: bool = False,
    moves_per_day: int = MOVES_PER_DAY,
    limits: Mapping[str, float] | None = None,
) -> PlanSettings:
    """Gather the settings of a run of these playbooks in one CRM (`local`, `salesforce`, ...)."""
    terms = {playbook.name: _terms(playbook, crm) for playbook in playbooks}
    return PlanSettings(terms, correct_moves, moves_per_day, limits or {})


def _terms(playbook: Playbook, crm: str) -> Terms:
    stages = {stage.id: stage.crm.get(crm, stage.id) for stage in playbook.stages}
    outcomes = {outcome.id: outcome.crm.get(crm, outcome.id) for outcome in playbook.outcomes}
    return Terms(
        names=stages | outcomes,
        order=tuple(stage.id for stage in playbook.stages),
        calendar=BusinessCalendar(playbook.calendar),
        won=tuple(each.id for each in playbook.outcomes if each.counts_as == "won"),
        gated_exits=frozenset(each.id for each in playbook.stages if _has_gated_exit(each, playbook)),
        gated_entries=frozenset(stage.id for stage in playbook.stages if _blocks(stage.entry_criteria)),
        titles={stage.id: stage.title for stage in playbook.stages},
    )


def _has_gated_exit(stage: Stage, playbook: Playbook) -> bool:
    """Whether a deal must be judged in this stage before it goes on; an optional stage may be passed over."""
    skip = playbook.moves.skip
    return not stage.optional and (_blocks(stage.exit_criteria) or (skip is not None and skip.blocks))


def _blocks(criteria: Iterable[Criterion]) -> bool:
    return any(each.enforce.blocks for each in criteria)
