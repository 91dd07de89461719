"""A case of a playbook: one small deal with its related rows, and all that must be found on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.judge.waivers import Waiver
from rules.problems import Place

CRM = "cases"
"""The pseudo CRM of cases: no playbook names it, so stages and roles go by their playbook ids."""

Rows = Mapping[str, tuple[Mapping[str, Any], ...]]
"""Typed rows by table."""


@dataclass(frozen=True, slots=True)
class ExpectedFinding:
    """A finding's state (`waived` beside the usual ones), and its due date where that is compared too."""

    state: str = "unmet"
    due: date | None = None

    def __str__(self) -> str:
        return f"{self.state} {self.due}" if self.due else self.state


@dataclass(frozen=True, slots=True)
class Expected:
    """What the judgement must be. `gate` is status and allowed stage, or None for no gate; findings are complete.

    `segment` is None where it is not compared; scores hold only the keys to compare, by scorecard.
    """

    gate: tuple[str, str] | None
    segment: str | None = None
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    findings: Mapping[str, ExpectedFinding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One case; `not_delivered` holds `table` and `table.column` names the CRM of this case lacks."""

    name: str
    place: Place
    as_of: datetime
    deal_id: str
    rows: Rows
    expect: Expected
    waivers: tuple[Waiver, ...] = ()
    not_delivered: frozenset[str] = frozenset()
