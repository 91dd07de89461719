"""What one worker takes part in a sweep with: the CRM, the run as it was begun, and how that is planned and written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import inf
from typing import Any

from connectors.protocol import Connector, Preparable
from engine.judge.kept_context import Context, context_from_bytes
from engine.judge.plan_settings import PlanSettings, plan_settings
from engine.ledger.inputs import kept
from engine.ledger.runs import StoredRun, stored_run
from engine.ledger.store import Ledger
from engine.ledger.sweeps import Sweep
from engine.runs.due import Watched
from engine.runs.judging import Judging, Question
from engine.runs.noting import Noting
from engine.runs.playbooks import playbooks_of
from engine.runs.write_back import ApplySettings, Gone, Now, OnSent, WriteBack
from rules.playbook import Playbook

Limits = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SweepPatience:
    """How sweeps are worked on.

    Who is not heard of for `lease` is lost. While the CRM fails it is left alone for `outage`; when it takes no more
    calls, for `limit`. What fails `attempts` times in a row has failed. A sweep that nobody leads any more is gone on
    with within `resume_within`, and given up after. With `waits`, it ends only when nothing of it is in doubt, which
    is read back `settle` after it was sent.
    """

    lease: timedelta = timedelta(minutes=10)
    outage: timedelta = timedelta(seconds=30)
    limit: timedelta = timedelta(minutes=15)
    attempts: int = 3
    resume_within: timedelta = timedelta(hours=12)
    settle: timedelta = timedelta(minutes=2)
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Means:
    """What a worker works with whatever sweep is at hand: its CRM, the store, its name and clock, and whom it tells."""

    watched: Watched
    ledger: Ledger
    worker: str
    now: Now
    gone: Gone
    patience: SweepPatience
    noting: Noting


class Hand(ExitStack):
    """One sweep in the hands of one worker: each thing is opened when it is first needed, and closed with the hand."""

    def __init__(self, means: Means, found: Sweep) -> None:
        super().__init__()
        self.means = means
        self.sweep_id, self.run_id = found.id, found.run_id
        self._found = found

    def holds(self, found: Sweep) -> bool:
        """Whether this is about that sweep, and the run it has now."""
        return (found.id, found.run_id) == (self.sweep_id, self.run_id)

    def turn_to(self, found: Sweep) -> None:
        """Take the sweep as it stands by now; what was opened for it stays open."""
        self.run_id, self._found = found.run_id, found

    @cached_property
    def connector(self) -> Connector:
        """The CRM, told which playbooks its gates are made of."""
        watched, noting = self.means.watched, self.means.noting
        opened = self.enter_context(watched.connect())
        self.callback(lambda: noting.spent(watched.crm, opened.spent))
        if self.run_id is not None and isinstance(opened, Preparable):
            opened.prepare(self.playbooks)
        return opened

    @cached_property
    def run(self) -> StoredRun:
        """The run as it was begun."""
        with self.means.ledger.reading() as connection:
            return stored_run(connection, self.run_id or 0)

    @cached_property
    def playbooks(self) -> tuple[Playbook, ...]:
        """The playbooks as they were when the run began."""
        return playbooks_of(self.run.playbooks)

    @cached_property
    def context(self) -> Context:
        """What all deals of the sweep are judged from beside their tables."""
        with self.means.ledger.reading() as connection:
            return context_from_bytes(kept(connection, self._found.context or ""))

    @cached_property
    def judging(self) -> Judging:
        """The playbooks, ready to judge the sweep's tables."""
        question = Question(self.run.as_of, waivers=self.context.waivers, clearing=True)
        return self.enter_context(Judging(self.context.crm, self.playbooks, question))

    @cached_property
    def settings(self) -> PlanSettings:
        """How the run plans."""
        said = self._found.settings
        return plan_settings(
            self.playbooks, said["kind"], correct_moves=said["correct_moves"], limits=limits_from(said["limits"])
        )

    def write_back(self, settings: PlanSettings, on_sent: OnSent) -> WriteBack:
        """Give what changes are written with."""
        means, patience = self.means, self.means.patience
        how = ApplySettings(
            settings, means.worker, patience.settle, patience.lease, patience.resume_within, gone=means.gone
        )
        return WriteBack(self.connector, means.ledger, how, means.now, on_sent, means.watched.crm)


def asked_settings(as_of: datetime, *, correct_moves: bool, limits: Limits) -> dict[str, Any]:
    """Lay out how a sweep is asked for by hand."""
    return {"as_of": as_of.isoformat(), "correct_moves": correct_moves, "limits": limits_to(limits)}


def limits_to(limits: Limits) -> dict[str, float | None]:
    """Lay limits out; JSON has no infinity."""
    return {name: None if limit == inf else limit for name, limit in limits.items()}


def limits_from(values: Mapping[str, float | None]) -> Limits:
    """Read limits back."""
    return {name: inf if limit is None else limit for name, limit in values.items()}
