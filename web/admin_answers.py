"""What whoever looks after the service is answered: plain values, whose types make the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.ledger.standing import DUE_STATES, DueStanding, SweepStanding
from engine.runs.loaded import Loaded


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request, or with us."""

    problem: str


@dataclass(frozen=True, slots=True)
class SweepAnswer:
    """A sweep as it stands; `judged` is how much of it, from 0 to 1."""

    slot: str
    state: str
    judged: float
    deals: int
    parts: Mapping[str, int]
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class CrmAnswer:
    """How work on one CRM stands: deals to look at and changes not settled, each by state, and its sweeps."""

    crm: str
    due: Mapping[str, int]
    oldest_due_at: datetime | None
    outbox: Mapping[str, int]
    sweep: SweepAnswer | None
    last_done_sweep: SweepAnswer | None


@dataclass(frozen=True, slots=True)
class PlaybooksAnswer:
    """Which playbooks judge and since when, and why newer files could not be loaded, if they could not."""

    playbooks: Sequence[str]
    since: datetime
    problem: str
    problem_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """How the service stands."""

    version: str
    up_since: datetime
    playbooks: PlaybooksAnswer
    crms: Sequence[CrmAnswer]


@dataclass(frozen=True, slots=True)
class SetAsideAnswer:
    """A deal that is no longer tried, and why."""

    crm: str
    deal: str
    attempts: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RetriedAnswer:
    """A deal that is tried once more."""

    crm: str
    deal: str


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """A sweep that was asked for."""

    crm: str
    slot: str


def crm_answer(
    crm: str,
    due: DueStanding,
    outbox: Mapping[str, int],
    latest: SweepStanding | None,
    last_done: SweepStanding | None,
) -> CrmAnswer:
    """Tell of one CRM; `sweep` is the one that goes on, or that ended otherwise than by being done."""
    unsettled = latest if latest is not None and (latest.live or latest.failed) else None
    counts = {state.replace(" ", "_"): due.by_state.get(state, 0) for state in DUE_STATES}
    settled = {state.replace(" ", "_"): many for state, many in outbox.items()}
    return CrmAnswer(crm, counts, due.oldest, settled, sweep_answer(unsettled), sweep_answer(last_done))


def sweep_answer(found: SweepStanding | None) -> SweepAnswer | None:
    """Tell of a sweep."""
    if found is None:
        return None
    return SweepAnswer(
        found.slot,
        found.state,
        round(found.judged, 4),
        sum(found.deals.values()),
        found.parts,
        found.due_at,
        found.started_at,
        found.finished_at,
        found.run_id,
        found.reason,
    )


def playbooks_answer(loaded: Loaded) -> PlaybooksAnswer:
    """Tell which playbooks judge."""
    return PlaybooksAnswer(loaded.playbooks, loaded.since, loaded.problem, loaded.problem_at)
