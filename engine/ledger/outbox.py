"""The outbox: changes that are `planned -> sending -> done | refused | in doubt`.

`sending` is committed before the CRM is called, so that whatever a killed worker left can be told from what it never
tried. What one call to the CRM wrote is concluded in one transaction, with what we remember of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from engine.judge.change_json import change_from_json, change_to_json
from engine.judge.changes import Change, ChangeKind, OutcomeOfChange, Receipt
from engine.ledger.lease import APART, LONGEST, Lease
from engine.ledger.runs import UNFINISHED
from engine.ledger.tables import LIVE, change, receipt, run, task_memory
from engine.ledger.upsert import inserting
from engine.ledger.written import note_moves, note_tasks

PLANNED, SENDING = "planned", "sending"
IN_DOUBT = OutcomeOfChange.IN_DOUBT.value
LIVE_STATES = (PLANNED, SENDING, IN_DOUBT)
NOT_ARRIVED = "it did not reach the CRM; the deal is judged again"
"""Why a change is given up that was sent and did not arrive."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the outbox; `attempts` counts the times it was sent before it was read from there."""

    id: int
    run_id: int
    change: Change
    attempts: int


def slot_of(planned: Change) -> str:
    """Name what a change writes to; at most one live change may write to it."""
    if planned.task is not None:
        return f"task:{planned.task.key}"
    return f"{'stage' if planned.kind is ChangeKind.MOVE_STAGE else 'flags'}:{planned.deal_id}"


def put(connection: Connection, run_id: int, changes: Iterable[Change], now: datetime) -> int:
    """Plan changes; those whose slot holds a live change wait for a later run, and are counted."""
    rows = [_row(run_id, each, now) for each in changes]
    if not rows:
        return 0
    taken = _live_slots(connection, sorted({row["deal_id"] for row in rows}))
    free = [row for row in rows if row["slot"] not in taken]
    if free:
        connection.execute(inserting(connection, change).on_conflict_do_nothing(), free)
    return len(rows) - len(free)


def claim(connection: Connection, run_id: int, limit: int, lease: Lease) -> list[Entry]:
    """Take up to `limit` planned changes to send; commit before calling the CRM.

    A task that another run wrote meanwhile is left out for good.
    """
    planned = select(change).where(LIVE, change.c.state == PLANNED, change.c.run_id == run_id)
    rows = connection.execute(planned.order_by(change.c.id).limit(limit).with_for_update(skip_locked=True)).all()
    doubled = _written_meanwhile(connection, rows)
    give_up(connection, [_entry(row) for row in rows if row.id in doubled], lease.now, "another run wrote it meanwhile")
    mine = update(change).where(change.c.id.in_([row.id for row in rows if row.id not in doubled]))
    values = {"state": SENDING, "worker": lease.worker, "lease_until": lease.until, "sent_at": lease.now}
    connection.execute(mine.values({**values, "attempts": change.c.attempts + 1}))
    if len(doubled) == len(rows) > 0:
        return claim(connection, run_id, limit, lease)
    return [_entry(row) for row in rows if row.id not in doubled]


def conclude(connection: Connection, entries: Sequence[Entry], receipts: Sequence[Receipt], now: datetime) -> None:
    """Record what became of sent changes, and what is now known to stand in the CRM."""
    _settle(connection, entries, receipts, now)
    pairs = [(entry.change, each) for entry, each in zip(entries, receipts, strict=True)]
    note_tasks(connection, pairs, now)
    note_moves(connection, pairs)


def give_up(connection: Connection, entries: Sequence[Entry], now: datetime, reason: str) -> None:
    """Refuse changes ourselves, with the reason; the CRM said nothing about them."""
    refused = [Receipt(entry.change.key, OutcomeOfChange.REFUSED, reason=reason) for entry in entries]
    _settle(connection, entries, refused, now)


def put_in_doubt(connection: Connection, now: datetime, gone: Collection[str]) -> int:
    """Put in doubt what is being sent by workers that are gone, or whose lease ran out; count it.

    What was sent by a clock that has been set back since counts as sent now, so that it is read back in time.
    """
    late = (LIVE, change.c.state.in_((SENDING, IN_DOUBT)), change.c.sent_at > now + APART)
    connection.execute(update(change).where(*late).values(sent_at=now))
    until = change.c.lease_until
    lost = or_(until <= now, until > now + LONGEST, change.c.worker.in_(gone))
    rows = connection.execute(
        select(change).where(LIVE, change.c.state == SENDING, lost).with_for_update(skip_locked=True)
    )
    entries = [_entry(row) for row in rows]
    reason = "its worker was not heard of again"
    doubts = [Receipt(entry.change.key, OutcomeOfChange.IN_DOUBT, reason=reason) for entry in entries]
    conclude(connection, entries, doubts, now)
    return len(entries)


def sending_workers(connection: Connection) -> set[str]:
    """Name the workers that have changes under way."""
    return set(connection.execute(select(change.c.worker).where(LIVE, change.c.state == SENDING).distinct()).scalars())


