"""The sweeps of one CRM in a service: asked for when they are due; whatever fails is left alone and tried again."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from connectors.protocol import CrmError, CrmLimitError
from engine.ledger import sweeps
from engine.ledger.errors import LedgerError, LostRunError, LostSweepError
from engine.ledger.sweeps import Sweep
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.noting import Reason
from engine.runs.schedule import DueSweep, Schedule, due_sweep
from engine.runs.sweeps import SweepEnding, Sweeps

logger = logging.getLogger("dealgate.sweep")


@dataclass
class Nightly:
    """Works on sweeps round after round; without a `schedule` it takes part in those that others ask for."""

    sweeps: Sweeps
    schedule: Schedule | None = None
    _asked: DueSweep | None = field(default=None, init=False)

    def round(self) -> int:
        """Do the next thing; 0: there is nothing to do now. Raises LedgerError or DBAPIError where the store fails."""
        try:
            self._ask()
            return self.sweeps.step()
        except SweepEnding:
            self.sweeps.let_go()
        except (LostSweepError, LostRunError) as lost:
            logger.warning("%s: %s", self.crm, lost)
            self.sweeps.close()
        except (LedgerError, DBAPIError):
            self.sweeps.noting.failed(self.crm, Reason.STORE)
            self.sweeps.close()
            raise
        except CrmLimitError as limit:
            self._pause(self.sweeps.patience.limit, Reason.LIMIT, limit)
        except CrmError as error:
            self._pause(self.sweeps.patience.outage, Reason.CRM, error)
        except ProblemsFound as problems:
            self._pause(self.sweeps.patience.outage, Reason.MISTAKE, problems)
        except Mistake as mistake:
            self._end(mistake)
        except Exception as error:  # a sweep that fails must not stop those to come
            logger.exception("%s: a step of a sweep failed", self.crm)
            self._count(error)
        return 0

    @property
    def crm(self) -> str:
        """What the store calls the CRM."""
        return self.sweeps.watched.crm

    def _ask(self) -> None:
        """Ask for the sweep that fell due last, unless that was done, or another goes on still."""
        now = self.sweeps.now()
        due = due_sweep(self.schedule, now) if self.schedule is not None else None
        if due is None or due == self._asked:
            return
        with self.sweeps.ledger.reading() as connection:
            known = sweeps.was_asked_for(connection, self.crm, due.at)
            busy = sweeps.live_sweep(connection, self.crm) is not None
        if not known and not busy:
            with self.sweeps.ledger.writing() as connection:
                known = sweeps.ask(connection, self.crm, due.day.isoformat(), due.at, {})
        if known:
            self._asked = due

    def _pause(self, pause: timedelta, why: Reason, error: Exception) -> None:
        """Leave the CRM alone for a while, for everybody who shares the sweep."""
        found, said = self._failed(why, error)
        if found is not None:
            with self.sweeps.ledger.writing() as connection:
                sweeps.pause(connection, found, self.sweeps.now() + pause, said)
        self.sweeps.let_go()

    def _end(self, mistake: Mistake) -> None:
        """Give a sweep up that somebody must put right first; who only helps leaves that to its leader."""
        found, said = self._failed(Reason.MISTAKE, mistake)
        if found is not None and found.worker == self.sweeps.worker:
            self.sweeps.give_up(found, said)
        self.sweeps.close()

    def _count(self, error: Exception) -> None:
        """Try again later what failed for no reason that is known; its leader gives it up after some attempts."""
        found, said = self._failed(Reason.ENGINE, error)
        if found is not None:
            with self.sweeps.ledger.writing() as connection:
                ready_at = self.sweeps.now() + self.sweeps.patience.outage
                sweeps.fail_once(connection, found, ready_at, f"the engine failed: {said}")
        self.sweeps.let_go()

    def _failed(self, why: Reason, error: Exception) -> tuple[Sweep | None, str]:
        self.sweeps.noting.failed(self.crm, why)
        found, said = self.sweeps.live(), str(error)
        about = {"crm": self.crm, "reason": why.value} | ({"run": found.run_id, "sweep": found.slot} if found else {})
        logger.warning("%s: the sweep stopped: %s", self.crm, said.partition("\n")[0], extra=about)
        return found, said
