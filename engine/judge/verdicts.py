"""What was found: findings, gates and scores of one deal, as values that say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rules.playbook import Enforce, Kind, TaskSpec


class State(StrEnum):
    """How a finding stands: `upcoming` is a deadline that runs but is not late; it blocks nothing."""

    UNMET = "unmet"
    UNKNOWN = "unknown"
    UPCOMING = "upcoming"


class GateStatus(StrEnum):
    """Whether a deal may advance (rule 7)."""

    CLEAR = "clear"
    ADVISE = "advise"
    NOT_YET = "not_yet"
    BLOCKED = "blocked"

    @property
    def words(self) -> str:
        """The status as it is written into a CRM, such as `not yet`."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or due on one deal.

    `key` is stable: `deal:criterion`, with `:person` for one of `for_each`. `occurrence` tells one deadline of the
    same finding from the next ("" where the first opening does). `due` is a local date of the playbook. `task` has
    its names filled in. `waiver` says by whom, until when and why it is excepted, or is "".
    """

    key: str
    deal_id: str
    kind: Kind
    criterion: str
    state: State
    enforce: Enforce
    says: str
    because: str
    do: str
    coach: str = ""
    due: date | None = None
    waiver: str = ""
    person_id: str = ""
    occurrence: str = ""
    task: TaskSpec | None = None
    flag: str = ""

    @property
    def open(self) -> bool:
        """Whether it counts: neither waived nor merely upcoming."""
        return not self.waiver and self.state is not State.UPCOMING


@dataclass(frozen=True, slots=True)
class Gate:
    """How far a deal may stand: a stage id of the playbook, or `won`; `unmet` are open hard or soft criteria."""

    status: GateStatus
    allowed_stage: str
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A scorecard's result: weighted points, percent of the weighted maximum, band, points by dimension."""

    points: int
    percent: Decimal
    band: str
    dimensions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was found on one deal. `stage` is a playbook stage or outcome id, or the CRM's word if unmapped.

    `gate` is None for a closed deal and for one in a stage the playbook does not name.
    """

    deal_id: str
    name: str
    owner: str
    owner_id: str | None
    stage: str
    crm_stage: str | None
    outcome: str
    segment: str
    gate: Gate | None
    qualification: ScoreResult | None
    ideal_client: ScoreResult | None
    findings: tuple[Finding, ...]
    playbook: str
    as_of: datetime
