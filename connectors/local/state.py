"""What a local CRM holds of ours: flags and tasks as they stand, and whether a change in doubt was made."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from connectors.local.layout import FLAG_COLUMNS, TASK_COLUMNS, columns_of, listed
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, WriteBackState

OF_DEALS = "deal_id IN (SELECT value FROM json_each(?))"
COMPLETED = "completed"
ITEM = re.compile(r"(?:\\.|[^;\\])+", re.DOTALL)


def read_state(db: sqlite3.Connection, deal_ids: Sequence[str]) -> WriteBackState:
    """Read the flags and our tasks of some deals; tasks without a key are not ours."""
    chosen = (json.dumps(list(deal_ids)),)
    flags = db.execute(f"SELECT {listed(FLAG_COLUMNS)} FROM flags WHERE {OF_DEALS}", chosen)
    tasks = db.execute(f"SELECT {listed(TASK_COLUMNS)} FROM tasks WHERE {OF_DEALS} AND key <> '' ORDER BY key", chosen)
    return WriteBackState(dict(_readable_flags(flags)), {task.key: task for task in map(_task_of, tasks)})


def task_by(db: sqlite3.Connection, column: str, value: str) -> CrmTask | None:
    """Find a task by its `key` or `id`."""
    row = db.execute(f"SELECT {listed(TASK_COLUMNS)} FROM tasks WHERE {listed([column])} = ?", (value,)).fetchone()
    return _task_of(row) if row else None


def was_written(db: sqlite3.Connection, change: Change) -> bool:
    """Say whether what a change asks for is so."""
    if change.kind is ChangeKind.SET_FLAGS:
        return read_state(db, [change.deal_id]).flags.get(change.deal_id) == change.flags
    if change.kind is ChangeKind.MOVE_STAGE:
        return _was_moved(db, change)
    found = task_by(db, "key", change.task.key) if change.task else None
    if found is None or change.task is None:
        return False
    if change.kind is ChangeKind.COMPLETE_TASK:
        return found.status == COMPLETED
    return change.kind is ChangeKind.CREATE_TASK or _same(found, change.task)


def join_flags(flags: Iterable[str]) -> str:
    """Write flags into one cell, separated by `;`; a `;` inside one has a backslash before it."""
    return ";".join(re.sub(r"([;\\\\])", r"\\\1", flag) for flag in flags)


def split_flags(cell: str) -> tuple[str, ...]:
    """Read the flags that `join_flags` wrote."""
    return tuple(re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL) for item in ITEM.findall(cell))


def _readable_flags(rows: Iterable[Sequence[str | None]]) -> Iterator[tuple[str, Flags]]:
    """Yield flags by deal; what a person rewrote beyond reading counts as absent and is written anew."""
    for row in rows:
        deal_id, status, score, band, allowed, missing, flags, deadline, playbook, checked_at, *more = (
            each or "" for each in row
        )
        try:
            exact = Decimal(score) if score else None
            due = date.fromisoformat(deadline) if deadline else None
            moment = datetime.fromisoformat(checked_at)
        except (ValueError, InvalidOperation):
            continue
        lists = [split_flags(each) for each in (flags, *more)]
        yield deal_id, Flags(status, exact, band, allowed, missing, lists[0], due, playbook, moment, *lists[1:])


def _task_of(row: Sequence[str | None]) -> CrmTask:
    deal_id, id_, key, title, due, status, owner_id = row
    return CrmTask(deal_id or "", id_ or "", key or "", title or "", _day(due), status or "", owner_id or None)


def _day(text: str | None) -> date | None:
    """Read a due date; one that a person rewrote beyond reading is no date."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _was_moved(db: sqlite3.Connection, change: Change) -> bool:
    if columns_of(db, "stage_moves"):
        return db.execute("SELECT 1 FROM stage_moves WHERE key = ?", (change.key,)).fetchone() is not None
    row = db.execute("SELECT stage FROM deals WHERE id = ?", (change.deal_id,)).fetchone()
    return row is not None and row[0] == change.to_stage


def _same(found: CrmTask, asked: CrmTask) -> bool:
    return (found.title, found.due, found.status, found.owner_id) == (
        asked.title,
        asked.due,
        asked.status,
        asked.owner_id,
    )
