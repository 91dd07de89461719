"""What the conditions of one playbook may read and name: columns, scores, stages, roles, segments and their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from rules.condition import Reference, Score
from rules.playbook import Enforce, Kind
from rules.types import KNOWN_VALUES, RELATED_TABLES, STANDARD_TABLES, FieldType

BUILT_IN_FINDINGS = (
    "proposal.follow_up",
    "proposal.silence",
    "next_step",
    "stage_age",
    "buyer_silence",
    "seller_silence",
    "close_date",
    "moves.skip",
    "moves.back",
    "won_too_early",
    "unmapped",
    "applies_to",
)
"""Ids of the findings a playbook does not name itself; no criterion, rule or clock may use them."""

TABLE_OF_PREFIX: Mapping[str, str] = {"deal": "deals", "account": "accounts", "owner": "owners"}
"""What the deal's own tables are called in conditions and in `of:`."""

CARDS = ("qualification", "ideal_client")

FINDING_COLUMNS: Mapping[str, FieldType] = dict.fromkeys(
    ("kind", "criterion", "state", "enforce", "stage"), FieldType.CHOICE
)
FLAGS = Reference("flags", "flags", FieldType.CHOICES)

LOGIC = ("all", "any", "none", "not", "is", "filled")
"""The keys of a condition that are not names of something it reads."""


@dataclass(frozen=True)
class Catalogue:
    """All the names of one playbook, gathered before its conditions are read."""

    columns: Mapping[str, Mapping[str, FieldType]] = field(default_factory=lambda: STANDARD_TABLES)
    records: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    findings: tuple[str, ...] = BUILT_IN_FINDINGS
    zone: tzinfo = UTC

    @property
    def related_tables(self) -> tuple[str, ...]:
        """The tables that conditions of any part may quantify over."""
        return (*RELATED_TABLES, *self.records)

    def columns_of(self, table: str) -> Mapping[str, FieldType]:
        """Give the columns of a table, of findings too; none for a table nobody declared."""
        if table == "findings":
            return FINDING_COLUMNS
        return self.columns.get("contacts" if table == "with" else table, {})

    def column(self, name: str, table: str) -> Reference | None:
        """Find what a name reads where rows of `table` are looked at: a row's column, or the deal's by its prefix."""
        prefix, _, rest = name.partition(".")
        where = TABLE_OF_PREFIX.get(prefix) if rest else ("contacts" if table == "with" else table)
        column = rest or name
        if where is None or column not in (columns := self.columns_of(where)):
            return None
        return Reference(where, column, columns[column])

    def score(self, name: str) -> Score | None:
        """Find the score a name reads, of a card or of one dimension of it."""
        card, _, dimension = name.partition(".")
        if card not in self.dimensions or (dimension and dimension not in self.dimensions[card]):
            return None
        return Score(card, dimension)

    def column_names(self, table: str) -> Iterator[str]:
        """List the names of columns that can be read where rows of `table` are looked at."""
        yield from self.columns_of(table)
        for prefix, owner in TABLE_OF_PREFIX.items():
            if owner != table:
                yield from (f"{prefix}.{column}" for column in self.columns_of(owner))

    def score_names(self) -> Iterator[str]:
        """List the names of scores."""
        for card, dimensions in self.dimensions.items():
            yield card
            yield from (f"{card}.{dimension}" for dimension in dimensions)

    def words_for(self, reference: Reference) -> tuple[str, tuple[str, ...]] | None:
        """Give what a column's values are called and which there are; None where anything may stand."""
        return self._vocabulary.get((reference.table, reference.name))

    @property
    def _vocabulary(self) -> Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]:
        stages = ("stage", (*self.stages, *self.outcomes))
        return {
            **{key: (key[1], words) for key, words in KNOWN_VALUES.items()},
            ("deals", "stage"): stages,
            ("stage_changes", "from_stage"): stages,
            ("stage_changes", "to_stage"): stages,
            ("contacts", "role"): ("role", self.roles),
            ("field_changes", "field"): ("field", tuple(self.columns_of("deals"))),
            ("flags", "flags"): ("flag", self.flags),
            ("findings", "kind"): ("kind", tuple(kind.value for kind in Kind)),
            ("findings", "criterion"): ("criterion", self.findings),
            ("findings", "state"): ("state", ("unmet", "unknown")),
            ("findings", "enforce"): ("enforce", tuple(enforce.value for enforce in Enforce)),
            ("findings", "stage"): ("stage", self.stages),
        }
