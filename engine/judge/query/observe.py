"""What every condition saw: columns for explanations, compiled only when explanations are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import ibis
from ibis.expr import types as ir

from engine.judge.query.readers import DealReader
from engine.judge.query.scope import Build, Scope
from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    LastChangedBy,
    Literal,
    Not,
    Operator,
    PerSegment,
    Reference,
    Related,
    Value,
)
from rules.table import expression, state_number
from rules.table_values import Reader, value_expression
from rules.types import FieldType

Leaf = Compare | LastChangedBy | Related


@dataclass(frozen=True)
class Observed:
    """Where the query tells what a leaf saw: the prefix of its columns by moment and leaf.

    Behind a prefix stand `.state` and, as they apply, `.value`, `.expected`, `.rows`, `.met` and `.maybe`.
    """

    prefixes: Mapping[tuple[Scope, Condition], str] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns(self) -> Iterator[str]:
        """Yield every column that tells what was seen."""
        for prefix, names in self.parts.items():
            yield from (f"{prefix}.{name}" for name in names)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield what a condition asks of the deal itself, related rows as one question each."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Compare() | LastChangedBy() | Related():
            yield condition


def observe(build: Build, wanted: Iterator[tuple[Scope, Condition]]) -> Observed:
    """Add the columns that tell what each leaf saw."""
    prefixes: dict[tuple[Scope, Condition], str] = {}
    parts: dict[str, tuple[str, ...]] = {}
    columns: dict[str, ir.Value] = {}
    for scope, condition in wanted:
        for leaf in leaves(condition):
            if (scope, leaf) not in prefixes and not (isinstance(leaf, Related) and leaf.table == "findings"):
                prefix = prefixes[scope, leaf] = build.name("seen")
                seen = leaf_columns(leaf, DealReader(build, scope))
                seen |= _counts(build, scope, leaf)
                parts[prefix] = tuple(seen)
                columns |= {f"{prefix}.{name}": value for name, value in seen.items()}
    build.frame.add(columns)
    return Observed(prefixes, parts)


def leaf_columns(leaf: Leaf, reader: Reader) -> dict[str, ir.Value]:
    """Give the state of a leaf, what it read and what it was compared with where only the query can tell."""
    columns: dict[str, ir.Value] = {"state": state_number(expression(leaf, reader))}
    if isinstance(leaf, Compare):
        columns["value"] = _value(leaf, reader)
        if not is_fixed(leaf.value):
            columns["expected"] = value_expression(leaf.value, reader, _type(leaf))
    return columns


def is_fixed(value: Value) -> bool:
    """Say whether a right-hand side is told without the query: a literal, or literals per segment."""
    if isinstance(value, PerSegment):
        rest = () if value.otherwise is None else (value.otherwise,)
        return all(is_fixed(each) for each in (*(case for _, case in value.cases), *rest))
    return isinstance(value, Literal)


def _value(leaf: Compare, reader: Reader) -> ir.Value:
    if isinstance(leaf.subject, Reference) and leaf.operator in {Operator.CHANGED_SINCE, Operator.CHANGED_WITHIN}:
        last = reader.last_change(leaf.subject)
        return ibis.null("timestamp('UTC')") if last is None else last
    return reader.column(leaf.subject)


def _type(leaf: Compare) -> FieldType:
    return leaf.subject.type if isinstance(leaf.subject, Reference) else FieldType.NUMBER


def _counts(build: Build, scope: Scope, leaf: Leaf) -> dict[str, ir.Value]:
    if not isinstance(leaf, Related):
        return {}
    deals, name = build.frame.table, build.related[scope, leaf]
    counts: dict[str, ir.Value] = {part: deals[f"{name}.{part}"].fill_null(0) for part in ("rows", "met", "maybe")}
    if not is_fixed(leaf.at_least):
        counts["expected"] = value_expression(leaf.at_least, DealReader(build, scope), FieldType.NUMBER)
    return counts
