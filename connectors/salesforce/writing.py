"""Writes changes in the fewest calls, each with its receipt, and finds out what became of those in doubt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connectors.flag_texts import TooLongError
from connectors.receipts import Receipts, has_key, receipt_of, refused, task_stands, to_be_changed, write_by_kind
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.collections import Collection
from connectors.salesforce.fetching import IDS_AT_ONCE, listed
from connectors.salesforce.moves import move
from connectors.salesforce.query import text_in_soql
from connectors.salesforce.state import TASK_FIELDS, flag_fields, flags_of, same_flags, task_of
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, Receipt

KEYS_AT_ONCE = 50
"""Task keys in one query: they are long, and an address holds some 16,000 characters."""


class Writer:
    """Writes to one org. `told_by_rules` says whether rules of the org tell all that stands against a deal."""

    def __init__(
        self,
        client: SalesforceClient,
        pause: Callable[[float], None] = time.sleep,
        told_by_rules: Callable[[Flags], bool] = lambda _flags: False,
    ) -> None:
        self._client = client
        self._pause = pause
        self._told_by_rules = told_by_rules

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes and give a receipt for each, in order.

        Raises WriteStopped with the receipts so far where Salesforce takes no more.
        """
        return write_by_kind(
            changes,
            {
                ChangeKind.SET_FLAGS: self._set_flags,
                ChangeKind.CREATE_TASK: self._create_tasks,
                ChangeKind.UPDATE_TASK: self._change_tasks,
                ChangeKind.COMPLETE_TASK: self._change_tasks,
                ChangeKind.MOVE_STAGE: self._move,
            },
        )

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        """Say, by change key, whether what a change asks for is so."""
        deals = sorted({each.deal_id for each in changes if each.task is None})
        rows = {str(row["Id"]): row for row in self._opportunities(deals)}
        tasks = {task.key: task for task in self._tasks(each.task.key for each in changes if each.task)}
        return {each.key: _stands(each, rows.get(each.deal_id), tasks) for each in changes}

    def _set_flags(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Write the fields that are ours, and no others."""
        records, sent = [], []
        for change in sorted(changes, key=lambda each: each.deal_id):
            try:
                flags = change.flags
                asked = {names.ASKED_BY_RULES: self._told_by_rules(flags)} if flags else {}
                records.append({"id": change.deal_id, **(flag_fields(flags) if flags else {}), **asked})
                sent.append(change)
            except TooLongError as too_long:
                receipts[change.key] = refused(change, str(too_long))
        self._send("composite/sobjects", "Opportunity", sent, records, receipts)

    def _create_tasks(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Make tasks by their unique key: one that is there already is not made again."""
        sent = [change for change in changes if has_key(change, receipts)]
        records = [_new_task(change.task) for change in sent if change.task]
        self._send(f"composite/sobjects/Task/{names.KEY}", "Task", sent, records, receipts)

    def _change_tasks(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Change or complete tasks where they stand; one that a person closed is left alone."""
        asked = [change for change in changes if has_key(change, receipts)]
        standing = {task.key: task for task in self._tasks(change.task.key for change in asked if change.task)}
        sent, records = [], []
        for change in asked:
            found = standing.get(change.task.key if change.task else "")
            if to_be_changed(change, found, receipts) and change.task and found:
                sent.append(change)
                records.append(_changed_task(change, change.task, found))
        self._send("composite/sobjects", "Task", sent, records, receipts)

    def _move(self, changes: Sequence[Change], receipts: Receipts) -> None:
        for change in changes:
            receipts[change.key] = move(self._client, change)

    def _send(
        self,
        path: str,
        object_: str,
        changes: Sequence[Change],
        records: Sequence[Mapping[str, Any]],
        receipts: Receipts,
    ) -> None:
        written = Collection(self._client, path, object_, self._pause).write(records)
        for change, row in zip(changes, written, strict=True):
            receipts[change.key] = receipt_of(change, row)

    def _opportunities(self, ids: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        fields = ", ".join(("Id", "StageName", names.NOTE, *names.FLAG_FIELDS))
        for start in range(0, len(ids), IDS_AT_ONCE):
            some = listed(ids[start : start + IDS_AT_ONCE])
            yield from self._client.query(f"SELECT {fields} FROM Opportunity WHERE Id IN ({some})").rows()

    def _tasks(self, keys: Iterable[str]) -> Iterable[CrmTask]:
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            some = ", ".join(text_in_soql(key) for key in wanted[start : start + KEYS_AT_ONCE])
            found = self._client.query(f"SELECT {', '.join(TASK_FIELDS)} FROM Task WHERE {names.KEY} IN ({some})")
            yield from map(task_of, found.rows())


def _new_task(task: CrmTask) -> dict[str, Any]:
    owner = {"OwnerId": task.owner_id} if task.owner_id else {}
    return {
        names.KEY: task.key,
        "WhatId": task.deal_id,
        "Subject": task.title,
        "ActivityDate": task.due.isoformat() if task.due else None,
        "Status": "Not Started",
        "Priority": "Normal",
        **owner,
    }


def _changed_task(change: Change, task: CrmTask, found: CrmTask) -> dict[str, Any]:
    """Write what differs from what stands, and no more."""
    if change.kind is ChangeKind.COMPLETE_TASK:
        return {"id": found.id, "Status": "Completed"}
    owner = {"OwnerId": task.owner_id} if task.owner_id else {}
    due = task.due.isoformat() if task.due else None
    done = {"Status": "Completed"} if task.status == "completed" else {}
    return {"id": found.id, "Subject": task.title, "ActivityDate": due, **owner, **done}


def _stands(change: Change, row: Mapping[str, Any] | None, tasks: Mapping[str, CrmTask]) -> bool:
    if change.kind is ChangeKind.SET_FLAGS:
        return row is not None and change.flags is not None and same_flags(flags_of(row), change.flags)
    if change.kind is ChangeKind.MOVE_STAGE:
        return row is not None and row.get("StageName") == change.to_stage
    return task_stands(change, tasks.get(change.task.key) if change.task else None)
