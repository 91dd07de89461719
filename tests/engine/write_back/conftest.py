"""Verdicts made by hand, a clock that is set, a CRM in memory that fails on demand, and stores to write to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from connectors.protocol import Capabilities, CrmError, OnRead, Spent
from engine.judge.changes import Change, ChangeKind, CrmTask, Flags, OutcomeOfChange, Receipt, WriteBackState
from engine.judge.crossings import Move
from engine.judge.plan_settings import PlanSettings, plan_settings
from engine.judge.verdicts import Finding, Gate, GateStatus, ScoreResult, State, Verdict
from engine.ledger.runs import RunFacts
from engine.ledger.store import Ledger, open_ledger
from engine.runs.apply import apply
from engine.runs.batches import BatchOfVerdicts
from engine.runs.write_back import Applied, ApplySettings, WriteBack, never_gone
from rules.playbook import Calendar, Enforce, Kind, Playbook, Stage, TaskSpec
from rules.problems import Problem
from rules.types import Duration, Unit
from tests.postgresql import NoPostgresqlError, make_database, postgresql

AS_OF = datetime(2026, 11, 2, 9, tzinfo=UTC)
PLAYBOOK = Playbook(
    id="sales",
    version=1,
    title="Sales",
    calendar=Calendar(timezone="America/New_York", holidays="US"),
    stages=tuple(
        Stage(id=each, title=each.title(), crm={"fake": each.title()}) for each in ("discovery", "demo", "proposal")
    ),
    text="playbook: sales\n",
)


class Killed(BaseException):
    """What stops a process at once; nothing in the product may catch it."""


@dataclass
class Make:
    """Builds verdicts with small defaults."""

    as_of: datetime = AS_OF

    def finding(self, criterion: str = "pain", deal: str = "D-1", **changed: Any) -> Finding:
        person = changed.get("person_id", "")
        plain = Finding(
            key=f"{deal}:{criterion}:{person}" if person else f"{deal}:{criterion}",
            deal_id=deal,
            kind=Kind.EXIT_CRITERION,
            criterion=criterion,
            state=State.UNMET,
            enforce=Enforce.SOFT,
            says=f"{criterion} is written down",
            because=f"{criterion} is blank",
            do=f"fill in {criterion}",
            task=TaskSpec(f"Fill in {criterion}", due=Duration(2, Unit.BUSINESS_DAYS)),
        )
        return replace(plain, **changed)

    def verdict(self, *findings: Finding, deal: str = "D-1", stage: str = "demo", **changed: Any) -> Verdict:
        blocks = [each.criterion for each in findings if each.open and each.enforce.blocks]
        status = GateStatus.NOT_YET if blocks else GateStatus.CLEAR
        plain = Verdict(
            deal_id=deal,
            name=f"Deal {deal}",
            owner="Ann",
            owner_id="ann",
            stage=stage,
            crm_stage=stage.title(),
            outcome="open",
            segment="",
            gate=Gate(status, "demo" if blocks else "proposal", tuple(sorted(blocks))),
            qualification=ScoreResult(3, Decimal("33.333333"), "weak"),
            ideal_client=None,
            findings=findings,
            playbook="sales@1",
            as_of=self.as_of,
        )
        return replace(plain, **changed)

    def blocked(self, *findings: Finding, deal: str = "D-1", stage: str = "proposal", allowed: str = "demo") -> Verdict:
        gate = Gate(GateStatus.BLOCKED, allowed, tuple(each.criterion for each in findings))
        return self.verdict(*findings, deal=deal, stage=stage, gate=gate)


@dataclass
class FakeCrm:
    """A CRM in memory without unique task keys: a task that is sent twice is there twice."""

    flags: dict[str, Flags] = field(default_factory=dict)
    tasks: list[CrmTask] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    calls: list[list[Change]] = field(default_factory=list)
    refuse: Mapping[str, str] = field(default_factory=dict)
    fault: Callable[[Sequence[Change]], str] = lambda _changes: ""
    name: str = "fake"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(False, True, False))  # noqa: FBT003

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        wanted = set(deal_ids)
        flags = {deal: each for deal, each in self.flags.items() if deal in wanted}
        return WriteBackState(flags, {task.key: task for task in self.tasks if task.deal_id in wanted})

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        self.calls.append(list(changes))
        fault = self.fault(changes)
        if fault == "killed before":
            raise Killed
        if fault == "error before":
            raise CrmError("the line is down")
        receipts = [self.put(change) for change in changes if fault != "half" or change in changes[::2]]
        if fault == "killed after":
            raise Killed
        if fault == "error after":
            raise CrmError("the line went down")
        return [] if fault == "answers lost" else receipts

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        return {change.key: self._stands(change) for change in changes}

    def made(self) -> Counter[str]:
        return Counter(task.key for task in self.tasks)

    def task(self, key: str) -> CrmTask:
        return next(task for task in self.tasks if task.key == key)

    def change_task(self, key: str, **changed: Any) -> None:
        """Do what a person does to a task."""
        self.tasks = [replace(task, **changed) if task.key == key else task for task in self.tasks]

    def put(self, change: Change) -> Receipt:
        if change.kind.value in self.refuse:
            return Receipt(change.key, OutcomeOfChange.REFUSED, reason=self.refuse[change.kind.value])
        if change.kind is ChangeKind.SET_FLAGS and change.flags:
            self.flags[change.deal_id] = change.flags
        elif change.kind is ChangeKind.MOVE_STAGE:
            self.stages[change.deal_id] = change.to_stage
            self.notes.append(change.note)
        elif change.kind is ChangeKind.CREATE_TASK and change.task:
            self.tasks.append(replace(change.task, id=f"T-{len(self.tasks) + 1}"))
        elif change.task:
            self.tasks = [change.task if each.id == change.task.id else each for each in self.tasks]
        return Receipt(change.key, OutcomeOfChange.DONE, crm_id=change.task.id if change.task else change.deal_id)

    def _stands(self, change: Change) -> bool:
        if change.kind is ChangeKind.SET_FLAGS:
            return self.flags.get(change.deal_id) == change.flags
        if change.kind is ChangeKind.MOVE_STAGE:
            return self.stages.get(change.deal_id) == change.to_stage
        task = change.task
        return any(task and replace(each, id="") == replace(task, id="") for each in self.tasks)

    def read(self, *_args: Any, **_kwargs: Any) -> Iterator[Any]:
        yield from ()

    @property
    def problems(self) -> Sequence[Problem]:
        return ()

    @property
    def cost(self) -> str:
        return ""

    @property
    def spent(self) -> Spent:
        return Spent()

    def watch(self, on_read: OnRead) -> None:
        pass

    def record_sweep(self, ended_at: datetime) -> None:
        pass

    def deal_id(self, given: str) -> str:
        return given

    def count_open(self) -> int | None:
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass
class Desk:
    """One CRM, one store and one clock, and runs over them."""

    crm: FakeCrm
    ledger: Ledger
    settings: PlanSettings
    now: datetime = AS_OF
    settle: timedelta = timedelta(0)
    worker: str = "w"
    gone: Callable[[str], bool] = never_gone

    def means(self) -> WriteBack:
        settings = ApplySettings(self.settings, self.worker, settle=self.settle, at_once=3, gone=self.gone)
        return WriteBack(self.crm, self.ledger, settings, now=lambda: self.now)

    def apply(
        self,
        *verdicts: Verdict,
        managers: Mapping[str, str] | None = None,
        unjudged: Sequence[str] = (),
        moves: Mapping[str, Move] | None = None,
    ) -> Applied:
        facts = RunFacts("apply", self.crm.name, self.now, "0.1.0", (PLAYBOOK,))
        ordered = sorted(verdicts, key=lambda verdict: verdict.deal_id)
        return apply([BatchOfVerdicts(ordered, managers or {}, unjudged, moves or {})], self.means(), facts)

    def later(self, **passed: float) -> Self:
        self.now += timedelta(**passed)
        return self


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()


@pytest.fixture(scope="session")
def settings() -> PlanSettings:
    return plan_settings([PLAYBOOK], "fake", correct_moves=True)


@pytest.fixture(scope="session")
def crm_type() -> type[FakeCrm]:
    return FakeCrm


@pytest.fixture(scope="session")
def killed() -> type[BaseException]:
    return Killed


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    return PLAYBOOK


@pytest.fixture(scope="session")
def open_desk(settings: PlanSettings) -> Callable[[Ledger], Desk]:
    return lambda ledger: Desk(FakeCrm(), ledger, settings)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A new store: SQLite always, PostgreSQL where its server programs are installed."""
    if request.param == "sqlite":
        where: str | Path = tmp_path / "ledger.db"
    else:
        where = request.getfixturevalue("postgresql_url")
    with open_ledger(where, may_upgrade=True) as opened:
        yield opened


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """Make a database with the store's tables on the server and give its address."""
    return make_database(postgresql_server, "ready")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Start a PostgreSQL server with a database `ready` that has the store's tables, or skip."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with ExitStack() as running:
        try:
            server = running.enter_context(postgresql())
        except NoPostgresqlError as lacking:
            pytest.skip(str(lacking))
        open_ledger(server.replace("/postgres?", "/ready?"), may_upgrade=True).close()
        yield server


@pytest.fixture
def desk(open_desk: Callable[[Ledger], Desk], ledger: Ledger) -> Desk:
    return open_desk(ledger)
