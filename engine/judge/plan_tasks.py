"""Tasks: which ones a verdict asks for, and what must be written so that the CRM holds them.

A task a person closed, changed or deleted stays as they left it until its finding clears or occurs anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from engine.judge.changes import Change, ChangeKind, CrmTask
from engine.judge.memory import Memory, content_of
from engine.judge.plan_settings import Terms
from engine.judge.verdicts import Finding, Verdict
from rules.playbook import Enforce

PREFIX = "dealgate:"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
LONGEST_TITLE = 255
"""The length of a task's title that every CRM at hand holds."""


def counts(finding: Finding) -> bool:
    """Whether a finding is to be met in the CRM: not waived, and more than observed."""
    return not finding.waiver and finding.enforce is not Enforce.OBSERVE


def one_line(text: str) -> str:
    """Write a text of a CRM on one line, without characters that cannot be seen."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def due_of(finding: Finding, terms: Terms, opened: datetime) -> date | None:
    """Give the local date a finding's task is due: counted from when it opened, else the finding's own."""
    if finding.task is None or finding.task.due is None:
        return finding.due
    return terms.calendar.deadline(opened, finding.task.due)


def wanted_tasks(
    verdict: Verdict,
    terms: Terms,
    memory: Memory,
    managers: Mapping[str, str],
    as_of: datetime,
    *,
    present: Iterable[CrmTask] = (),
) -> dict[str, CrmTask]:
    """Give the open tasks a verdict asks for, by key: one for each finding that asks for one.

    An open task that is `present` in the CRM and not remembered, since the store was lost or is an older copy, stays
    its finding's task.
    """
    tasks = {}
    unknown = {each.key for each in present if each.status == "open"} - memory.tasks.keys()
    for finding in verdict.findings:
        if finding.task is None or not counts(finding):
            continue
        opened = memory.opened.get((finding.key, finding.occurrence), as_of)
        fresh = _numbered(task_key(finding, terms.calendar.local_date(opened)), memory)
        key = _latest(finding, unknown) or fresh
        tasks[key] = CrmTask(
            deal_id=verdict.deal_id,
            id="",
            key=key,
            title=_title(finding.task.title),
            due=due_of(finding, terms, opened),
            status="open",
            owner_id=_assignee(verdict.owner_id, finding.task.assignee, managers),
        )
    return tasks


def task_key(finding: Finding, opened: date) -> str:
    """Name the task of a finding: the same until the finding occurs anew."""
    return f"{PREFIX}{finding.key}:{finding.occurrence or opened.isoformat()}"


def task_changes(
    deal_id: str, wanted: Mapping[str, CrmTask], present: Iterable[CrmTask], memory: Memory, unjudged: Iterable[str]
) -> Iterator[Change]:
    """Yield what must be written so that the wanted tasks stand in the CRM and those of cleared findings are done.

    Tasks of criteria that could not be judged this time (`unjudged`) are left alone.
    """
    standing = {task.key: task for task in present if task.key.startswith(PREFIX)}
    kept = tuple(f"{PREFIX}{deal_id}:{criterion}:" for criterion in unjudged)
    for key in sorted(wanted.keys() | standing.keys()):
        task, stands = wanted.get(key), standing.get(key)
        if task is not None:
            yield from _ensure(task, stands, memory)
        elif stands is not None and stands.status == "open" and not key.startswith(kept):
            done = replace(stands, status="completed")
            yield Change("", ChangeKind.COMPLETE_TASK, deal_id, task=done)


def _latest(finding: Finding, keys: Collection[str]) -> str | None:
    """Give the latest of the keys that name a task of a finding, whatever day it opened."""
    if finding.occurrence or not keys:
        return None
    of_finding = re.compile(rf"{re.escape(PREFIX + finding.key)}:{DAY}(:[0-9]+)?")
    return max(filter(of_finding.fullmatch, keys), default=None)


def _numbered(key: str, memory: Memory) -> str:
    """Give the key of a finding that came back on its day a number: a task that we completed is not opened again."""
    number, free = 1, key
    while (written := memory.tasks.get(free)) is not None and written.status == "completed":
        number += 1
        free = f"{key}:{number}"
    return free


def _ensure(task: CrmTask, stands: CrmTask | None, memory: Memory) -> Iterator[Change]:
    written = memory.tasks.get(task.key)
    if stands is None:
        if written is None:
            yield Change("", ChangeKind.CREATE_TASK, task.deal_id, task=task)
        return
    if written is not None and written.untouched(stands) and content_of(stands) != content_of(task):
        yield Change("", ChangeKind.UPDATE_TASK, task.deal_id, task=replace(task, id=stands.id))


def _assignee(owner: str | None, assignee: str, managers: Mapping[str, str]) -> str | None:
    if owner is None or assignee != "owner.manager":
        return owner
    return managers.get(owner, owner)


def _title(title: str) -> str:
    line = one_line(title)
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 3]}..."
