"""The plan: a pure function of verdicts, the CRM's present state and what was seen before.

The same input gives the same bytes, in whatever order the verdicts come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from engine.judge.change_json import change_to_json, checksum_line, keyed
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, WriteBackState
from engine.judge.crossings import Crossing, Move, crossing, crossing_to_json
from engine.judge.memory import Memory
from engine.judge.plan_flags import flags_for, must_write
from engine.judge.plan_moves import corrective_move
from engine.judge.plan_settings import PlanSettings, Terms
from engine.judge.plan_tasks import PREFIX, counts, due_of, one_line, task_changes, wanted_tasks
from engine.judge.surprise import Totals, refusals
from engine.judge.verdicts import GateStatus, Verdict

NOBODY: Mapping[str, str] = MappingProxyType({})
UNMOVED: Mapping[str, Move] = MappingProxyType({})
ORDER = {kind: place for place, kind in enumerate(ChangeKind)}


@dataclass(frozen=True, slots=True)
class Planned:
    """One change beside what stands in the CRM now, so that it can be shown as a difference."""

    change: Change
    deal_name: str
    flags: Flags | None = None
    task: CrmTask | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes of a run, sorted by deal; `refusals` say which surprise guards it exceeds.

    `lines` are what its checksum is taken of: what is written, in order, not when it was judged. `crossings` are deals
    that moved through a closed gate since the last check.
    """

    as_of: datetime
    entries: tuple[Planned, ...]
    totals: Totals
    lines: bytes
    refusals: tuple[str, ...] = ()
    crossings: tuple[Crossing, ...] = ()

    @property
    def checksum(self) -> str:
        """The SHA-256 of what is written."""
        return sha256(self.lines).hexdigest()

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes alone."""
        return tuple(entry.change for entry in self.entries)

    def to_json(self) -> dict[str, Any]:
        """Lay the plan out as JSON values."""
        return {
            "as_of": self.as_of.isoformat(),
            "checksum": self.checksum,
            "changes": [change_to_json(change) for change in self.changes],
            "summary": self.totals.to_json(),
            "refusals": list(self.refusals),
            "crossings": [crossing_to_json(each) for each in self.crossings],
        }


class RunTotals:
    """Adds up the plans of a run, batch by batch, and judges the whole: its counts, checksum and refusals."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._hash = sha256()

    def add(self, plan: Plan) -> None:
        """Count one more batch; batches come in the order of their deals' ids."""
        self.count(plan.totals, plan.lines)

    def count(self, totals: Totals, lines: bytes) -> None:
        """Count a batch that was planned elsewhere, by its counts and the lines of its plan."""
        self.totals += totals
        self._hash.update(lines)

    @property
    def checksum(self) -> str:
        """The checksum of all changes so far: the same however they were cut into batches."""
        return self._hash.hexdigest()

    def refusals(self, limits: Mapping[str, float]) -> tuple[str, ...]:
        """Say which surprise guards the whole run exceeds."""
        return refusals(self.totals, limits)


def plan(
    verdicts: Iterable[Verdict],
    state: WriteBackState,
    memory: Memory,
    settings: PlanSettings,
    as_of: datetime,
    *,
    managers: Mapping[str, str] = NOBODY,
    unjudged: Collection[str] = (),
    moves: Mapping[str, Move] = UNMOVED,
) -> Plan:
    """Plan the writes that bring the CRM from its present state to what the verdicts say.

    `managers` gives each owner's manager, `unjudged` the criteria that could not be judged this time, `moves` each
    deal's last change of stage.
    """
    ordered = sorted(verdicts, key=lambda verdict: verdict.deal_id)
    known = _Known(state, _by_deal(state.tasks.values()), memory, managers, unjudged)
    entries = tuple(entry for verdict in ordered for entry in _entries(verdict, known, settings, as_of))
    totals = _totals(ordered, entries, known)
    lines = b"".join(checksum_line(entry.change) for entry in entries)
    return Plan(
        as_of, entries, totals, lines, refusals(totals, settings.limits), _crossings(ordered, known, settings, moves)
    )


