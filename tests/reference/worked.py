"""Worked examples: a small playbook and a deal or two, with the answer worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from engine.judge.tables import Tables, canonical_schemas
from engine.judge.waivers import Waiver
from rules.condition import MET, Compare, Condition, Literal, Operator, Quantifier, Reference, Related, Value
from rules.playbook import Calendar, Criterion, Enforce, Playbook, Role, Stage
from rules.types import STANDARD_TABLES, Field, FieldType

NOW = datetime(2026, 6, 17, 15, 30, tzinfo=UTC)
"""A Wednesday."""
FIELDS = (
    Field("pain", FieldType.TEXT),
    Field("budget_confirmed", FieldType.YES_NO),
    Field("rating", FieldType.NUMBER),
    Field("met_at", FieldType.TIME),
    Field("wants", FieldType.TEXT, "contacts"),
    Field("sway", FieldType.NUMBER, "contacts"),
)
STAGES = (
    Stage("talk", "Talk"),
    Stage("trial", "Trial", optional=True),
    Stage("offer", "Offer"),
    Stage("close", "Close"),
)
PLAYBOOK = Playbook(
    id="worked",
    version=1,
    title="Worked",
    stages=STAGES,
    fields=FIELDS,
    roles=(Role("buyer"), Role("champion")),
)

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Example:
    """One worked example.

    `found` is the complete set of findings of deal `d1`: states by `criterion` or `criterion:person`, with the deadline
    behind the state where it has one; `waived` behind that. `gate` is the status and the allowed stage, where told.
    """

    rule: int
    says: str
    found: Mapping[str, str]
    playbook: Playbook = PLAYBOOK
    deal: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    tracked: frozenset[str] | None = None
    as_of: datetime = NOW
    waivers: tuple[Waiver, ...] = ()
    gate: tuple[str, str] | None = None
    segment: str = ""

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.says}"

    @property
    def tables(self) -> Tables:
        """The deal and its rows as tables; what is `lacking` is not delivered."""
        deal = {"id": "d1", "stage": "talk", "outcome": "open", "created_at": self.as_of, **self.deal}
        others = list(self.rows.get("deals", ()))
        rows = {**self.rows, "deals": [deal, *others]}
        schemas = canonical_schemas(self.playbook)
        return Tables(
            {name: _table(rows.get(name, ()), each) for name, each in schemas.items() if name not in self.lacking},
            self.tracked,
        )


def column(name: str, table: str = "deals") -> Reference:
    """Name a column."""
    own = {each.id: each.type for each in FIELDS if each.table == table}
    return Reference(table, name, {**STANDARD_TABLES[table], **own}[name])


def is_(name: str, op: str, value: Any, table: str = "deals") -> Compare:
    """Compare a column with a value."""
    return Compare(column(name, table), Operator(op), value if isinstance(value, Value) else Literal(value))


def rows_of(table: str, quantifier: str, condition: Condition, where: Condition = MET, k: int = 1) -> Related:
    """Quantify over related rows."""
    return Related(table, Quantifier(quantifier), condition, where, Literal(k))


def ask(name: str, require: Condition, enforce: str = "advise", **more: Any) -> Criterion:
    """Make a criterion."""
    return Criterion(name, "", require, Enforce(enforce), **more)


def asking(*criteria: Criterion, **more: Any) -> Playbook:
    """Make a playbook that asks these things in every stage."""
    return replace(PLAYBOOK, every_stage=criteria, **more)


def staged(talk: Sequence[Criterion] = (), offer: Sequence[Criterion] = (), **more: Any) -> Playbook:
    """Make a playbook with exit criteria in its first stage and its third."""
    first, trial, third, last = STAGES
    stages = (replace(first, exit_criteria=tuple(talk)), trial, replace(third, exit_criteria=tuple(offer)), last)
    return replace(PLAYBOOK, stages=stages, **more)


def in_(timezone: str, country: str = "", **more: Any) -> Calendar:
    """Make a calendar."""
    return Calendar(timezone, holidays=country, **more)


def at(moment: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(moment).astimezone(UTC)


def _table(rows: Rows, schema: pa.Schema) -> pa.Table:
    columns = {name: [{"deal_id": "d1", **row}.get(name) for row in rows] for name in schema.names}
    return pa.table(columns, schema=schema)
