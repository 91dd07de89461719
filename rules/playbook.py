"""A loaded playbook: typed, checked and frozen. Everything below is a value; `rules.load` makes it from YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rules.condition import MET, Condition, Literal, Value
from rules.policies import GatePolicy, WaiverPolicy
from rules.types import Duration, Field


class Enforce(StrEnum):
    """How strictly something is enforced (rule 6): hard and soft block, advise makes tasks, observe records."""

    OBSERVE = "observe"
    ADVISE = "advise"
    SOFT = "soft"
    HARD = "hard"

    @property
    def blocks(self) -> bool:
        """Whether an open finding of this strictness closes the gate."""
        return self in {Enforce.SOFT, Enforce.HARD}


class Kind(StrEnum):
    """What kind of finding something gives."""

    EXIT_CRITERION = "exit_criterion"
    ENTRY_CRITERION = "entry_criterion"
    OUTCOME_CRITERION = "outcome_criterion"
    PROPOSAL_FOLLOW_UP = "proposal_follow_up"
    NEXT_STEP = "next_step"
    STAGE_AGE = "stage_age"
    BUYER_SILENCE = "buyer_silence"
    SELLER_SILENCE = "seller_silence"
    CLOSE_DATE = "close_date"
    CLOCK = "clock"
    RULE = "rule"
    BYPASS = "bypass"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days count: IANA time zone, weekend as Monday = 0 numbers, country's holidays, own closed days."""

    timezone: str = "UTC"
    weekend: tuple[int, ...] = (5, 6)
    holidays: str = ""
    closed: tuple[date, ...] = ()
    fiscal_year_start: int = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of deal; the first whose condition is met is the deal's. `when` is MET for `otherwise`."""

    id: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Role:
    """People the playbook asks for: an id and, per CRM, the names that CRM uses; an unnamed CRM uses the id."""

    id: str
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A related table beyond the standard ones."""

    id: str
    fields: tuple[Field, ...]
    crm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """The task a finding asks for; `title` may name `{deal.name}`, `{account.name}`, `{person.name}`.

    `assignee` is `owner` or `owner.manager`; without `due` the task has no date of its own.
    """

    title: str
    due: Duration | None = None
    assignee: str = "owner"


@dataclass(frozen=True, slots=True)
class ForEach:
    """One finding, key and task per person in one of `roles`; at least `at_least` such people must be known."""

    roles: tuple[str, ...]
    at_least: Value = Literal(1)


@dataclass(frozen=True, slots=True)
class Criterion:
    """What must be true; `require` already carries `confirmed_by`. `when` unmet: it does not apply (rule 3)."""

    id: str
    says: str
    require: Condition
    enforce: Enforce
    when: Condition = MET
    for_each: ForEach | None = None
    until_left: bool = False
    task: TaskSpec | None = None
    coach: str = ""
    do: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Something to send or read in a stage."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the buyer's journey; `crm` names it in each CRM."""

    id: str
    title: str
    crm: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    buyer_journey: str = ""
    objectives: tuple[str, ...] = ()
    buyer_tasks: tuple[str, ...] = ()
    seller_tasks: tuple[str, ...] = ()
    content: tuple[Content, ...] = ()
    entry_criteria: tuple[Criterion, ...] = ()
    exit_criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a deal may end: `counts_as` won, lost or none; `from_stage` is the first stage it may end from, or ""."""

    id: str
    counts_as: str
    crm: Mapping[str, str] = field(default_factory=dict)
    from_stage: str = ""
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """Points a scorecard dimension earns where `when` is met."""

    points: int
    when: Condition
    says: str = ""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One line of a scorecard; its points are the most of its met levels (rule 9)."""

    id: str
    title: str
    levels: tuple[Level, ...]
    weight: int = 1

    @property
    def most(self) -> int:
        """The points of the best level, unweighted."""
        return max((level.points for level in self.levels), default=0)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`qualification` or `ideal_client`; bands by their least percent, best first."""

    id: str
    title: str
    dimensions: tuple[Dimension, ...]
    bands: tuple[tuple[str, int], ...] = ()

    @property
    def most(self) -> int:
        """The weighted maximum of points."""
        return sum(dimension.weight * dimension.most for dimension in self.dimensions)


@dataclass(frozen=True, slots=True)
class Moves:
    """What skipping a stage or going back is worth; None: not judged."""

    skip: Enforce | None = None
    back: Enforce | None = None


@dataclass(frozen=True, slots=True)
class ProposalClock:
    """Follow-ups after a proposal (rule 11); each duration is a `Value` of a Duration, or None: not asked."""

    first_follow_up: Value | None
    then_every: Value | None
    silence_limit: Value | None
    enforce: Enforce
    task: TaskSpec | None = None
    coach: str = ""


@dataclass(frozen=True, slots=True)
class NextStepClock:
    """A next step must be agreed, dated today or later and at most so far ahead, from a stage on."""

    from_stage: str
    at_most_ahead: Value | None
    enforce: Enforce
    task: TaskSpec | None = None
    coach: str = ""


@dataclass(frozen=True, slots=True)
class StageAgeClock:
    """How long a deal may stand in a stage: limits by stage id, then `otherwise`."""

    limits: Mapping[str, Value]
    otherwise: Value | None
    enforce: Enforce
    task: TaskSpec | None = None
    coach: str = ""


@dataclass(frozen=True, slots=True)
class SilenceClock:
    """How long one side may be silent; `kind` is buyer_silence or seller_silence."""

    kind: Kind
    limit: Value
    enforce: Enforce
    task: TaskSpec | None = None
    coach: str = ""


@dataclass(frozen=True, slots=True)
class CloseDateClock:
    """How often the close date may be moved later (rule 13)."""

    moved_later_at_most: Value
    enforce: Enforce
    task: TaskSpec | None = None
    coach: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a clock of one's own: so long after the last restart, do this."""

    after: Value
    task: TaskSpec | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class ProgressClock:
    """A clock of one's own: whichever of `since_last` moved last restarts it; the latest step reached holds.

    `since_last` holds names of deal columns: a time column restarts at its own value, any other when it changed.
    """

    id: str
    says: str
    stages: tuple[str, ...]
    since_last: tuple[str, ...]
    steps: tuple[Step, ...]
    enforce: Enforce
    when: Condition = MET
    coach: str = ""


