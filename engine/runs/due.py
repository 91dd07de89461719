"""Deals that are due: claimed in batches, judged as they are now, written, and let go of."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from connectors.protocol import Connector, CrmError, CrmLimitError, WriteStopped
from engine.judge.changes import ChangeKind, OutcomeOfChange
from engine.judge.plan_settings import plan_settings
from engine.judge.surprise import GUARDS
from engine.ledger import due, outbox
from engine.ledger.due import Claim
from engine.ledger.errors import LedgerError
from engine.ledger.lease import Lease, is_over
from engine.ledger.receipts import receipts_of
from engine.ledger.store import Ledger
from engine.runs.check import Check, Question
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.noting import NobodyNotes, Noting, Reason
from engine.runs.pipeline import Pipeline, untied, utc_now
from engine.runs.waive import WaiverSources
from engine.runs.worker import worker_is_gone, worker_name
from engine.runs.write_back import Applied, Gone, Now
from rules.playbook import Playbook

KIND = "events"
"""What the store calls a run over deals that events asked for."""
logger = logging.getLogger("dealgate.due")


@dataclass(frozen=True, slots=True)
class Patience:
    """How due deals are worked on.

    A deal that fails is tried `attempts` times, from the second on alone, the pauses doubling from `first_pause` to
    `longest_pause`: longer in all than an hour's outage. While the CRM fails whatever it is asked, it is left alone for
    `outage`; when it takes no more calls, for `limit`. What is in doubt is looked at again after `settle`.
    """

    at_once: int = 100
    attempts: int = 10
    first_pause: timedelta = timedelta(seconds=20)
    longest_pause: timedelta = timedelta(hours=1)
    outage: timedelta = timedelta(seconds=30)
    limit: timedelta = timedelta(minutes=15)
    settle: timedelta = timedelta(minutes=3)
    lease: timedelta = timedelta(minutes=10)

    def next_try(self, now: datetime) -> Callable[[int], datetime | None]:
        """Say when the nth failed attempt is followed by another; None after the last. The second comes at once."""

        def following(nth: int) -> datetime | None:
            if nth >= self.attempts:
                return None
            pauses = self.first_pause * 2 ** (nth - 2) if nth > 1 else timedelta(0)
            return now + min(pauses, self.longest_pause)

        return following


@dataclass(frozen=True)
class Watched:
    """A CRM whose deals are judged: what the store calls it, how it is opened, and what judges its deals.

    `limits` are those of its sweeps' surprise guards; the few deals that somebody just changed surprise nobody.
    """

    crm: str
    connect: Callable[[], AbstractContextManager[Connector]]
    playbooks: Sequence[Playbook]
    waivers: Path | None = None
    correct_moves: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass
class DueDeals:
    """Works on the due deals of one CRM, a round at a time; any number of workers share them."""

    watched: Watched
    ledger: Ledger
    part: str = KIND
    patience: Patience = field(default_factory=Patience)
    now: Now = utc_now
    gone: Gone = worker_is_gone
    noting: Noting = field(default_factory=NobodyNotes)
    _look_next: datetime | None = None
    _paused_until: datetime | None = None
    _failures: int = 0

    @property
    def worker(self) -> str:
        """Who holds the leases."""
        return worker_name(self.part)

    def round(self) -> int:
        """Look at a batch of due deals, and at one that failed before, alone; count them.

        Raises LedgerError or DBAPIError where the store fails; what was claimed is anyone's once its lease ends.
        """
        if self._paused_until is not None and not is_over(self._paused_until, self.now()):
            return 0
        try:
            return self._round()
        except (LedgerError, DBAPIError):
            self.noting.failed(self.watched.crm, Reason.STORE)
            raise

    def _round(self) -> int:
        self._look_for_the_gone()
        looked = 0
        for limit, failed in ((self.patience.at_once, False), (1, True)):
            claimed = self._claim(limit, failed=failed)
            if claimed.deals:
                self._look(claimed)
                looked += len(claimed.deals)
        return looked

    def _look_for_the_gone(self) -> None:
        """Take from workers of this machine that have stopped what they held, without waiting for their leases' end."""
        now = self.now()
        if self._look_next is not None and not is_over(self._look_next, now):
            return
        self._look_next = now + self.patience.outage
        with self.ledger.reading() as connection:
            gone = [each for each in due.holders(connection, self.watched.crm) if self.gone(each)]
        if gone:
            with self.ledger.writing() as connection:
                due.end_leases(connection, self.watched.crm, gone, now)

    def _claim(self, limit: int, *, failed: bool) -> Claim:
        lease = self._lease()
        with self.ledger.reading() as connection:
            if not due.any_ready(connection, self.watched.crm, lease.now):
                return Claim(self.watched.crm, lease.worker, ())
        with self.ledger.writing() as connection:
            return due.claim(connection, self.watched.crm, limit, lease, failed=failed)

    def _look(self, claimed: Claim) -> None:
        """Judge and write what was claimed; whatever one deal does to us, the others go on."""
        if any(each.attempts >= self.patience.attempts for each in claimed.deals):
            self._fail(claimed, Reason.LOST, due.LOST)
            return
        try:
            applied = self._apply(claimed)
        except (LedgerError, DBAPIError):
            raise
        except CrmLimitError as limit:
            self._leave_alone(claimed, self.patience.limit, Reason.LIMIT, str(limit))
        except WriteStopped as stop:
            self._leave_alone(claimed, self.patience.outage, Reason.CRM, str(stop))
        except ProblemsFound as problems:
            self._leave_alone(claimed, self.patience.outage, Reason.MISTAKE, str(problems))
        except CrmError as error:
            self._doubt(claimed, str(error))
        except Mistake as mistake:
            self._fail(claimed, Reason.MISTAKE, str(mistake))
        except Exception as error:  # whatever it is, one deal must not stop the others
            logger.exception("deals could not be judged: %s", _shown(claimed), extra=self._about(claimed))
            self._fail(claimed, Reason.ENGINE, f"the engine failed: {error}")
        else:
            self._let_go(claimed, applied)

    def _apply(self, claimed: Claim) -> Applied:
        with ExitStack() as opened:
            begun = time.monotonic()
            connector = opened.enter_context(self.watched.connect())
            opened.callback(lambda: self.noting.spent(self.watched.crm, connector.spent))
            as_of, playbooks = self.now(), self.watched.playbooks
            waivers = WaiverSources(playbooks, connector, self.ledger, self.watched.waivers).waivers(as_of)
            question = Question(as_of, claimed.ids, waivers=waivers.valid, clearing=True, some_may_be_gone=True)
            judging = opened.enter_context(Check(connector, playbooks, question))
            pipeline = Pipeline(self.watched.crm, connector, playbooks, self.ledger, self.part, self.now)
            settings = plan_settings(
                playbooks, connector.name, correct_moves=self.watched.correct_moves, limits=dict.fromkeys(GUARDS, inf)
            )
            applied = pipeline.write(untied(judging), settings, KIND, as_of, on_sent=lambda _: self._renew(claimed))
            self.noting.judged(self.watched.crm, len(claimed.deals), time.monotonic() - begun)
            return applied

    def _let_go(self, claimed: Claim, applied: Applied) -> None:
        """Finish deals, or look at them again once another run has written, or the CRM can show what is in doubt.

        A deal that we moved is judged again where it stands now, whether or not the CRM tells of it. What failed while
        the CRM was away is tried at once.
        """
        was_away, self._failures, now = self._failures > 1, 0, self.now()
        with self.ledger.writing() as connection:
            if was_away:
                due.try_failed(connection, self.watched.crm, now)
            in_doubt = outbox.any_in_doubt(connection, claimed.ids)
            due.ask(connection, self.watched.crm, _moved(connection, applied.run_id), now)
            if in_doubt or applied.waiting:
                pause = self.patience.settle if in_doubt else self.patience.first_pause
                due.put_back(connection, claimed, now + pause, judged=True)
            else:
                due.finish(connection, claimed, now)
        if not in_doubt and not applied.waiting:
            self.noting.acted(self.watched.crm, [(now - each.asked_at).total_seconds() for each in claimed.deals])
        about = {"run": applied.run_id, **self._about(claimed)}
        logger.info("run %d: %s: %s", applied.run_id, _shown(claimed), applied.words, extra=about)

    def _fail(self, claimed: Claim, why: Reason, reason: str) -> None:
        now = self.now()
        self.noting.failed(self.watched.crm, why)
        with self.ledger.writing() as connection:
            aside = due.fail(connection, claimed, reason, self.patience.next_try(now), now)
        said = reason.partition("\n")[0]
        logger.warning("failed: %s: %s", _shown(claimed), said, extra={"reason": why.value, **self._about(claimed)})
        for deal in aside:
            about = {"reason": why.value, "crm": self.watched.crm, "deals": [deal]}
            logger.error("deal %s is set aside until it changes again: %s", deal, said, extra=about)

    def _doubt(self, claimed: Claim, reason: str) -> None:
        """Find out whether the CRM fails or one of the deals: ask for the first one alone."""
        if len(claimed.deals) > 1:
            first, rest = claimed.parted()
            self._look(first)
            if self._failures:
                self._leave_alone(rest, self.patience.outage, Reason.CRM, reason)
            else:
                self._fail(rest, Reason.CRM, reason)
            return
        self._fail(claimed, Reason.CRM, reason)
        self._failures += 1
        if self._failures > 1:
            self._paused_until = self.now() + self.patience.outage

    def _leave_alone(self, claimed: Claim, pause: timedelta, why: Reason, reason: str) -> None:
        self.noting.failed(self.watched.crm, why)
        with self.ledger.writing() as connection:
            due.put_back(connection, claimed, self.now() + pause)
        about = {"reason": why.value, **self._about(claimed)}
        logger.warning("%s is left alone: %s", self.watched.crm, reason.partition("\n")[0], extra=about)
        self._paused_until = self.now() + pause

    def _renew(self, claimed: Claim) -> None:
        with self.ledger.writing() as connection:
            due.renew(connection, claimed, self._lease().until)

    def _about(self, claimed: Claim) -> dict[str, object]:
        """Give what a log line is about, as fields."""
        return {"crm": self.watched.crm, "deals": list(claimed.ids)}

    def _lease(self) -> Lease:
        now = self.now()
        return Lease(self.worker, now, now + self.patience.lease)


def _moved(connection: Connection, run_id: int) -> list[str]:
    moves = (each for each in receipts_of(connection, run_id) if each["change"] == ChangeKind.MOVE_STAGE.value)
    return sorted(each["deal"] for each in moves if each["outcome"] == OutcomeOfChange.DONE.value)


def _shown(claimed: Claim) -> str:
    first = ", ".join(claimed.ids[:5])
    return first if len(claimed.ids) <= len(first.split(", ")) else f"{first} and {len(claimed.ids) - 5} other deals"
