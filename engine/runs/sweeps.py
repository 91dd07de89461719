"""The sweeps of one CRM: led by one worker, judged and written by all who share the store, a step at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.ledger import sweep_parts, sweeps
from engine.ledger.errors import LostSweepError
from engine.ledger.lease import Lease, is_over
from engine.ledger.store import Ledger
from engine.ledger.sweep_parts import PartsDone
from engine.ledger.sweeps import Sweep, SweepState
from engine.runs.due import Watched
from engine.runs.noting import NobodyNotes, Noting
from engine.runs.pipeline import utc_now
from engine.runs.sweep_digest import digest_of
from engine.runs.sweep_hand import Hand, Means, SweepPatience
from engine.runs.sweep_judging import judge_parts
from engine.runs.sweep_leading import conclude, finish, give_up
from engine.runs.sweep_reading import begin, read
from engine.runs.sweep_watching import Logged, Watcher
from engine.runs.sweep_writing import settled, write_some
from engine.runs.worker import worker_is_gone, worker_name
from engine.runs.write_back import Gone, Now, nobody_watches

HOLD = timedelta(seconds=10)
"""How often a sweep is held for longer in the middle of reading."""
PARTS = 8
"""How many parts one worker judges at once, at most."""
LOST = "whoever led it was not heard of again"
logger = logging.getLogger("dealgate.sweep")


class SweepEnding(Exception):  # noqa: N818 - it is asked for, not an error
    """The process was asked to end in the middle of a sweep; others go on with it."""


@dataclass
class Sweeps:
    """Works on the sweeps of one CRM; any number of workers share them.

    `ending` is asked now and then, in the middle of long work, whether the process shall end.
    """

    watched: Watched
    ledger: Ledger
    part: str = "sweep"
    patience: SweepPatience = field(default_factory=SweepPatience)
    now: Now = utc_now
    gone: Gone = worker_is_gone
    watcher: Watcher = field(default_factory=Logged)
    ending: Callable[[], bool] = lambda: False
    noting: Noting = field(default_factory=NobodyNotes)
    _hand: Hand | None = None
    _held_at: datetime | None = None

    @property
    def worker(self) -> str:
        """Who holds the leases."""
        return worker_name(self.part)

    def live(self) -> Sweep | None:
        """Give the sweep that goes on."""
        with self.ledger.reading() as connection:
            return sweeps.live_sweep(connection, self.watched.crm)

    def step(self) -> int:
        """Do the next thing for the sweep that goes on, as its leader or beside it; 0: there is nothing to do now.

        Raises CrmError where the CRM fails, LedgerError or DBAPIError where the store does, Mistake where somebody must
        put something right, and SweepEnding.
        """
        found = self.live()
        if found is None:
            self.close()
            return 0
        led = self.lead(found)
        if led is None:
            return self._help(found)
        if found.worker != self.worker and self.is_over(led):
            self.give_up(led, led.reason or f"nobody went on with it in time: {LOST}")
            return 1
        return self._go_on(led)

    def lead(self, found: Sweep, *, at_once: bool = False) -> Sweep | None:
        """Lead a sweep; None: somebody else does, or the CRM is left alone for now and this is not `at_once`."""
        lease = self.lease()
        mine = found.worker == self.worker
        if mine and found.lease_until is not None and found.lease_until - lease.now > self.patience.lease / 2:
            return found
        paused = found.state is not SweepState.JUDGING and not is_over(found.ready_at, lease.now) and not at_once
        if not mine and (paused or found.is_led(lease.now, self.gone)):
            return None
        with self.ledger.writing() as connection:
            led = sweeps.lead(connection, found, lease)
        if led is not None and not mine and led.state is not SweepState.WAITING:
            logger.info("%s: sweep %s is taken over while %s", led.crm, led.slot, led.state.value, extra=_about(led))
        return led

    def is_over(self, led: Sweep) -> bool:
        """Whether a sweep that was left is too old to be gone on with."""
        return led.started_at is not None and self.now() - led.started_at > self.patience.resume_within

    def give_up(self, led: Sweep, reason: str) -> None:
        """End a sweep that comes to nothing."""
        give_up(led, self.ledger, self.lease(), reason)
        logger.error("%s: sweep %s is given up: %s", led.crm, led.slot, reason.partition("\n")[0], extra=_about(led))
        self.close()

    def let_go(self) -> None:
        """Let others lead what this worker leads, at once."""
        found = self.live()
        if found is not None and found.worker == self.worker:
            with self.ledger.writing() as connection:
                sweeps.let_go(connection, found, self.worker)
        self.close()

    def close(self) -> None:
        """Let go of what was opened for a sweep."""
        if self._hand is not None:
            self._hand.close()
            self._hand = None

    def parts(self, found: Sweep) -> PartsDone:
        """Count the parts of a sweep."""
        with self.ledger.reading() as connection:
            return sweep_parts.parts_done(connection, found.id)

    def lease(self) -> Lease:
        """Give a lease from now on."""
        now = self.now()
        return Lease(self.worker, now, now + self.patience.lease)

    def _go_on(self, led: Sweep) -> int:
        if led.attempts >= self.patience.attempts:
            self.give_up(led, led.reason or LOST)
            return 1
        match led.state:
            case SweepState.JUDGING:
                return self._judge(led) or self._conclude(led)
            case SweepState.APPLYING:
                return self._write(led) or self._finish(led)
            case _:
                return self._read(led)

    def _help(self, found: Sweep) -> int:
        match found.state:
            case SweepState.JUDGING:
                return self._judge(found)
            case SweepState.APPLYING if is_over(found.ready_at, self.now()):
                return self._write(found)
            case _:
                return 0

    def _read(self, led: Sweep) -> int:
        self.close()
        hand = self._hand_for(replace(led, run_id=None))
        hand.turn_to(begin(led, hand, self.lease()))
        hand.connector.watch(self._holding(led))
        judged, refused = read(led, hand, self.lease, lambda: self._hold(led))
        hand.turn_to(judged)
        for each in refused:
            self.watcher.refuses(each)
        return 1

    def _judge(self, found: Sweep) -> int:
        """Judge some parts that nobody judges; where workers may share them, half of those that are left."""
        free, most = sweep_parts.Free(found.id, self.now(), self.gone), self.patience.attempts
        with self.ledger.writing() as connection:
            left = sweep_parts.count_free(connection, free)
            limit = max(1, min(PARTS, left // 2 if self.ledger.is_shared else left))
            parts = sweep_parts.claim_parts(connection, free, self.lease(), most, limit) if left else []
        if not parts:
            return 0
        try:
            judge_parts(self._hand_for(found), parts)
        except Exception:
            with self.ledger.writing() as connection:
                sweep_parts.give_back(connection, parts, self.worker)
            raise
        done = self.parts(found)
        said = (found.crm, found.slot, done.deals_done, done.deals)
        logger.info("%s: sweep %s: %d of %d deals are judged", *said, extra=_about(found))
        self.watcher.judges(done)
        return len(parts)

    def _conclude(self, led: Sweep) -> int:
        """End the judging once all parts are done; 0: others judge still."""
        done = self.parts(led)
        with self.ledger.reading() as connection:
            free = sweep_parts.Free(led.id, self.now(), self.gone)
            hopeless = sweep_parts.is_hopeless(connection, free, self.patience.attempts)
        if hopeless:
            self.give_up(led, led.reason or "whoever judged a part of it was lost, again and again")
            return 1
        if done.parts_done < done.parts:
            return 0
        ended = conclude(led, self._hand_for(led), self.lease())
        if not ended.state.live:
            self._tell(ended)
        return 1

    def _write(self, found: Sweep) -> int:
        changes = digest_of(found.digest).changes
        return write_some(self._hand_for(found), lambda sent: self.watcher.writes(sent, changes))

    def _finish(self, led: Sweep) -> int:
        """End the sweep once all is written; 0: others write still, or something is in doubt."""
        hand = self._hand_for(led)
        if not settled(hand, hand.write_back(hand.settings, nobody_watches), waits=self.patience.waits):
            return 0
        self._tell(finish(led, hand, self.lease()))
        return 1

    def _hand_for(self, found: Sweep) -> Hand:
        if self._hand is None or not self._hand.holds(found):
            self.close()
            means = Means(self.watched, self.ledger, self.worker, self.now, self.gone, self.patience, self.noting)
            self._hand = Hand(means, found)
        return self._hand

    def _holding(self, led: Sweep) -> Callable[[str, int], None]:
        def on_read(what: str, rows: int) -> None:
            self._hold(led)
            self.watcher.reads(what, rows)

        return on_read

    def _hold(self, led: Sweep) -> None:
        """Hold a sweep for longer in the middle of reading, or stop there."""
        if self.ending():
            raise SweepEnding
        if self._held_at is not None and not is_over(self._held_at + HOLD, self.now()):
            return
        self._held_at = self.now()
        with self.ledger.reading() as connection:
            found = sweeps.sweep_of(connection, led.id)
        if self.lead(found) is None:
            raise LostSweepError(led.slot)

    def _tell(self, ended: Sweep) -> None:
        digest = digest_of(ended.digest)
        level = logging.INFO if ended.state is SweepState.DONE else logging.ERROR
        said = "; ".join((*digest.lines, *([digest.untold] if digest.untold else [])))
        logger.log(level, "%s: sweep %s is %s: %s", ended.crm, ended.slot, ended.state.value, said, extra=_about(ended))
        self.close()


def _about(found: Sweep) -> dict[str, object]:
    """Give what a log line is about, as fields."""
    return {"crm": found.crm, "sweep": found.slot, "run": found.run_id}
