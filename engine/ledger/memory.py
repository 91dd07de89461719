"""What the ledger remembers of some deals, as the value that planning takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from engine.judge.changes import ChangeKind, OutcomeOfChange
from engine.judge.memory import Memory, WrittenTask
from engine.ledger.tables import change, deal_seen, finding, task_memory

SENDING = "sending"
SENT = (SENDING, OutcomeOfChange.DONE.value, OutcomeOfChange.IN_DOUBT.value)


def remember(connection: Connection, deal_ids: Sequence[str], day_start: datetime) -> Memory:
    """Gather what was seen and written of at most a few thousand deals; moves count from `day_start` on."""
    return Memory(
        opened=_opened(connection, deal_ids),
        tasks=_tasks(connection, deal_ids),
        last_stage=_stages(connection, deal_ids),
        moves_today=_moves(connection, deal_ids, day_start),
    )


def _opened(connection: Connection, deal_ids: Sequence[str]) -> dict[tuple[str, str], datetime]:
    columns = (finding.c.key, finding.c.occurrence, finding.c.opened_at)
    standing = (finding.c.until.is_(None), finding.c.waiver == "", finding.c.deal_id.in_(deal_ids))
    rows = connection.execute(select(*columns).where(*standing))
    return {(row.key, row.occurrence): row.opened_at for row in rows}


def _tasks(connection: Connection, deal_ids: Sequence[str]) -> dict[str, WrittenTask]:
    columns = [task_memory.c[name] for name in ("key", "title", "due", "status", "owner_id")]
    rows = connection.execute(select(*columns).where(task_memory.c.deal_id.in_(deal_ids)))
    return {row.key: WrittenTask(row.key, row.title, row.due, row.status, row.owner_id) for row in rows}


def _stages(connection: Connection, deal_ids: Sequence[str]) -> dict[str, str]:
    query = select(deal_seen.c.deal_id, deal_seen.c.stage).where(deal_seen.c.deal_id.in_(deal_ids))
    return {row.deal_id: row.stage for row in connection.execute(query)}


def _moves(connection: Connection, deal_ids: Sequence[str], day_start: datetime) -> dict[str, int]:
    sent = (change.c.state.in_(SENT), change.c.sent_at >= day_start, change.c.deal_id.in_(deal_ids))
    moves = (change.c.kind == ChangeKind.MOVE_STAGE.value, *sent)
    query = select(change.c.deal_id, func.count().label("moves")).where(*moves).group_by(change.c.deal_id)
    return {row.deal_id: row.moves for row in connection.execute(query)}
