"""A plan as a table, with its counts and why it is refused, if it is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.judge.changes import ChangeKind, CrmTask, Flags
from engine.judge.plan import Plan, Planned
from engine.judge.surprise import Totals
from engine.runs.plan_diff import changed_flags

VERBS = {
    ChangeKind.SET_FLAGS: "set flags",
    ChangeKind.CREATE_TASK: "add task",
    ChangeKind.UPDATE_TASK: "change task",
    ChangeKind.COMPLETE_TASK: "complete task",
    ChangeKind.MOVE_STAGE: "move back",
}


def plan_table(plan: Plan) -> RenderableType:
    """Lay a plan out, one line a change."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("deal", "name", "change", "what"):
        table.add_column(name, overflow="fold")
    for entry in plan.entries:
        words = (entry.change.deal_id, entry.deal_name, VERBS[entry.change.kind], "; ".join(_what(entry)))
        table.add_row(*map(Text, words))
    parts: list[RenderableType] = [table, Text()] if plan.entries else []
    parts += [Text(f"gate crossed: {each.words}", style="yellow") for each in plan.crossings]
    parts += [Text(summary_line(plan.totals)), Text(f"checksum {plan.checksum}")]
    parts += [Text(f"refused: {each}", style="red") for each in plan.refusals]
    return Group(*parts)


def summary_line(totals: Totals) -> str:
    """Count a plan's changes in one line."""
    deals = _count(totals.deals, "deal")
    if not totals.changes:
        return f"nothing to write: the CRM already shows what was found on {deals}"
    counts = (
        _count(totals.flags, "deal to flag", "deals to flag"),
        _count(totals.tasks_created, "new task"),
        _count(totals.tasks_updated, "changed task"),
        _count(totals.tasks_completed, "completed task"),
        _count(totals.moves, "move undone", "moves undone"),
    )
    return f"{deals} judged: {', '.join(each for each in counts if not each.startswith('0 '))}"


def _what(entry: Planned) -> Iterator[str]:
    change = entry.change
    if change.flags is not None:
        yield from _flags(entry.flags, change.flags)
    elif change.kind is ChangeKind.MOVE_STAGE:
        yield f"{change.from_stage} -> {change.to_stage}"
    elif change.task is not None:
        yield change.task.title
        yield from _task(entry.task if change.kind is ChangeKind.UPDATE_TASK else None, change.task, change.kind)


def _flags(before: Flags | None, after: Flags) -> Iterator[str]:
    """Say what changes of the flags: one value by itself, several by their number."""
    for title, old, new in changed_flags(before, after):
        if title == "missing":
            yield f"{len(new)} missing"
        else:
            yield f"{title} {_turn(', '.join(old), ', '.join(new))}"


def _task(before: CrmTask | None, after: CrmTask, kind: ChangeKind) -> Iterator[str]:
    if kind is ChangeKind.COMPLETE_TASK:
        return
    due, owner = str(after.due or "no date"), after.owner_id or "nobody"
    if before is None:
        yield f"due {due}"
        yield f"for {owner}"
        return
    pairs = (
        ("title", before.title, after.title),
        ("due", str(before.due or "no date"), due),
        ("for", before.owner_id or "nobody", owner),
        ("status", before.status, after.status),
    )
    yield from (f"{name} {_turn(old, new)}" for name, old, new in pairs if old != new)


def _turn(old: str, new: str) -> str:
    return f"{old} -> {new or 'none'}" if old else new


def _count(count: int, noun: str, nouns: str = "") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"
