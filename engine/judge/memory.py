"""What the ledger knows, as a value: enough to plan without asking it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.judge.changes import CrmTask


@dataclass(frozen=True, slots=True)
class WrittenTask:
    """A task as we last wrote it; where the CRM shows another content, a person changed it since."""

    key: str
    title: str
    due: date | None
    status: str
    owner_id: str | None

    def untouched(self, present: CrmTask) -> bool:
        """Whether the CRM still shows what we wrote."""
        return content_of(present) == content_of(self)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen and written before.

    `opened` tells when a finding, by key and occurrence, last became open (or upcoming) without a waiver; `tasks` what
    we last wrote, by task key; `last_stage` where each deal stood at its last check, in the CRM's words;
    `moves_today` how often each deal's move was undone on this local day.
    """

    opened: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    tasks: Mapping[str, WrittenTask] = field(default_factory=dict)
    last_stage: Mapping[str, str] = field(default_factory=dict)
    moves_today: Mapping[str, int] = field(default_factory=dict)


def content_of(task: CrmTask | WrittenTask) -> tuple[str, date | None, str, str | None]:
    """Give what of a task a person may change: title, due date, status and assignee."""
    return (task.title, task.due, task.status, task.owner_id)