Clock = ProposalClock | NextStepClock | StageAgeClock | SilenceClock | CloseDateClock | ProgressClock


@dataclass(frozen=True, slots=True)
class Rule:
    """What belongs to no stage: a finding where `when` is met and `require` (absent: never) is not met."""

    id: str
    says: str
    when: Condition
    require: Condition | None
    enforce: Enforce
    flag: str = ""
    task: TaskSpec | None = None
    coach: str = ""
    layer: int = 1
    do: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """One sales process, ready to judge deals by."""

    id: str
    version: int
    title: str
    stages: tuple[Stage, ...]
    applies_to: Condition = MET
    priority: int = 0
    enforce: Enforce = Enforce.ADVISE
    calendar: Calendar = field(default_factory=Calendar)
    currency: str = "USD"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    fields: tuple[Field, ...] = ()
    records: tuple[Record, ...] = ()
    roles: tuple[Role, ...] = ()
    ideal_client: Scorecard | None = None
    qualification: Scorecard | None = None
    every_stage: tuple[Criterion, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    moves: Moves = field(default_factory=Moves)
    clocks: tuple[Clock, ...] = ()
    rules: tuple[Rule, ...] = ()
    waivers: WaiverPolicy = field(default_factory=WaiverPolicy)
    gates: GatePolicy = field(default_factory=GatePolicy)
    text: str = ""

    @property
    def name(self) -> str:
        """The id and version as findings record them, such as `enterprise@3`."""
        return f"{self.id}@{self.version}"

    @property
    def scorecards(self) -> tuple[Scorecard, ...]:
        """The cards present, ideal client first: qualification may read it, never the other way."""
        return tuple(card for card in (self.ideal_client, self.qualification) if card is not None)

    def criteria(self) -> Iterator[Criterion]:
        """Yield every criterion: of every stage, of each stage (entry, then exit), of outcomes."""
        yield from self.every_stage
        for stage in self.stages:
            yield from stage.entry_criteria
            yield from stage.exit_criteria
        for outcome in self.outcomes:
            yield from outcome.criteria
