"""What planning needs of the playbooks and of the run: stage names, calendars, limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.judge.calendar import BusinessCalendar
from rules.playbook import Calendar, Playbook

MOVES_PER_DAY = 2
NO_PLAYBOOK = ""
"""What a verdict names as its playbook where none applies to the deal any more: its flags and tasks are cleared."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One playbook in the words of one CRM: the CRM's names of stages and outcomes, stage ids in order, calendar."""

    names: Mapping[str, str]
    order: tuple[str, ...]
    calendar: BusinessCalendar

    def name(self, stage: str) -> str:
        """Give the CRM's name of a stage or outcome; its id where the CRM has no other."""
        return self.names.get(stage, stage)

    def stage(self, name: str) -> str:
        """Give the id of the stage that the CRM calls so; "" where none is."""
        return next((stage for stage in self.order if self.names[stage] == name), "")


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
    )
