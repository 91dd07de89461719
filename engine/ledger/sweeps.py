"""Sweeps: `waiting -> reading -> judging -> applying -> done | refused | failed`, each led under a lease.

At most one is live a CRM, which the database itself sees to. A scheduled sweep has its local date as `slot`, so that
any number of processes ask for it once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from engine.ledger.errors import LostSweepError
from engine.ledger.lease import Lease, is_over
from engine.ledger.tables import LIVE_SWEEP, sweep
from engine.ledger.upsert import inserting

BY_HAND = "by hand"


class SweepState(StrEnum):
    """How far a sweep came."""

    WAITING = "waiting"
    READING = "reading"
    JUDGING = "judging"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self not in {SweepState.DONE, SweepState.REFUSED, SweepState.FAILED}


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep as it stands. `worker` leads it until `lease_until`; nobody touches the CRM for it before `ready_at`.

    `attempts` counts how often it failed, or its leader was lost, in the present state.
    """

    id: int
    crm: str
    slot: str
    due_at: datetime
    state: SweepState
    run_id: int | None
    worker: str
    lease_until: datetime | None
    ready_at: datetime
    attempts: int
    reason: str
    context: str | None
    settings: Mapping[str, Any]
    started_at: datetime | None
    finished_at: datetime | None
    digest: Mapping[str, Any]

    def is_led(self, now: datetime, gone: Callable[[str], bool]) -> bool:
        """Whether somebody who is still there leads it."""
        return self.lease_until is not None and not is_over(self.lease_until, now) and not gone(self.worker)


def ask(connection: Connection, crm: str, slot: str, due_at: datetime, settings: Mapping[str, object]) -> bool:
    """Ask for a sweep; False where it was asked for before, or while another goes on."""
    if not slot.startswith(BY_HAND) and was_asked_for(connection, crm, due_at):
        return False
    values = {"crm": crm, "slot": slot, "due_at": due_at, "ready_at": due_at, "settings": dict(settings)}
    usual = {"state": SweepState.WAITING.value, "worker": "", "attempts": 0, "reason": ""}
    asked = inserting(connection, sweep).values(usual | values).on_conflict_do_nothing().returning(sweep.c.id)
    return connection.execute(asked).first() is not None


def was_asked_for(connection: Connection, crm: str, due_at: datetime) -> bool:
    """Whether a scheduled sweep was asked for, or one of a later night: a clock that goes back asks for none again."""
    later = (sweep.c.crm == crm, sweep.c.due_at >= due_at, sweep.c.slot.not_like(f"{BY_HAND}%"))
    return connection.execute(select(sweep.c.id).where(*later).limit(1)).first() is not None


def live_sweep(connection: Connection, crm: str) -> Sweep | None:
    """Give the sweep of a CRM that goes on."""
    row = connection.execute(select(sweep).where(LIVE_SWEEP, sweep.c.crm == crm)).mappings().one_or_none()
    return None if row is None else _sweep(row)


def sweep_of(connection: Connection, sweep_id: int) -> Sweep:
    """Give a sweep by its id."""
    return _sweep(connection.execute(select(sweep).where(sweep.c.id == sweep_id)).mappings().one())


def last_sweeps(connection: Connection, crm: str, most: int) -> list[Sweep]:
    """List the latest sweeps of a CRM, the latest first."""
    query = select(sweep).where(sweep.c.crm == crm).order_by(sweep.c.id.desc()).limit(most)
    return [_sweep(row) for row in connection.execute(query).mappings()]


def lead(connection: Connection, found: Sweep, lease: Lease) -> Sweep | None:
    """Lead a sweep that nobody leads, or go on leading it; None: someone else was quicker.

    Taking it from a leader who was lost counts as an attempt, since the sweep may be what killed it.
    """
    held = sweep.c.lease_until.is_(None) if found.lease_until is None else sweep.c.lease_until == found.lease_until
    as_found = (sweep.c.id == found.id, sweep.c.worker == found.worker, held, LIVE_SWEEP)
    lost = found.lease_until is not None and found.worker != lease.worker
    values = {"worker": lease.worker, "lease_until": lease.until, "attempts": found.attempts + lost}
    if connection.execute(update(sweep).where(*as_found).values(values)).rowcount != 1:
        return None
    return sweep_of(connection, found.id)


def move_on(connection: Connection, led: Sweep, lease: Lease, **values: object) -> Sweep:
    """Change a sweep that one leads, and hold it for longer; raises LostSweepError where another leads it by now."""
    fresh = {"attempts": 0, "reason": ""} if values.get("state", led.state.value) != led.state.value else {}
    mine = update(sweep).where(LIVE_SWEEP, sweep.c.id == led.id, sweep.c.worker == lease.worker)
    if connection.execute(mine.values({**fresh, "lease_until": lease.until, **values})).rowcount != 1:
        raise LostSweepError(led.slot)
    return sweep_of(connection, led.id)


def end(connection: Connection, led: Sweep, lease: Lease, state: SweepState, **values: object) -> Sweep:
    """End a sweep that one leads."""
    move_on(connection, led, lease, **values)
    ended = {"state": state.value, "finished_at": lease.now, "worker": "", "lease_until": None}
    connection.execute(update(sweep).where(sweep.c.id == led.id).values(ended))
    return sweep_of(connection, led.id)


def pause(connection: Connection, found: Sweep, ready_at: datetime, reason: str) -> None:
    """Leave the CRM alone until a moment, whoever leads the sweep."""
    paused = update(sweep).where(LIVE_SWEEP, sweep.c.id == found.id)
    connection.execute(paused.values(ready_at=ready_at, reason=reason))


def fail_once(connection: Connection, found: Sweep, ready_at: datetime, reason: str) -> int:
    """Count a failure, and leave the sweep alone until a moment; give how many there were in a row."""
    failed = update(sweep).where(LIVE_SWEEP, sweep.c.id == found.id).returning(sweep.c.attempts)
    values = {"attempts": sweep.c.attempts + 1, "ready_at": ready_at, "reason": reason}
    return connection.execute(failed.values(values)).scalar() or 0


def let_go(connection: Connection, found: Sweep, worker: str) -> None:
    """Let others lead a sweep at once."""
    mine = update(sweep).where(LIVE_SWEEP, sweep.c.id == found.id, sweep.c.worker == worker)
    connection.execute(mine.values(worker="", lease_until=None))


def stays_in(connection: Connection, sweep_id: int, run_id: int | None, state: SweepState) -> bool:
    """Whether a sweep is in a state with a run, and stays so until the end of the transaction."""
    same = (sweep.c.id == sweep_id, sweep.c.run_id == run_id, sweep.c.state == state.value)
    return connection.execute(select(sweep.c.id).where(*same).with_for_update(read=True)).first() is not None


def _sweep(row: RowMapping) -> Sweep:
    words = {"settings": row["settings"] or {}, "digest": row["digest"] or {}}
    return Sweep(**{**row, **words, "state": SweepState(row["state"])})
