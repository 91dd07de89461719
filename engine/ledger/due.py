"""Deals that are due: one row for each, however often it was asked for, worked on under a lease.

A deal is `waiting`, or claimed by a worker until its lease ends, or set aside since it failed again and again. Rows are
locked in the order of the deals' ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, not_, or_, select, update

from engine.ledger.lease import APART, LONGEST, Lease
from engine.ledger.tables import DUE, due_deal
from engine.ledger.upsert import inserting

LOST = "whoever worked on it was not heard of again"


@dataclass(frozen=True, slots=True)
class DueDeal:
    """A deal that was claimed: how often it had been asked for by then, how often it had failed, since when."""

    id: str
    asks: int
    attempts: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Deals of a CRM that a worker holds until its lease ends."""

    crm: str
    worker: str
    deals: tuple[DueDeal, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The deals' ids."""
        return tuple(each.id for each in self.deals)

    def parted(self) -> tuple[Claim, Claim]:
        """Part the first deal from the rest."""
        return replace(self, deals=self.deals[:1]), replace(self, deals=self.deals[1:])


@dataclass(frozen=True, slots=True)
class SetAside:
    """A deal that is no longer tried, and why; it is tried once more when it is asked for again."""

    id: str
    attempts: int
    reason: str
    at: datetime


def ask(connection: Connection, crm: str, deal_ids: Sequence[str], now: datetime) -> None:
    """Make deals due; what is due already is only counted, and what was set aside is tried once more."""
    if not deal_ids:
        return
    insert = inserting(connection, due_deal)
    aside = due_deal.c.set_aside_at.is_not(None)
    again = {
        "asks": due_deal.c.asks + 1,
        "asked_at": case((aside, insert.excluded.asked_at), else_=due_deal.c.asked_at),
        "ready_at": case((aside, insert.excluded.ready_at), else_=due_deal.c.ready_at),
        "attempts": case((aside, due_deal.c.attempts - 1), else_=due_deal.c.attempts),
        "set_aside_at": None,
    }
    rows = [{"crm": crm, "deal_id": each, "asked_at": now, "ready_at": now} for each in sorted(set(deal_ids))]
    usual = {"asks": 1, "attempts": 0, "worker": "", "reason": ""}
    upsert = insert.on_conflict_do_update(index_elements=["crm", "deal_id"], set_=again)
    connection.execute(upsert, [usual | row for row in rows])


def claim(connection: Connection, crm: str, limit: int, lease: Lease, *, failed: bool = False) -> Claim:
    """Take up to `limit` deals that are ready, the longest waiting first; `failed` takes those that failed before.

    Who finds a lease run out takes the deal over; that counts as an attempt, since it may have been the deal that
    killed its worker. Only where that happens to the next worker too is the deal one of those that failed.
    """
    ready = and_(_ready(crm, lease.now), _free(lease.now))
    lost_once = and_(due_deal.c.attempts == 1, due_deal.c.reason == LOST)
    kind = and_(due_deal.c.attempts > 0, not_(lost_once)) if failed else or_(due_deal.c.attempts == 0, lost_once)
    query = select(due_deal).where(ready, kind).order_by(due_deal.c.ready_at, due_deal.c.deal_id)
    rows = connection.execute(query.limit(limit).with_for_update(skip_locked=True)).all()
    if rows:
        lost = due_deal.c.lease_until.is_not(None)
        attempts = case((lost, due_deal.c.attempts + 1), else_=due_deal.c.attempts)
        reason = case((lost, LOST), else_=due_deal.c.reason)
        taken = update(due_deal).where(_these(crm, [row.deal_id for row in rows]))
        asked_at = case((due_deal.c.asked_at > lease.now, lease.now), else_=due_deal.c.asked_at)
        noted = {"attempts": attempts, "reason": reason, "asked_at": asked_at}
        connection.execute(taken.values(worker=lease.worker, lease_until=lease.until, **noted))
    deals = [DueDeal(row.deal_id, row.asks, row.attempts + bool(row.lease_until), row.asked_at) for row in rows]
    return Claim(crm, lease.worker, tuple(deals))


def holders(connection: Connection, crm: str) -> set[str]:
    """Name the workers that hold deals."""
    held = select(due_deal.c.worker).where(DUE, due_deal.c.crm == crm, due_deal.c.lease_until.is_not(None))
    return set(connection.execute(held.distinct()).scalars())


def end_leases(connection: Connection, crm: str, workers: Collection[str], now: datetime) -> None:
    """End the leases of workers that have stopped, so that anyone may take their deals over at once."""
    theirs = and_(due_deal.c.crm == crm, due_deal.c.worker.in_(workers), due_deal.c.lease_until > now)
    query = select(due_deal.c.deal_id).where(theirs).order_by(due_deal.c.deal_id).with_for_update()
    ids = list(connection.execute(query).scalars())
    connection.execute(update(due_deal).where(_these(crm, ids)).values(lease_until=now))


def renew(connection: Connection, claimed: Claim, until: datetime) -> None:
    """Hold claimed deals for longer."""
    ids = list(_held(connection, claimed))
    connection.execute(update(due_deal).where(_these(claimed.crm, ids)).values(lease_until=until))


def finish(connection: Connection, claimed: Claim, now: datetime) -> int:
    """Let go of deals that were judged and written; count those that stay due, since they were asked for meanwhile."""
    held = _held(connection, claimed)
    done = [each.id for each in claimed.deals if held.get(each.id) == each.asks]
    again = sorted(held.keys() - set(done))
    if done:
        connection.execute(delete(due_deal).where(_these(claimed.crm, done)))
    _release(connection, claimed.crm, again, {"asked_at": now, "ready_at": now, "attempts": 0, "reason": ""})
    return len(again)


def put_back(connection: Connection, claimed: Claim, ready_at: datetime, *, judged: bool = False) -> None:
    """Let go of deals that could not be looked at through no fault of theirs; they are due again at a moment.

    Of deals that were judged it is forgotten what they failed at before.
    """
    forgotten: dict[str, object] = {"attempts": 0, "reason": ""} if judged else {}
    _release(connection, claimed.crm, list(_held(connection, claimed)), {"ready_at": ready_at, **forgotten})


def fail(
    connection: Connection, claimed: Claim, reason: str, next_try: Callable[[int], datetime | None], now: datetime
) -> list[str]:
    """Record that deals failed, and give the ids of those that are set aside.

    `next_try` says when the nth failed attempt is followed by another, or None: by none.
    """
    held, aside = _held(connection, claimed), []
    for each in sorted((each for each in claimed.deals if each.id in held), key=lambda deal: deal.id):
        again = next_try(each.attempts + 1)
        values = {"attempts": each.attempts + 1, "reason": reason, "ready_at": again or now}
        _release(connection, claimed.crm, [each.id], values | ({} if again else {"set_aside_at": now}))
        aside += [] if again else [each.id]
    return aside


def try_failed(connection: Connection, crm: str, now: datetime) -> None:
    """Make ready what failed and waits to be tried again, whoever held it."""
    failed = and_(DUE, due_deal.c.crm == crm, due_deal.c.attempts > 0, due_deal.c.lease_until.is_(None))
    query = select(due_deal.c.deal_id).where(failed, due_deal.c.ready_at > now).order_by(due_deal.c.deal_id)
    ids = list(connection.execute(query.with_for_update(skip_locked=True)).scalars())
    connection.execute(update(due_deal).where(_these(crm, ids)).values(ready_at=now))


def any_ready(connection: Connection, crm: str, now: datetime) -> bool:
    """Whether a deal can be claimed."""
    ready = select(due_deal.c.deal_id).where(_ready(crm, now), _free(now))
    return connection.execute(ready.limit(1)).first() is not None


def waiting(connection: Connection, crm: str) -> int:
    """Count the deals of a CRM that are due, claimed ones too."""
    count = select(func.count()).select_from(due_deal).where(DUE, due_deal.c.crm == crm)
    return int(connection.execute(count).scalar_one())


def set_aside(connection: Connection, crm: str) -> list[SetAside]:
    """List the deals that are no longer tried."""
    query = select(due_deal).where(due_deal.c.crm == crm, due_deal.c.set_aside_at.is_not(None))
    rows = connection.execute(query.order_by(due_deal.c.deal_id))
    return [SetAside(row.deal_id, row.attempts, row.reason, row.set_aside_at) for row in rows]


def _ready(crm: str, now: datetime) -> ColumnElement[bool]:
    """Choose the deals whose time has come, also where that was noted by a clock that has been set back since."""
    come = or_(due_deal.c.ready_at <= now, due_deal.c.ready_at > now + LONGEST, due_deal.c.asked_at > now + APART)
    return and_(DUE, due_deal.c.crm == crm, come)


def _free(now: datetime) -> ColumnElement[bool]:
    until = due_deal.c.lease_until
    return or_(until.is_(None), until <= now, until > now + LONGEST)


def _these(crm: str, deal_ids: Sequence[str]) -> ColumnElement[bool]:
    return and_(due_deal.c.crm == crm, due_deal.c.deal_id.in_(deal_ids))


def _held(connection: Connection, claimed: Claim) -> dict[str, int]:
    """Lock the deals that the worker still holds, and give how often each was asked for by now.

    What another worker took over, after the lease had run out, is left alone.
    """
    held = and_(_these(claimed.crm, claimed.ids), due_deal.c.worker == claimed.worker)
    query = select(due_deal.c.deal_id, due_deal.c.asks).where(held).order_by(due_deal.c.deal_id).with_for_update()
    return {row.deal_id: row.asks for row in connection.execute(query)}


def _release(connection: Connection, crm: str, deal_ids: Sequence[str], values: dict[str, object]) -> None:
    if deal_ids:
        free = update(due_deal).where(_these(crm, deal_ids))
        connection.execute(free.values({"worker": "", "lease_until": None, **values}))
