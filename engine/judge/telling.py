"""Looks up what a condition saw on one deal of a judged batch, from the columns of an observing query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from engine.judge.cells import cells_of
from engine.judge.judged import Judged
from engine.judge.query.observe import leaves
from engine.judge.query.scope import Scope
from engine.judge.seen import Look, Seen
from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Not, PerSegment, Related, Value
from rules.playbook import Criterion


@dataclass
class Columns:
    """The columns of a judged batch as Python lists, each made once and only when asked for."""

    table: pa.Table
    made: dict[str, list[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.made:
            self.made[name] = cells_of(self.table[name]) if name in self.table.column_names else []
        return self.made[name]

    def at(self, name: str, row: int) -> Any:  # noqa: ANN401 -- a cell of any type
        """Give one cell; None where the query has no such column."""
        column = self[name]
        return column[row] if column else None


def look_at(judged: Judged, columns: Columns, row: int, scope: Scope) -> Look:
    """Give the look of a condition that was judged on the deal of a row, at a scope's moment."""
    segment = columns.at("_segment", row)

    def leaf(node: Condition) -> Seen:
        prefix = judged.compiled.observed.prefixes.get((scope, node))
        if prefix is None:
            return Seen(None)
        cells = {part: columns.at(f"{prefix}.{part}", row) for part in judged.compiled.observed.parts[prefix]}
        return _seen(node, cells, segment)

    return _looking(leaf)


def look_at_person(entry: Mapping[str, Any], require: Condition, segment: str) -> Look:
    """Give the look of a person's criterion from what the query collected of that person."""
    numbers: dict[Condition, int] = {node: number for number, node in enumerate(leaves(require))}

    def leaf(node: Condition) -> Seen:
        prefix = f"{numbers[node]}."
        cells = {name.removeprefix(prefix): value for name, value in entry.items() if name.startswith(prefix)}
        return _seen(node, cells, segment) if cells else Seen(None)

    return _looking(leaf)


def _looking(leaf: Look) -> Look:
    def look(node: Condition) -> Seen:
        match node:
            case AllOf(parts):
                return Seen(_all(tuple(look(part).state for part in parts)))
            case AnyOf(parts):
                return Seen(_any(tuple(look(part).state for part in parts)))
            case Not(part):
                state = look(part).state
                return Seen(None if state is None else not state)
            case _:
                return leaf(node)

    return look


def _all(states: tuple[bool | None, ...]) -> bool | None:
    if False in states:
        return False
    return None if None in states else True


def _any(states: tuple[bool | None, ...]) -> bool | None:
    if True in states:
        return True
    return None if None in states else False


def _seen(node: Condition, cells: Mapping[str, Any], segment: str) -> Seen:
    state = {1: True, 0: False}.get(cells.get("state", -1))
    if isinstance(node, Related):
        met, maybe = int(cells["met"]), int(cells["maybe"])
        expected = cells.get("expected", fixed_value(node.at_least, segment))
        return Seen(state, expected=expected, rows=int(cells["rows"]), met=met, unknown=maybe - met)
    expected = None
    if isinstance(node, Compare):
        expected = cells.get("expected", fixed_value(node.value, segment))
    return Seen(state, value=cells.get("value"), expected=expected)


def fixed_value(value: Value, segment: str) -> Any:  # noqa: ANN401 -- a literal of any type
    """Give a literal right-hand side, put in for the deal's segment; None where only the query could tell."""
    match value:
        case Literal(literal):
            return literal
        case PerSegment(cases, otherwise):
            chosen = next((case for name, case in cases if name == segment), otherwise)
            return None if chosen is None else fixed_value(chosen, segment)
        case _:
            return None


def look_for(judged: Judged, deal_id: str) -> Callable[[str, str], Look]:
    """Give, for one deal of an observing batch, the look of a criterion or rule by its id and person ("" for none).

    Raises KeyError for a deal or criterion that was not judged.
    """
    columns = Columns(judged.deals)
    row = columns["id"].index(deal_id)
    judgements = {each.id: each for each in judged.compiled.judgements}

    def look(criterion: str, person_id: str = "") -> Look:
        judgement = judgements[criterion]
        if person_id and isinstance(judgement.source, Criterion):
            people = columns.at(f"{judgement.column}.people", row) or []
            entry = next(each for each in people if each["person"] == person_id)
            return look_at_person(entry, judgement.source.require, columns.at("_segment", row))
        return look_at(judged, columns, row, judgement.scope)

    return look
