"""Writes changes in the fewest calls, each with its receipt, and finds out what became of those in doubt.

Tasks are made by plain creation, with their association in the same call: an upsert takes no association, and would
open again what a person closed. That a task is made once is HubSpot's own doing where `dealgate_key` is unique there;
elsewhere the tasks of the deals are read before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from connectors.flag_texts import TooLongError
from connectors.hubspot import names
from connectors.hubspot.batches import TRACE, TWICE, Batches, read_links, read_records
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.gates import NO_GATES, Gates
from connectors.hubspot.moves import STAGE, move
from connectors.hubspot.state import (
    DONE,
    TASK_PROPERTIES,
    TASK_STATUS,
    flag_properties,
    flags_of,
    same_flags,
    task_of,
    task_properties,
)
from connectors.receipts import Receipts, has_key, receipt_of, refused, task_stands, to_be_changed, write_by_kind
from engine.judge.changes import Change, ChangeKind, CrmTask, OutcomeOfChange, Receipt

DEALS, TASKS = "deals", "tasks"
TASK_TO_DEAL = 216
"""HubSpot's own association from a task to a deal."""


class Writer:
    """Writes to one account.

    `unique_key` says whether HubSpot keeps the tasks' key unique, `zone` is the account's time zone, and `gates` are
    the gate properties that are kept in step with the flags.
    """

    def __init__(
        self,
        client: HubSpotClient,
        pause: Callable[[float], None] = time.sleep,
        unique_key: Callable[[], bool] = lambda: False,
        zone: Callable[[], tzinfo] = lambda: UTC,
        gates: Callable[[], Gates] = lambda: NO_GATES,
    ) -> None:
        self._client = client
        self._pause = pause
        self._unique_key = unique_key
        self._zone = zone
        self._gates = gates

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes and give a receipt for each, in order.

        Raises WriteStopped with the receipts so far where HubSpot takes no more.
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
        """Say, by change key, whether what a change asks for is so; search is not asked, since it lags behind."""
        ids = sorted({each.deal_id for each in changes if each.task is None})
        gates = self._gates()
        asked = (STAGE, *names.FLAG_PROPERTIES, *gates.stages)
        found = read_records(self._client, DEALS, ids, asked) if ids else ()
        deals = {str(each["id"]): each["properties"] for each in found}
        tasks = self._tasks([each.task for each in changes if each.task])
        return {each.key: _stands(each, deals.get(each.deal_id), tasks, gates) for each in changes}

    def _set_flags(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Write the properties that are ours, and no others."""
        inputs, sent, gates = [], [], self._gates()
        for change in sorted(changes, key=lambda each: each.deal_id):
            try:
                flags = change.flags
                written = {**flag_properties(flags), **gates.values(flags)} if flags else {}
                inputs.append({"id": change.deal_id, "properties": written})
                sent.append(change)
            except TooLongError as too_long:
                receipts[change.key] = refused(change, str(too_long))
        self._send(Batches(self._client, DEALS, "update", self._pause), sent, inputs, receipts)

    def _create_tasks(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Make tasks that are not there yet, each with its deal."""
        sent = [change for change in changes if has_key(change, receipts)]
        unique = self._unique_key()
        if not unique:
            sent = self._without_standing(sent, receipts)
        inputs = [_new_task(change.task, self._today(), self._zone()) for change in sent if change.task]
        self._send(Batches(self._client, TASKS, "create", self._pause, again=unique), sent, inputs, receipts)

    def _change_tasks(self, changes: Sequence[Change], receipts: Receipts) -> None:
        """Change or complete tasks where they stand; one that a person closed is left alone."""
        asked = [change for change in changes if has_key(change, receipts)]
        standing = self._tasks([change.task for change in asked if change.task])
        sent, inputs = [], []
        for change in asked:
            found = standing.get(change.task.key if change.task else "")
            if to_be_changed(change, found, receipts) and change.task and found:
                sent.append(change)
                inputs.append({"id": found.id, "properties": self._changed(change, change.task)})
        self._send(Batches(self._client, TASKS, "update", self._pause), sent, inputs, receipts)

    def _move(self, changes: Sequence[Change], receipts: Receipts) -> None:
        for change in changes:
            receipts[change.key] = move(self._client, change)

    def _send(
        self, batches: Batches, changes: Sequence[Change], inputs: Sequence[Mapping[str, Any]], receipts: Receipts
    ) -> None:
        twice = []
        for place, row in batches.write(inputs):
            receipts[changes[place].key] = receipt_of(changes[place], row)
            if row.code == TWICE:
                twice.append(changes[place])
        self._without_standing(twice, receipts)

    def _without_standing(self, changes: Sequence[Change], receipts: Receipts) -> list[Change]:
        """Give a receipt for each task that stands already, and the others back."""
        standing = self._tasks([change.task for change in changes if change.task])
        for change in changes:
            found = standing.get(change.task.key) if change.task else None
            if found is not None:
                receipts[change.key] = Receipt(change.key, OutcomeOfChange.DONE, found.id)
        return [change for change in changes if change.task and change.task.key not in standing]

    def _tasks(self, asked: Sequence[CrmTask]) -> dict[str, CrmTask]:
        """Find tasks by their key: by HubSpot's own index where it keeps one, else among those of their deals."""
        if not asked:
            return {}
        deals = {each.key: each.deal_id for each in asked}
        if self._unique_key():
            rows = read_records(self._client, TASKS, deals, TASK_PROPERTIES, names.KEY)
        else:
            linked = read_links(self._client, DEALS, TASKS, deals.values())
            rows = read_records(self._client, TASKS, _all(linked.values()), TASK_PROPERTIES)
        found = ((str(each["properties"].get(names.KEY) or ""), each) for each in rows)
        zone = self._zone()
        return {
            key: task_of(deals[key], str(each["id"]), each["properties"], zone) for key, each in found if key in deals
        }

    def _changed(self, change: Change, task: CrmTask) -> dict[str, str]:
        done = {TASK_STATUS: DONE} if task.status == "completed" else {}
        if change.kind is ChangeKind.COMPLETE_TASK:
            return {TASK_STATUS: DONE}
        return {**task_properties(task, self._today(), self._zone()), **done}

    def _today(self) -> date:
        return (self._client.now() or datetime.now(UTC)).astimezone(self._zone()).date()


def _new_task(task: CrmTask, today: date, zone: tzinfo) -> dict[str, Any]:
    about = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TASK_TO_DEAL}
    new = {names.KEY: task.key, TASK_STATUS: "NOT_STARTED", "hs_task_type": "TODO"}
    return {
        "properties": {**new, **task_properties(task, today, zone)},
        "associations": [{"to": {"id": task.deal_id}, "types": [about]}],
        TRACE: task.key,
    }


def _stands(change: Change, deal: Mapping[str, Any] | None, tasks: Mapping[str, CrmTask], gates: Gates) -> bool:
    if change.kind is ChangeKind.SET_FLAGS:
        flags = change.flags
        if deal is None or flags is None:
            return False
        return same_flags(flags_of(deal), flags) and not gates.out_of_step(deal, flags)
    if change.kind is ChangeKind.MOVE_STAGE:
        return deal is not None and deal.get(STAGE) == change.to_stage
    return task_stands(change, tasks.get(change.task.key) if change.task else None)


def _all(several: Iterable[Sequence[str]]) -> list[str]:
    return [each for some in several for each in some]
