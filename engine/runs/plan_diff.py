"""A plan as a difference, deal by deal: what stands in the CRM now, and what will."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from engine.judge.changes import Change, ChangeKind, CrmTask, Flags
from engine.judge.plan import Plan, Planned

SHOWN_FLAGS = ("status", "allowed_stage", "score", "band", "missing", "flags", "next_deadline", "playbook")


def plan_diff(plan: Plan) -> str:
    """Write a plan as a difference; "" where nothing changes."""
    lines: list[str] = []
    for deal_id, entries in groupby(plan.entries, key=lambda entry: entry.change.deal_id):
        some = list(entries)
        lines += [f"--- {deal_id} {some[0].deal_name}".rstrip(), f"+++ {deal_id} as planned"]
        lines += [line for entry in some for line in _differences(entry)]
    return "".join(f"{line}\n" for line in lines)


def changed_flags(before: Flags | None, after: Flags) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield the flags that change, in words, with their lines before and after."""
    for name in SHOWN_FLAGS:
        old, new = _lines(before, name), _lines(after, name)
        if old != new:
            yield name.replace("_", " "), old, new


def _differences(entry: Planned) -> Iterator[str]:
    change = entry.change
    if change.flags is not None:
        for title, old, new in changed_flags(entry.flags, change.flags):
            yield from (f"- {title}: {line}" for line in old)
            yield from (f"+ {title}: {line}" for line in new)
    elif change.task is not None:
        yield from _task_lines(change.kind, entry.task, change.task)
    else:
        yield from _move_lines(change)


def _lines(flags: Flags | None, name: str) -> list[str]:
    value = getattr(flags, name) if flags is not None else None
    if value is None:
        return []
    return list(value) if isinstance(value, tuple) else str(value).splitlines()


def _task_lines(kind: ChangeKind, before: CrmTask | None, after: CrmTask) -> Iterator[str]:
    if kind is not ChangeKind.CREATE_TASK and before is not None:
        yield f"- task {_task_words(before)}"
    yield f"+ task {_task_words(after)}"


def _task_words(task: CrmTask) -> str:
    due = f"due {task.due}" if task.due else "no date"
    return f"{task.title} ({task.status}, {due}, for {task.owner_id or 'nobody'})"


def _move_lines(change: Change) -> Iterator[str]:
    yield f"- stage: {change.from_stage}"
    yield f"+ stage: {change.to_stage}"
    yield from (f"+ note: {line}" for line in change.note.splitlines())
