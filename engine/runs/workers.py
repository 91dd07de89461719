"""The threads that work on some CRMs: on what events make due, on sweeps, and on playbooks that change."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from engine.ledger.retention import Retention
from engine.ledger.store import Ledger
from engine.runs.due import DueDeals, Watched
from engine.runs.loaded import Loaded
from engine.runs.nightly import Nightly
from engine.runs.noting import NobodyNotes, Noting
from engine.runs.reloading import LOOKS, Reloading
from engine.runs.schedule import Schedule, SweepTimes, schedule_of
from engine.runs.sweeps import Sweeps
from engine.runs.upkeep import LOOKS as LOOKS_AT_STORE
from engine.runs.upkeep import Upkeep
from engine.runs.working import Working
from rules.playbook import Playbook

logger = logging.getLogger("dealgate.service")


@dataclass(frozen=True)
class Worked:
    """CRMs that the same playbooks judge, whose files these are; `sweeps` says when some are swept by themselves.

    `retention` says how long their store keeps what.
    """

    crms: Sequence[Watched]
    files: Sequence[Path]
    playbooks: Sequence[Playbook]
    sweeps: Mapping[str, SweepTimes] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)

    def schedules(self, playbooks: Sequence[Playbook]) -> dict[str, Schedule]:
        """Settle when CRMs are swept; raises SeveralZones where nobody says in which time zone."""
        names = [each.crm for each in self.crms if each.crm in self.sweeps]
        return {name: schedule_of(name, self.sweeps[name], playbooks) for name in names}


class Workers:
    """Two threads a CRM, so that a sweep holds up no event; one looks after the playbooks, and one after the store."""

    def __init__(self, worked: Worked, ledger: Ledger, noting: Noting | None = None) -> None:
        self._worked = worked
        self._ending = Event()
        notes = noting or NobodyNotes()
        schedules = worked.schedules(worked.playbooks)
        self._due = {each.crm: DueDeals(each, ledger, each.crm, noting=notes) for each in worked.crms}
        self._nightly = {
            each.crm: Nightly(_sweeps(each, ledger, self._ending, notes), schedules.get(each.crm))
            for each in worked.crms
        }
        self._reloading = Reloading(worked.files, worked.playbooks, self._take)
        self._on_due = {crm: Working(crm, due.round) for crm, due in self._due.items()}
        self._on_sweeps = {
            crm: Working(f"{crm}:sweep", each.round, at_end=each.sweeps.let_go) for crm, each in self._nightly.items()
        }
        self._on_files = Working("playbooks", self._reloading.look, LOOKS)
        upkeep = Upkeep(ledger, worked.retention, ending=self._ending.is_set)
        self._on_store = Working("store", upkeep.look, LOOKS_AT_STORE)

    @property
    def loaded(self) -> Loaded:
        """Which playbooks judge, and what keeps newer ones from it."""
        return self._reloading.loaded

    def reload(self) -> Loaded:
        """Read the playbooks' files again, at once."""
        return self._reloading.again()

    def reload_soon(self) -> None:
        """Have the playbooks' files read again; nothing is waited for."""
        self._reloading.ask()
        self._on_files.wake()

    def start(self) -> None:
        """Begin to work."""
        for each in self._threads():
            each.start()

    def wake(self, crm: str) -> None:
        """Look for what is to be done on a CRM at once."""
        self._on_due[crm].wake()
        self._on_sweeps[crm].wake()

    def end(self) -> None:
        """Finish what is in hand, and no more; what is read of a sweep is left to others."""
        logger.info("ending: batches in hand are finished")
        self._ending.set()
        for each in self._threads():
            each.end()
        for each in self._threads():
            each.join()

    def _take(self, playbooks: Sequence[Playbook]) -> None:
        """Let newer playbooks judge; a run that goes on keeps those it began with."""
        schedules = self._worked.schedules(playbooks)
        for crm, due in self._due.items():
            nightly = self._nightly[crm]
            due.watched = nightly.sweeps.watched = replace(due.watched, playbooks=playbooks)
            nightly.schedule = schedules.get(crm)

    def _threads(self) -> list[Working]:
        return [*self._on_due.values(), *self._on_sweeps.values(), self._on_files, self._on_store]


def _sweeps(watched: Watched, ledger: Ledger, ending: Event, noting: Noting) -> Sweeps:
    return Sweeps(watched, ledger, f"{watched.crm}:sweep", ending=ending.is_set, noting=noting)
