"""What the query's columns mean: one judgement per criterion, clock, rule or built-in finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ibis.expr import types as ir

from engine.judge.query.scope import NOW, Build, Scope
from engine.judge.query.truth import NO, surely
from rules.playbook import Clock, Criterion, Enforce, Kind, Rule

UPCOMING = 2
"""A state beside MET, UNMET and UNKNOWN: a deadline that runs but is not late."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing that is judged: its state is in `column` (null: does not apply).

    Beside it may stand `column.due` and `column.since` (clocks), `column.people` (open findings per person),
    `column.step` (own clocks) and `column.open` (whether it counts: unmet or unknown, and not waived).
    """

    id: str
    kind: Kind
    column: str
    enforce: Enforce
    stage: str = ""
    scope: Scope = NOW
    source: Criterion | Clock | Rule | None = None
    per_person: bool = False
    extras: tuple[str, ...] = ()

    def columns(self) -> Iterator[str]:
        """Yield every column of the query that belongs to this judgement."""
        yield self.column
        yield from (f"{self.column}.{extra}" for extra in self.extras)


@dataclass
class Judgements:
    """All that is judged, in the order it was added, and what could not be judged for want of data."""

    items: list[Judgement] = field(default_factory=list)
    unjudged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: dict[str, ir.Value] = field(default_factory=dict)
    unsettled: list[Judgement] = field(default_factory=list)

    def add(self, judgement: Judgement, columns: dict[str, ir.Value]) -> None:
        """Queue a judgement's columns, written over the deals as they stand until `settle` adds them."""
        self.waiting |= columns
        self.unsettled.append(judgement)
        self.items.append(judgement)

    def settle(self, build: Build) -> None:
        """Add what is queued to the deals in one step, and in a second whether each judgement is open."""
        build.frame.add(self.waiting)
        build.frame.add({f"{each.column}.open": is_open(build, each) for each in self.unsettled})
        self.waiting, self.unsettled = {}, []

    def blocking(self, *kinds: Kind) -> list[Judgement]:
        """List the hard and soft judgements of some kinds."""
        return [each for each in self.items if each.enforce.blocks and each.kind in kinds]


def is_open(build: Build, judgement: Judgement) -> ir.BooleanValue:
    """Say whether a judgement has a finding that counts."""
    deals = build.frame.table
    state = surely(deals[judgement.column] <= 0)
    found = state & ~waived(deals, judgement.id)
    if judgement.per_person:
        return found | (deals[f"{judgement.column}.count"].fill_null(0) > 0)
    return found


def waived(rows: ir.Table, criterion: str | ir.StringValue) -> ir.BooleanValue:
    """Say whether the deal holds a waiver for it; never, where the query was compiled without waivers."""
    if "_waived" not in rows.columns:
        return NO
    return rows["_waived"].contains(criterion).fill_null(NO)
