"""What a run writes with: the CRM, the store, a clock, its worker, patience and sizes; and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.protocol import Connector
from engine.judge.changes import OutcomeOfChange
from engine.judge.crossings import Crossing
from engine.judge.plan_settings import PlanSettings
from engine.judge.surprise import Totals
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger

Now = Callable[[], datetime]
Gone = Callable[[str], bool]
OnSent = Callable[[int], None]


def never_gone(_worker: str) -> bool:
    """Believe that every worker whose lease runs is alive."""
    return False


def nobody_watches(_sent: int) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class ApplySettings:
    """How a run writes.

    `settle` is longer than the CRM takes to show a write; `lease` how long a silent worker is believed to be alive;
    `gone` tells sooner that it is not; changes of a killed run younger than `resume_within` are still sent, older ones
    are judged again instead; `at_once` is how many changes are sent at once, 0 as many as the connector likes; a change
    that does not reach the CRM is tried `attempts` times.
    """

    plan: PlanSettings
    worker: str
    settle: timedelta = timedelta(minutes=2)
    lease: timedelta = timedelta(minutes=5)
    resume_within: timedelta = timedelta(hours=1)
    at_once: int = 0
    attempts: int = 3
    gone: Gone = never_gone

    def is_gone(self, worker: str) -> bool:
        """Whether a worker has stopped; what this very worker left was left by an earlier run of it."""
        return worker == self.worker or self.gone(worker)


@dataclass(frozen=True, slots=True)
class WriteBack:
    """What a run writes with. `now` is the only clock; `on_sent` is told how many changes were sent.

    `crm` is what the store calls this CRM, so that two of the same kind share a store and not their runs; "" stands
    for the connector's own name.
    """

    connector: Connector
    ledger: Ledger
    settings: ApplySettings
    now: Now
    on_sent: OnSent = nobody_watches
    crm: str = ""

    @property
    def crm_in_store(self) -> str:
        """What the store calls this CRM."""
        return self.crm or self.connector.name

    @property
    def at_once(self) -> int:
        """How many changes the CRM is given at once: what it likes best, or what the settings say."""
        return self.settings.at_once or self.connector.capabilities.writes_at_once

    def lease(self) -> Lease:
        """Give a lease from now on."""
        now = self.now()
        return Lease(self.settings.worker, now, now + self.settings.lease)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What earlier runs left: changes put in doubt and read back, runs finished, changes dropped to be judged again."""

    doubted: int = 0
    finished: tuple[int, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a run. `outcomes` counts its changes by outcome; `waiting` ones wait for another run's to settle.

    `crossings` are the deals that moved through a closed gate since the last check.
    """

    run_id: int
    checksum: str
    totals: Totals
    outcomes: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    refusals: tuple[str, ...] = ()
    resumed: Resumed = field(default_factory=Resumed)
    crossings: tuple[Crossing, ...] = ()

    @property
    def words(self) -> str:
        """Say in one line what came of it."""
        if self.refusals:
            return "nothing was written: " + "; ".join(self.refusals)
        if not self.outcomes and not self.waiting:
            return f"nothing to write: the CRM already shows what was found on {self.totals.deals} deals"
        counts = [f"{self.outcomes.get(outcome.value, 0)} {outcome.value}" for outcome in OutcomeOfChange]
        waiting = [f"{self.waiting} waiting for another run"] if self.waiting else []
        return ", ".join([*counts, *waiting])
