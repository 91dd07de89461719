"""Writes changes into a local CRM's tables, each at most once, and says what became of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from connectors.local.layout import FLAG_COLUMNS, MOVE_COLUMNS, TASK_COLUMNS, columns_of, listed
from connectors.local.state import COMPLETED, join_flags, task_by
from engine.judge.changes import Change, ChangeKind, CrmTask, OutcomeOfChange, Receipt

WRITER = "dealgate"
"""Who changed a stage, as `stage_changes` records it."""


class ChangeRefusedError(Exception):
    """A change does not fit what stands in the CRM."""


def write_change(db: sqlite3.Connection, change: Change) -> Receipt:
    """Write one change inside the caller's transaction; a refusal writes nothing."""
    try:
        _deal_must_exist(db, change)
        crm_id = WRITERS[change.kind](db, change)
    except ChangeRefusedError as refusal:
        return Receipt(change.key, OutcomeOfChange.REFUSED, reason=str(refusal))
    return Receipt(change.key, OutcomeOfChange.DONE, crm_id)


def _set_flags(db: sqlite3.Connection, change: Change) -> str:
    flags = change.flags
    if flags is None:
        raise ChangeRefusedError("the change carries no flags")
    values = (
        change.deal_id, flags.status, _text(flags.score), flags.band, flags.allowed_stage, flags.missing,
        join_flags(flags.flags), _text(flags.next_deadline), flags.playbook, flags.checked_at.isoformat(),
        join_flags(flags.blocked_stages), join_flags(flags.waived), join_flags(flags.blocking),
    )  # fmt: skip
    db.execute("DELETE FROM flags WHERE deal_id = ?", (change.deal_id,))
    _insert(db, "flags", FLAG_COLUMNS, values)
    return change.deal_id


def _create_task(db: sqlite3.Connection, change: Change) -> str:
    task = _task(change)
    if (standing := task_by(db, "key", task.key)) is not None:
        return standing.id
    new_id = f"dealgate-{sha256(task.key.encode()).hexdigest()[:16]}"
    values = (task.deal_id, new_id, task.key, task.title, _text(task.due), task.status, task.owner_id)
    _insert(db, "tasks", TASK_COLUMNS, values)
    return new_id


def _update_task(db: sqlite3.Connection, change: Change) -> str:
    task = _task(change)
    standing = _standing(db, task)
    if standing.status == COMPLETED and task.status != COMPLETED:
        raise ChangeRefusedError("the task was completed meanwhile")
    values = (task.title, _text(task.due), task.status, task.owner_id, standing.id)
    db.execute("UPDATE tasks SET title = ?, due = ?, status = ?, owner_id = ? WHERE id = ?", values)
    return standing.id


def _complete_task(db: sqlite3.Connection, change: Change) -> str:
    standing = _standing(db, _task(change))
    db.execute("UPDATE tasks SET status = ? WHERE id = ?", (COMPLETED, standing.id))
    return standing.id


def _move_stage(db: sqlite3.Connection, change: Change) -> str:
    """Move the deal; in a folder the move is written down for the CRM's own import, once."""
    asked = bool(columns_of(db, "stage_moves"))
    if asked and db.execute("SELECT 1 FROM stage_moves WHERE key = ?", (change.key,)).fetchone():
        return change.deal_id
    stage = db.execute("SELECT stage FROM deals WHERE id = ?", (change.deal_id,)).fetchone()[0]
    if stage != change.from_stage:
        now = f"in `{stage}`" if stage else "in no stage"
        raise ChangeRefusedError(f"the deal no longer stands in `{change.from_stage}`, but {now}")
    at = _text(change.at and change.at.isoformat())
    if asked:
        moved = (change.key, change.deal_id, change.from_stage, change.to_stage, at, change.note)
        _insert(db, "stage_moves", MOVE_COLUMNS, moved)
        return change.deal_id
    db.execute("UPDATE deals SET stage = ? WHERE id = ?", (change.to_stage, change.deal_id))
    _record_move(db, change, at)
    return change.deal_id


def _record_move(db: sqlite3.Connection, change: Change, at: str | None) -> None:
    """Add the move to the deal's history, where the CRM keeps one and the moment is known."""
    values = {
        "deal_id": change.deal_id,
        "from_stage": change.from_stage,
        "to_stage": change.to_stage,
        "changed_at": at,
        "changed_by": WRITER,
    }
    columns = [column for column in columns_of(db, "stage_changes") if column in values]
    if columns and at:
        _insert(db, "stage_changes", columns, [values[column] for column in columns])


WRITERS: Mapping[ChangeKind, Callable[[sqlite3.Connection, Change], str]] = {
    ChangeKind.SET_FLAGS: _set_flags,
    ChangeKind.CREATE_TASK: _create_task,
    ChangeKind.UPDATE_TASK: _update_task,
    ChangeKind.COMPLETE_TASK: _complete_task,
    ChangeKind.MOVE_STAGE: _move_stage,
}


def _deal_must_exist(db: sqlite3.Connection, change: Change) -> None:
    if db.execute("SELECT 1 FROM deals WHERE id = ?", (change.deal_id,)).fetchone() is None:
        raise ChangeRefusedError(f"there is no deal `{change.deal_id}`")


def _task(change: Change) -> CrmTask:
    if change.task is None or not change.task.key:
        raise ChangeRefusedError("the change carries no task with a key")
    return change.task


def _standing(db: sqlite3.Connection, task: CrmTask) -> CrmTask:
    standing = task_by(db, "key", task.key) or (task_by(db, "id", task.id) if task.id else None)
    if standing is None:
        raise ChangeRefusedError(f"there is no task with the key `{task.key}`")
    return standing


def _insert(db: sqlite3.Connection, table: str, columns: Sequence[str], values: Sequence[str | None]) -> None:
    marks = ", ".join("?" for _ in columns)
    db.execute(f"INSERT INTO {table} ({listed(columns)}) VALUES ({marks})", values)


def _text(value: object) -> str | None:
    """Write a value in canonical form; null stays null."""
    return None if value is None else str(value)
