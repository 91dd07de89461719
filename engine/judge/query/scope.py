"""What one compilation of a playbook knows, and the moment a condition is judged at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import ibis
from ibis.expr import types as ir

from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.duckdb import DUCKDB
from engine.judge.query.frame import Frame
from engine.judge.tables import canonical_types
from rules.condition import Compare, Condition, LastChangedBy, Operator, Reference, Related, references, walk
from rules.playbook import Playbook, Stage
from rules.types import FieldType


@dataclass(frozen=True, slots=True)
class Scope:
    """As of now, or (with a stage's id) the moment the deal last left that stage."""

    stage: str = ""

    def column(self, name: str) -> str:
        """Name a column that belongs to this moment, such as `_now@discovery`."""
        return f"_{name}@{self.stage}" if self.stage else f"_{name}"


NOW = Scope()

IBIS_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "string",
    FieldType.CHOICE: "string",
    FieldType.LINK: "string",
    FieldType.CHOICES: "array<string>",
    FieldType.YES_NO: "boolean",
    FieldType.NUMBER: "float64",
    FieldType.MONEY: "decimal(18, 2)",
    FieldType.DATE: "date",
    FieldType.TIME: "timestamp('UTC')",
}
"""The types of `engine.judge.tables.ARROW_TYPES` as expressions name them."""


@dataclass
class Build:
    """One compilation in the making: the frame grows while each file adds its judgements.

    `delivered` are the columns each table has; `tracked` the deal fields with a history (None: all); `counting`
    asks for the counts of related rows beside their states, which only explanations need. `offsets` are the
    business days the playbook counts, `read` the columns it reads of deals, accounts and owners. Without `waiving`
    no deal holds a waiver, which saves a look-up per judgement. `dialect` is whose SQL is written in the end.
    """

    playbook: Playbook
    crm: str
    delivered: Mapping[str, frozenset[str]]
    tracked: frozenset[str] | None
    counting: bool
    offsets: Sequence[int]
    read: Mapping[str, frozenset[str]]
    frame: Frame = field(init=False)
    moment: ir.Table = field(init=False)
    waiving: bool = True
    dialect: Dialect = DUCKDB
    related: dict[tuple[Scope, Related], str] = field(default_factory=dict)
    changed: dict[tuple[Scope, object], str] = field(default_factory=dict)
    business: dict[tuple[Reference, int], str] = field(default_factory=dict)
    serial: Iterator[int] = field(default_factory=count)
    types: Mapping[str, Mapping[str, FieldType]] = field(init=False)

    def __post_init__(self) -> None:
        self.types = canonical_types(self.playbook)

    def source(self, table: str) -> ir.Table:
        """Give a canonical table as the query reads it; columns that were not delivered are null there."""
        return ibis.table({name: IBIS_TYPES[kind] for name, kind in self.types[table].items()}, name=table)

    def name(self, prefix: str) -> str:
        """Give a column name that no other column has."""
        return f"_{prefix}{next(self.serial)}"

    def crm_stage(self, stage: Stage) -> str:
        """Give what the CRM calls a stage."""
        return stage.crm.get(self.crm, stage.id)

    def delivers(self, table: str, *columns: str) -> bool:
        """Say whether the CRM delivers a table with these columns."""
        return table in self.delivered and self.delivered[table].issuperset(columns)

    def missing(self, condition: Condition) -> Iterator[str]:
        """Yield what a condition reads and the CRM does not deliver, such as `activities` or `deals.pain`."""
        for node in walk(condition):
            if isinstance(node, Related) and not self._delivers_rows(node.table):
                yield "contacts" if node.table == "with" else node.table
            if isinstance(node, LastChangedBy) and not self.delivers("field_changes", "changed_by"):
                yield "field_changes"
            if isinstance(node, LastChangedBy) and not self.delivers("owners", "team"):
                yield "owners"
        for subject in references(condition):
            if isinstance(subject, Reference) and not self._delivers_column(subject):
                yield f"{subject.table}.{subject.name}" if subject.table in self.delivered else subject.table
        yield from self._missing_histories(condition)

    def _delivers_rows(self, table: str) -> bool:
        if table == "with":
            return self.delivers("contacts") and self.delivers("activities", "contact_ids")
        return table == "findings" or table in self.delivered

    def _delivers_column(self, subject: Reference) -> bool:
        if subject.table in {"flags", "findings"}:
            return True
        if (subject.table, subject.name) == ("contacts", "last_buyer_activity_at") and self.derives_buyer_activity:
            return self.delivers("contacts")
        if (subject.table, subject.name) == ("deals", "stage_entered_at") and self.delivers("stage_changes"):
            return True
        key = KEYS.get(subject.table)
        return self.delivers(subject.table, subject.name) and (key is None or self.delivers("deals", key))

    def _missing_histories(self, condition: Condition) -> Iterator[str]:
        for subject in changes_read(condition):
            table = "stage_changes" if subject.name == "stage" else "field_changes"
            if not self.delivers(table):
                yield table

    @property
    def derives_buyer_activity(self) -> bool:
        """Whether contacts' last activity comes from the activities (rule 17)."""
        return self.delivers("activities", "contact_ids") and not self.lacking("activities", WHO_DID_WHAT)

    def lacking(self, table: str, columns: Sequence[str]) -> tuple[str, ...]:
        """Name what is not delivered: the table, or those of its columns."""
        if table not in self.delivered:
            return (table,)
        return tuple(f"{table}.{name}" for name in columns if not self.delivers(table, name))


KEYS = {"accounts": "account_id", "owners": "owner_id"}
"""The deal's columns by which its account and owner are found."""
WHO_DID_WHAT = ("happened_at", "direction", "kind")
"""What tells whose activity it was, and when; without a status it is history."""
CHANGES = {Operator.CHANGED_SINCE, Operator.CHANGED_WITHIN}


def changes_read(condition: Condition) -> Iterator[Reference]:
    """Yield the deal fields whose changes a condition asks about."""
    for node in walk(condition):
        if isinstance(node, Compare) and node.operator in CHANGES and isinstance(node.subject, Reference):
            yield node.subject