def in_doubt(connection: Connection, crm: str, sent_before: datetime, ours: Collection[int], limit: int) -> list[Entry]:
    """List changes in doubt that were sent to a CRM long enough ago for it to show them: of `ours` and ended runs."""
    ended = or_(run.c.id.in_(ours), run.c.state.not_in(UNFINISHED))
    runs = select(run.c.id).where(run.c.crm == crm, ended)
    settled = (LIVE, change.c.state == IN_DOUBT, change.c.sent_at <= sent_before, change.c.run_id.in_(runs))
    rows = connection.execute(select(change).where(*settled).order_by(change.c.id).limit(limit))
    return [_entry(row) for row in rows]


def any_in_doubt(connection: Connection, deal_ids: Sequence[str]) -> bool:
    """Whether a change of these deals is in doubt, of whichever run."""
    doubtful = (LIVE, change.c.state == IN_DOUBT, change.c.deal_id.in_(deal_ids))
    return connection.execute(select(change.c.id).where(*doubtful).limit(1)).first() is not None


def plan_again(connection: Connection, entries: Sequence[Entry]) -> None:
    """Put changes that did not reach the CRM back to be sent."""
    ids = [entry.id for entry in entries]
    connection.execute(update(change).where(change.c.id.in_(ids)).values(state=PLANNED, lease_until=None))


def drop_planned(connection: Connection, run_id: int, now: datetime) -> int:
    """Let go of what a run planned and did not write: what was never sent is forgotten, the rest is refused."""
    planned = (LIVE, change.c.state == PLANNED, change.c.run_id == run_id)
    dropped = connection.execute(delete(change).where(*planned, change.c.attempts == 0)).rowcount
    tried = [_entry(row) for row in connection.execute(select(change).where(*planned))]
    give_up(connection, tried, now, NOT_ARRIVED)
    return dropped + len(tried)


def make_way(connection: Connection, deal_ids: Sequence[str], as_of: datetime, now: datetime) -> None:
    """Let go of what runs for an earlier moment planned for deals that are judged anew, and have not written yet."""
    older = select(run.c.id).where(run.c.state.in_(UNFINISHED), run.c.as_of < as_of)
    planned = (LIVE, change.c.state == PLANNED, change.c.deal_id.in_(deal_ids), change.c.run_id.in_(older))
    connection.execute(delete(change).where(*planned, change.c.attempts == 0))
    tried = [_entry(row) for row in connection.execute(select(change).where(*planned).with_for_update())]
    give_up(connection, tried, now, "the deal was judged again since")


def count_in_state(connection: Connection, run_id: int) -> dict[str, int]:
    """Count a run's changes by state."""
    query = select(change.c.state, func.count().label("many")).where(change.c.run_id == run_id)
    return {row.state: row.many for row in connection.execute(query.group_by(change.c.state))}


def _settle(connection: Connection, entries: Sequence[Entry], receipts: Sequence[Receipt], now: datetime) -> None:
    if not entries:
        return
    for outcome in OutcomeOfChange:
        ids = [entry.id for entry, each in zip(entries, receipts, strict=True) if each.outcome is outcome]
        if ids:
            finished = None if outcome is OutcomeOfChange.IN_DOUBT else now
            settled = update(change).where(change.c.id.in_(ids))
            connection.execute(settled.values(state=outcome.value, finished_at=finished))
    rows = [_receipt_row(entry, each, now) for entry, each in zip(entries, receipts, strict=True)]
    connection.execute(receipt.insert(), rows)


def _row(run_id: int, planned: Change, now: datetime) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "key": planned.key,
        "slot": slot_of(planned),
        "deal_id": planned.deal_id,
        "kind": planned.kind.value,
        "payload": change_to_json(planned),
        "state": PLANNED,
        "attempts": 0,
        "planned_at": now,
        "worker": "",
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.run_id, change_from_json(row.payload), row.attempts)


def _receipt_row(entry: Entry, each: Receipt, now: datetime) -> dict[str, Any]:
    words = {"key": each.key, "outcome": each.outcome.value, "crm_id": each.crm_id, "reason": each.reason}
    return {"change_id": entry.id, "run_id": entry.run_id, "at": now, **words}


def _live_slots(connection: Connection, deal_ids: Sequence[str]) -> set[str]:
    live = (change.c.deal_id.in_(deal_ids), change.c.state.in_(LIVE_STATES))
    return set(connection.execute(select(change.c.slot).where(*live)).scalars())


def _written_meanwhile(connection: Connection, rows: Sequence[Row[Any]]) -> set[int]:
    keys = {row.payload["task"]["key"]: row.id for row in rows if row.kind == ChangeKind.CREATE_TASK.value}
    known = select(task_memory.c.key).where(task_memory.c.key.in_(list(keys)))
    return {keys[key] for key in connection.execute(known).scalars()} if keys else set()
