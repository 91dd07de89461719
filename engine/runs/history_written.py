"""Entries of a history that tell what was written to the CRM, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import RowMapping

from engine.judge.change_json import change_from_json
from engine.judge.changes import Change, ChangeKind, CrmTask
from engine.ledger.deal_history import RunSeen
from engine.runs.history_entries import Entry, What

DONE = "done"


def of_changes(rows: Sequence[RowMapping], runs: Mapping[int, RunSeen]) -> Iterator[Entry]:
    """Tell each change with its last receipt."""
    for row in rows:
        run = runs[row["run_id"]]
        says, details = _words(change_from_json(row["payload"]))
        yield Entry(run.as_of, What.WRITTEN, f"{says}{_became(row)}", (*details, *_receipt(row)), run)


def _words(change: Change) -> tuple[str, tuple[str, ...]]:
    task = change.task
    match change.kind:
        case ChangeKind.CREATE_TASK if task is not None:
            return f"task added: {task.title}", (_for(task),)
        case ChangeKind.UPDATE_TASK if task is not None:
            return f"task changed: {task.title}", (_for(task),)
        case ChangeKind.COMPLETE_TASK if task is not None:
            return f"task completed: {task.title}", ()
        case ChangeKind.MOVE_STAGE:
            return f"moved back from `{change.from_stage}` to `{change.to_stage}`", tuple(change.note.splitlines())
    flags = change.flags
    status = flags.status if flags is not None and flags.status else "no gate"
    return f"flags set: {status}", tuple(flags.missing.splitlines()) if flags is not None else ()


def _for(task: CrmTask) -> str:
    return f"due {task.due or 'on no date'}, for {task.owner_id or 'nobody'}"


def _became(row: RowMapping) -> str:
    return "" if row["state"] == DONE else f" ({row['state']})"


def _receipt(row: RowMapping) -> Iterator[str]:
    """Say what the CRM answered: what it calls the record, and why it refused."""
    if row["reason"]:
        yield row["reason"]
    if row["at"] is not None:
        record = f", record {row['crm_id']}" if row["crm_id"] else ""
        yield f"receipt {row['at']:%Y-%m-%d %H:%M:%S} UTC{record}"
