"""The small protocol behind which every CRM stands: read tables, read write-back state, write changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.tables import Tables
from rules.playbook import Playbook


class CrmError(Exception):
    """The CRM could not be read or written; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do; nobody guesses."""

    unique_task_key: bool
    moves_stages: bool
    preventive_gates: bool


class Connector(Protocol):
    """One CRM. `name` is the key playbooks use under `crm:` (`local`, `salesforce`, `hubspot`)."""

    name: str
    capabilities: Capabilities

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield batches of deals, sorted by id, each with all its related rows; `deal_ids` limits which deals.

        Columns are the canonical ones and the fields and records of `playbooks`, named by their playbook ids.
        Stages, roles and other choices keep the CRM's own names; the engine maps them.
        """
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

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
