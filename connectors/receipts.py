"""What becomes of changes that are sent to a CRM many at once: receipts, in the order asked, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.protocol import CrmError, WriteStopped
from engine.judge.changes import Change, ChangeKind, CrmTask, OutcomeOfChange, Receipt

Receipts = dict[str, Receipt]
Writing = Callable[[Sequence[Change], Receipts], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record: its id, or why not; `uncertain` where no answer tells."""

    id: str = ""
    reason: str = ""
    code: str = ""
    uncertain: bool = False

    @property
    def done(self) -> bool:
        """Whether it was written."""
        return bool(self.id)


def write_by_kind(changes: Sequence[Change], kinds: Mapping[ChangeKind, Writing]) -> Sequence[Receipt]:
    """Write changes kind by kind and give a receipt for each, in order.

    Raises WriteStopped with the receipts so far where the CRM takes no more.
    """
    receipts: Receipts = {}
    try:
        for kind, writing in kinds.items():
            some = [change for change in changes if change.kind is kind]
            if some:
                writing(some, receipts)
    except CrmError as stop:
        raise WriteStopped(str(stop), [receipts[each.key] for each in changes if each.key in receipts]) from None
    return [receipts[each.key] for each in changes]


def receipt_of(change: Change, row: Written) -> Receipt:
    """Say what became of a change by what became of its record."""
    if row.done:
        return Receipt(change.key, OutcomeOfChange.DONE, row.id)
    outcome = OutcomeOfChange.IN_DOUBT if row.uncertain else OutcomeOfChange.REFUSED
    return Receipt(change.key, outcome, reason=row.reason)


def refused(change: Change, reason: str) -> Receipt:
    """Say that a change was not made, and why."""
    return Receipt(change.key, OutcomeOfChange.REFUSED, reason=reason)


def has_key(change: Change, receipts: Receipts) -> bool:
    """Whether a change carries a task that can be found again; one that does not is refused."""
    if change.task is not None and change.task.key:
        return True
    receipts[change.key] = refused(change, "the change carries no task with a key")
    return False


def to_be_changed(change: Change, found: CrmTask | None, receipts: Receipts) -> bool:
    """Whether a task stands as it may be changed; one that a person closed is left alone."""
    task = change.task
    if task is None or found is None:
        receipts[change.key] = refused(change, "the task is no longer there")
    elif change.kind is ChangeKind.COMPLETE_TASK and found.status == "completed":
        receipts[change.key] = Receipt(change.key, OutcomeOfChange.DONE, found.id)
    elif found.status == "completed" and task.status != "completed":
        receipts[change.key] = refused(change, "the task was completed meanwhile")
    return change.key not in receipts


def task_stands(change: Change, found: CrmTask | None) -> bool:
    """Whether a task is as a change asks for."""
    if found is None or change.task is None:
        return False
    if change.kind is ChangeKind.COMPLETE_TASK:
        return found.status == "completed"
    return change.kind is ChangeKind.CREATE_TASK or _same(found, change.task)


def _same(found: CrmTask, asked: CrmTask) -> bool:
    held = (found.title, found.due, found.status, found.owner_id or asked.owner_id)
    return held == (asked.title, asked.due, asked.status, asked.owner_id)