def merge(plans: Iterable[Plan], settings: PlanSettings, as_of: datetime) -> Plan:
    """Put the plans of a run's batches together and judge the whole."""
    made = list(plans)
    entries = tuple(entry for each in made for entry in each.entries)
    totals = sum((each.totals for each in made), Totals())
    lines = b"".join(each.lines for each in made)
    crossings = tuple(crossing for each in made for crossing in each.crossings)
    return Plan(as_of, entries, totals, lines, refusals(totals, settings.limits), crossings)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a plan is made against: the CRM's present state, its tasks by deal, what was seen and written before."""

    state: WriteBackState
    tasks: Mapping[str, Sequence[CrmTask]]
    memory: Memory
    managers: Mapping[str, str]
    unjudged: Collection[str]

    def flags(self, verdict: Verdict) -> Flags | None:
        return self.state.flags.get(verdict.deal_id)


def _entries(verdict: Verdict, known: _Known, settings: PlanSettings, as_of: datetime) -> Iterator[Planned]:
    for change in sorted(_changes(verdict, known, settings, as_of), key=_place):
        flags = known.flags(verdict) if change.flags else None
        task = known.state.tasks.get(change.task.key) if change.task else None
        yield Planned(keyed(change, as_of), one_line(verdict.name), flags, task)


def _changes(verdict: Verdict, known: _Known, settings: PlanSettings, as_of: datetime) -> Iterator[Change]:
    terms, memory, deal = settings.of(verdict.playbook), known.memory, verdict.deal_id
    flags = flags_for(verdict, terms, _deadlines(verdict, terms, memory, as_of), as_of)
    if must_write(flags, known.flags(verdict)):
        yield Change("", ChangeKind.SET_FLAGS, deal, flags=flags)
    present = known.tasks.get(deal, ())
    wanted = wanted_tasks(verdict, terms, memory, known.managers, as_of, present=present)
    yield from task_changes(deal, wanted, present, memory, known.unjudged)
    move = corrective_move(verdict, terms, memory, settings)
    if move is not None:
        yield move


def _crossings(
    verdicts: Iterable[Verdict], known: _Known, settings: PlanSettings, moves: Mapping[str, Move]
) -> tuple[Crossing, ...]:
    found = (
        crossing(verdict, settings.of(verdict.playbook), known.memory, known.flags(verdict), moves)
        for verdict in verdicts
    )
    return tuple(each for each in found if each is not None)


def _deadlines(verdict: Verdict, terms: Terms, memory: Memory, as_of: datetime) -> Iterator[date]:
    for finding in verdict.findings:
        opened = memory.opened.get((finding.key, finding.occurrence), as_of)
        due = due_of(finding, terms, opened)
        if counts(finding) and due is not None:
            yield due


def _place(change: Change) -> tuple[int, str]:
    return ORDER[change.kind], change.task.key if change.task else ""


def _totals(verdicts: Sequence[Verdict], entries: Iterable[Planned], known: _Known) -> Totals:
    changes = [entry.change for entry in entries]
    kinds = Counter(change.kind for change in changes)
    new = Counter(each.task.owner_id or "" for each in changes if each.task and each.kind is ChangeKind.CREATE_TASK)
    ours = (task for verdict in verdicts for task in known.tasks.get(verdict.deal_id, ()))
    return Totals(
        deals=len(verdicts),
        open_deals=sum(verdict.gate is not None for verdict in verdicts),
        newly_blocked=sum(_newly_blocked(verdict, known.flags(verdict)) for verdict in verdicts),
        flags=kinds[ChangeKind.SET_FLAGS],
        tasks_created=kinds[ChangeKind.CREATE_TASK],
        tasks_updated=kinds[ChangeKind.UPDATE_TASK],
        tasks_completed=kinds[ChangeKind.COMPLETE_TASK],
        moves=kinds[ChangeKind.MOVE_STAGE],
        tasks_open=sum(task.status == "open" and task.key.startswith(PREFIX) for task in ours),
        new_tasks=dict(new),
    )


def _newly_blocked(verdict: Verdict, present: Flags | None) -> bool:
    blocked = verdict.gate is not None and verdict.gate.status is GateStatus.BLOCKED
    return blocked and (present is None or present.status != GateStatus.BLOCKED.words)


def _by_deal(tasks: Iterable[CrmTask]) -> Mapping[str, Sequence[CrmTask]]:
    grouped: defaultdict[str, list[CrmTask]] = defaultdict(list)
    for task in tasks:
        grouped[task.deal_id].append(task)
    return grouped
