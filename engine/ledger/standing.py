"""How work stands, by CRM: what is due, on its way, set aside and found, and how sweeps go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, case, func, select, union

from engine.ledger.due import SetAside
from engine.ledger.tables import LIVE, STANDING, change, due_deal, finding, run, sweep, sweep_part

WAITING, IN_HAND, FAILED, SET_ASIDE = "waiting", "in hand", "failed", "set aside"
DUE_STATES = (WAITING, IN_HAND, FAILED, SET_ASIDE)
CHANGE_STATES = ("planned", "sending", "in doubt")
LIVE_STATES = ("waiting", "reading", "judging", "applying")
DONE = "done"
"""How a sweep ends well, and a part of one."""


@dataclass(frozen=True, slots=True)
class DueStanding:
    """The due deals of a CRM by state, and since when the one waits that waits longest; none set aside counts there."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class SweepStanding:
    """A sweep as it stands: how many of its parts and deals are in which state; a digest once it has ended."""

    crm: str
    slot: str
    state: str
    reason: str
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_id: int | None
    parts: Mapping[str, int] = field(default_factory=dict)
    deals: Mapping[str, int] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.state in LIVE_STATES

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than by being done."""
        return not self.live and self.state != DONE

    @property
    def judged(self) -> float:
        """How much of it is judged, from 0 to 1; 0 while it is not known of how much."""
        all_deals = sum(self.deals.values())
        return self.deals.get(DONE, 0) / all_deals if all_deals else float(self.state == DONE)


def known_crms(connection: Connection) -> list[str]:
    """Name the CRMs that the store knows, sorted."""
    names = union(select(run.c.crm), select(sweep.c.crm), select(due_deal.c.crm))
    return sorted(connection.execute(names).scalars())


def due_standing(connection: Connection, crms: Collection[str], now: datetime) -> dict[str, DueStanding]:
    """Count due deals by CRM and state; a CRM without any has nothing counted."""
    state = case(
        (due_deal.c.set_aside_at.is_not(None), SET_ASIDE),
        (and_(due_deal.c.lease_until.is_not(None), due_deal.c.lease_until > now), IN_HAND),
        (due_deal.c.attempts > 0, FAILED),
        else_=WAITING,
    ).label("state")
    query = select(due_deal.c.crm, state, func.count().label("many"), func.min(due_deal.c.asked_at).label("oldest"))
    rows = connection.execute(query.where(due_deal.c.crm.in_(crms)).group_by(due_deal.c.crm, state)).all()
    return {crm: _due([row for row in rows if row.crm == crm]) for crm in crms}


def set_aside_standing(connection: Connection, crms: Collection[str], most: int) -> list[tuple[str, SetAside]]:
    """List the deals that are no longer tried by CRM and id, no more than `most`."""
    aside = (due_deal.c.crm.in_(crms), due_deal.c.set_aside_at.is_not(None))
    rows = connection.execute(select(due_deal).where(*aside).order_by(due_deal.c.crm, due_deal.c.deal_id).limit(most))
    return [(row.crm, SetAside(row.deal_id, row.attempts, row.reason, row.set_aside_at)) for row in rows]


def is_set_aside(connection: Connection, crm: str, deal_id: str) -> bool:
    """Whether a deal is no longer tried."""
    this = (due_deal.c.crm == crm, due_deal.c.deal_id == deal_id, due_deal.c.set_aside_at.is_not(None))
    return connection.execute(select(due_deal.c.deal_id).where(*this)).first() is not None


def outbox_standing(connection: Connection, crms: Collection[str]) -> dict[str, dict[str, int]]:
    """Count the changes that are not settled, by CRM and state."""
    live = select(change.c.run_id, change.c.state, func.count().label("many")).where(LIVE)
    by_run = live.group_by(change.c.run_id, change.c.state).subquery()
    query = select(run.c.crm, by_run.c.state, func.sum(by_run.c.many).label("many"))
    theirs = query.join(run, by_run.c.run_id == run.c.id).where(run.c.crm.in_(crms))
    return _counts(connection, theirs.group_by(run.c.crm, by_run.c.state), crms)


def findings_standing(connection: Connection, crms: Collection[str]) -> dict[str, dict[str, int]]:
    """Count the findings that stand, by CRM and kind; all of them are looked at."""
    query = select(run.c.crm, finding.c.kind.label("state"), func.count().label("many"))
    standing = query.join(run, finding.c.run_id == run.c.id).where(STANDING, run.c.crm.in_(crms))
    return _counts(connection, standing.group_by(run.c.crm, finding.c.kind), crms)


def last_sweep(connection: Connection, crm: str, *, done: bool = False) -> SweepStanding | None:
    """Tell of the latest sweep of a CRM, or of the latest that was `done`; None: there is none."""
    query = select(sweep).where(sweep.c.crm == crm)
    query = query.where(sweep.c.state == DONE) if done else query
    row = connection.execute(query.order_by(sweep.c.id.desc()).limit(1)).first()
    return None if row is None else _sweep(connection, row)


def _due(rows: list[Row[tuple[str, str, int, datetime]]]) -> DueStanding:
    oldest = min((row.oldest for row in rows if row.state != SET_ASIDE), default=None)
    return DueStanding({row.state: row.many for row in rows}, oldest)


def _counts(
    connection: Connection, query: Select[tuple[str, str, int]], crms: Collection[str]
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {crm: {} for crm in crms}
    for row in connection.execute(query):
        found[row.crm][row.state] = int(row.many)
    return found


def _sweep(connection: Connection, row: Row[tuple[object, ...]]) -> SweepStanding:
    many = (func.count().label("parts"), func.coalesce(func.sum(sweep_part.c.deals), 0).label("deals"))
    query = select(sweep_part.c.state, *many).where(sweep_part.c.sweep_id == row.id).group_by(sweep_part.c.state)
    parts = connection.execute(query).all()
    return SweepStanding(
        row.crm,
        row.slot,
        row.state,
        row.reason,
        row.due_at,
        row.started_at,
        row.finished_at,
        row.run_id,
        {each.state: each.parts for each in parts},
        {each.state: each.deals for each in parts},
    )
