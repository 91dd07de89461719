"""What is known to stand in the CRM after a write: tasks as we wrote them, stages as we set them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, update

from engine.judge.changes import Change, ChangeKind, CrmTask, OutcomeOfChange, Receipt
from engine.ledger.tables import deal_seen, task_memory
from engine.ledger.upsert import inserting

CONTENT = ("title", "due", "status", "owner_id", "crm_id", "written_at")


def note_tasks(connection: Connection, pairs: Iterable[tuple[Change, Receipt]], now: datetime) -> None:
    """Remember the tasks that were written, as they were written."""
    rows = [
        _task_row(change.task, receipt, now)
        for change, receipt in pairs
        if change.task is not None and receipt.outcome is OutcomeOfChange.DONE
    ]
    if rows:
        insert = inserting(connection, task_memory)
        new = {name: insert.excluded[name] for name in CONTENT}
        connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=new), rows)


def note_moves(connection: Connection, pairs: Sequence[tuple[Change, Receipt]]) -> None:
    """Remember where moved deals stand: where we put them, or where they stayed because the CRM refused.

    A move in doubt changes nothing: the deal is judged again from where it was last seen.
    """
    moves = [(change, receipt.outcome) for change, receipt in pairs if change.kind is ChangeKind.MOVE_STAGE]
    settled = {OutcomeOfChange.DONE: "to_stage", OutcomeOfChange.REFUSED: "from_stage"}
    rows = [
        {"deal": change.deal_id, "now": getattr(change, settled[outcome])}
        for change, outcome in moves
        if outcome in settled
    ]
    if rows:
        stands = update(deal_seen).where(deal_seen.c.deal_id == bindparam("deal")).values(stage=bindparam("now"))
        connection.execute(stands, rows)


def _task_row(task: CrmTask, receipt: Receipt, now: datetime) -> dict[str, Any]:
    content = {name: getattr(task, name) for name in ("key", "deal_id", "title", "due", "status", "owner_id")}
    return content | {"crm_id": receipt.crm_id or task.id, "written_at": now}
