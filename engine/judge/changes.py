"""What a run would write: one change per write the CRM needs, and the CRM's present write-back state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class ChangeKind(StrEnum):
    """The writes Dealgate makes, and no others."""

    SET_FLAGS = "set_flags"
    CREATE_TASK = "create_task"
    UPDATE_TASK = "update_task"
    COMPLETE_TASK = "complete_task"
    MOVE_STAGE = "move_stage"


class OutcomeOfChange(StrEnum):
    """What became of a change."""

    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Flags:
    """What a deal carries in the CRM; `missing` is in words, one line a finding. Null score: no scorecard.

    `blocked_stages` are the CRM's names of stages the deal may not move to now, since `blocking` (ids of open criteria,
    clocks and rules) stand against it; `waived` are those excepted.
    """

    status: str
    score: Decimal | None
    band: str
    allowed_stage: str
    missing: str
    flags: tuple[str, ...]
    next_deadline: date | None
    playbook: str
    checked_at: datetime
    blocked_stages: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrmTask:
    """A task as it stands in the CRM; `status` is open or completed, `due` a local date of the playbook."""

    deal_id: str
    id: str
    key: str
    title: str
    due: date | None
    status: str
    owner_id: str | None


@dataclass(frozen=True, slots=True)
class WriteBackState:
    """What the CRM holds of ours at present, for the deals asked about: flags by deal id, tasks by key."""

    flags: Mapping[str, Flags] = field(default_factory=dict)
    tasks: Mapping[str, CrmTask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One write: its deterministic key (kind, deal, finding, occurrence and content), and what to write.

    `key` names the change in the outbox. For tasks, `task` holds the task as it shall be (`id` is the CRM's own, ""
    for a new one) and `task.key` is what finds it again. For MOVE_STAGE, `to_stage` is the CRM's stage name, and
    `from_stage` the one the deal must still stand in; `note` says why; `at` is the moment a CRM that keeps no clock of
    its own records.
    """

    key: str
    kind: ChangeKind
    deal_id: str
    flags: Flags | None = None
    task: CrmTask | None = None
    from_stage: str = ""
    to_stage: str = ""
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one change; `reason` says why it was refused or is in doubt, in the CRM's words."""

    key: str
    outcome: OutcomeOfChange
    crm_id: str = ""
    reason: str = ""
