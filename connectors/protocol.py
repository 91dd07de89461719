"""The small protocol behind which every CRM stands: read tables, read write-back state, write changes.

What only some CRMs can do stands beside it: `Installable` makes preventive gates, `Preparable` writes by what the
playbooks ask for, `Examinable` is looked at by `doctor`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import pyarrow as pa

from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.tables import Tables
from rules.playbook import Playbook
from rules.problems import Problem


class CrmError(Exception):
    """The CRM could not be read or written; the message says what to do about it."""


class CrmLimitError(CrmError):
    """The CRM takes no more calls for now; what was not done is done by the next run."""


class WriteStopped(CrmError):  # noqa: N818 - it is a stop, not a mistake
    """Writing stopped before its end; changes without a receipt in `receipts` were surely not sent."""

    def __init__(self, reason: str, receipts: Sequence[Receipt]) -> None:
        super().__init__(reason)
        self.receipts = tuple(receipts)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do; nobody guesses. `writes_at_once` is how many changes it likes to be given.

    One that is `read_only` is judged, and refuses every write.
    """

    unique_task_key: bool
    moves_stages: bool
    preventive_gates: bool
    writes_at_once: int = 200
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """API calls made so far, counted by what they were for, and how many of the day's are left, where the CRM tells."""

    calls: Mapping[str, int] = field(default_factory=dict)
    left: int | None = None
    limit: int | None = None


OnRead = Callable[[str, int], None]
"""Is told what is being read, in the CRM's words, and how many rows of it came so far."""


class Connector(Protocol):
    """One CRM. `name` is the key playbooks use under `crm:` (`local`, `salesforce`, `hubspot`)."""

    name: str
    capabilities: Capabilities

    @property
    def problems(self) -> Sequence[Problem]:
        """What was wrong with rows or fields last read; the rest was delivered."""
        ...

    @property
    def cost(self) -> str:
        """What reading and writing cost so far, in words, such as calls made and left today; "" where nothing does."""
        ...

    @property
    def spent(self) -> Spent:
        """What reading and writing cost so far, for counting; nothing where nothing does."""
        ...

    def watch(self, on_read: OnRead) -> None:
        """Tell `on_read` how long reading goes on."""
        ...

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield batches of deals, sorted by id, each with all its related rows; `deal_ids` limits which deals.

        Columns are the canonical ones and the fields and records of `playbooks`, named by their playbook ids.
        Stages, roles and other choices keep the CRM's own names; the engine maps them.
        """
        ...

    def deal_id(self, given: str) -> str:
        """Spell the id of a deal as the tables do, where the CRM knows several spellings."""
        ...

    def count_open(self) -> int | None:
        """Count the open deals, for progress and the surprise guard; None where that would cost a full read."""
        ...

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        """Read what the CRM holds of ours for these deals."""
        ...

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes, each at most once, and give a receipt for each, in order; a refusal stops no other."""
        ...

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        """Say, by change key, whether a change in doubt did reach the CRM."""
        ...

    def record_sweep(self, ended_at: datetime) -> None:
        """Tell the CRM that a sweep ended, where its own gates ask how fresh they are."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class SharesTexts(Protocol):
    """A CRM that finds by itself which texts deals share, so that nobody reads the pipeline for it."""

    def shared_texts(self, fields: Sequence[str], endings: Collection[str], playbooks: Sequence[Playbook]) -> pa.Table:
        """Find the texts of these deal fields that open deals of several accounts share (`engine.judge.copies`)."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One way in which a CRM's own rules and fields are not what the playbooks ask for."""

    what: str
    wrong: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation made or changed, and what could not be made, each in words."""

    made: tuple[str, ...] = ()
    refused: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


@runtime_checkable
class Installable(Protocol):
    """A CRM in which fields and rules can be made, so that it refuses a move through a closed gate by itself."""

    def project(self, playbooks: Sequence[Playbook]) -> Mapping[str, bytes]:
        """Give the files of a project that an administrator can read and deploy, by their path in its folder."""
        ...

    def not_prevented(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Name the criteria that the CRM cannot judge by itself, and why."""
        ...

    def install(self, playbooks: Sequence[Playbook]) -> Installed:
        """Make what the playbooks need; what stands already as it should is left alone."""
        ...

    def drift(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Compare what stands in the CRM with what the playbooks ask for."""
        ...


@runtime_checkable
class Preparable(Protocol):
    """A CRM whose writing depends on the playbooks: who writes without having read tells it which they are."""

    def prepare(self, playbooks: Sequence[Playbook]) -> None:
        """Look up what writing for these playbooks needs; no deal is read."""
        ...


class Health(StrEnum):
    """How an observation of `doctor` is to be taken."""

    FINE = "fine"
    UNWISE = "unwise"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing `doctor` looked at; `help` says what to do about what is not fine."""

    health: Health
    about: str
    says: str
    help: str = ""

    @classmethod
    def fine(cls, about: str, says: str) -> Self:
        """Observe that something is as it should be."""
        return cls(Health.FINE, about, says)

    @classmethod
    def failed(cls, about: str, error: CrmError) -> Self:
        """Observe that something could not be looked at."""
        says, _, help_ = str(error).partition("\n  help: ")
        return cls(Health.WRONG, about, says, help_)


@runtime_checkable
class Examinable(Protocol):
    """A CRM whose connection, permissions, fields, limits and stages can be looked at."""

    def examine(self, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
        """Look at everything Dealgate needs, one observation at a time; a failure is an observation too."""
        ...
