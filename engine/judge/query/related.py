"""Conditions on related rows: one aggregation per table counts met, unmet and unknown rows (rule 2).

Where one row is asked for, the greatest truth tells `some` and the least tells `every`; else rows are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import ibis
from ibis.expr import types as ir

from engine.judge.query.readers import DealReader, RowReader
from engine.judge.query.rows import rows_of
from engine.judge.query.scope import Build, Scope
from engine.judge.query.truth import MAYBE, NO, TRUE, UNKNOWN, YES, threshold, truth, truth_value
from rules.condition import Condition, Literal, Operator, Quantifier, Related, Value, walk
from rules.table import expression, literal_items
from rules.table_values import ORDERINGS, value_expression
from rules.types import FieldType


def prepare_related(build: Build, wanted: Iterable[tuple[Scope, Condition]]) -> None:
    """Aggregate every quantified condition that deals are asked about and put its state beside the deals."""
    groups: dict[tuple[Scope, str], dict[Related, None]] = defaultdict(dict)
    for scope, condition in wanted:
        for node in _outermost(condition):
            if node.table != "findings" and (scope, node) not in build.related:
                groups[scope, node.table][node] = None
    for (scope, table), nodes in groups.items():
        _aggregate(build, scope, table, list(nodes))


def count_state(ends: Sequence[ir.Value], node: Related, reader: DealReader) -> ir.BooleanValue:
    """Compare both ends of what a count may be: surely so many rows, possibly so many (rule 2)."""
    return ibis.and_(*(_count_state(ends, operator, value, reader) for operator, value in node.count))


def _outermost(condition: Condition) -> Iterable[Related]:
    inner: set[int] = set()
    for node in walk(condition):
        if isinstance(node, Related) and id(node) not in inner:
            inner |= {id(each) for part in (node.where, node.condition) for each in walk(part)}
            yield node


def _aggregate(build: Build, scope: Scope, table: str, nodes: Sequence[Related]) -> None:
    rows, people = rows_of(build, scope, table, [part for node in nodes for part in (node.where, node.condition)])
    reader = RowReader(build, scope, rows, people)
    names = {node: build.name("related") for node in nodes}
    truths: dict[str, ir.Value] = {}
    for node, name in names.items():
        where, held = expression(node.where, reader), expression(node.condition, reader)
        picked = (~where | held) if node.quantifier is Quantifier.EVERY else (where & held)
        truths |= {f"{name}.held": truth(picked), f"{name}.where": truth(where)}
        if build.counting:
            truths[f"{name}.both"] = truth(where & held)
    keys = ["deal_id", "id"] if "id" in rows.columns else ["deal_id"]
    judged = build.frame.side(rows.select(*keys, **truths))
    totals = {
        key: value for node, name in names.items() for key, value in _totals(build, judged, table, node, name).items()
    }
    build.frame.join(build.frame.side(judged.group_by("deal_id").agg(**totals)))
    _add_states(build, scope, names)


def _totals(build: Build, rows: ir.Table, table: str, node: Related, name: str) -> Mapping[str, ir.Value]:
    held, where = rows[f"{name}.held"], rows[f"{name}.where"]
    people = table == "contacts"
    totals: dict[str, ir.Value] = {}
    if build.counting:
        both = rows[f"{name}.both"]
        totals[f"{name}.rows"] = _count(rows, where == TRUE, distinct=people)
        totals[f"{name}.met"] = _count(rows, both == TRUE, distinct=people)
        totals[f"{name}.maybe"] = _count(rows, both >= MAYBE, distinct=people)
    if node.quantifier is Quantifier.EVERY:
        totals[f"{name}.least"] = held.min()
    counted = where if node.quantifier is Quantifier.EVERY else held
    if _asks_for_one(node):
        totals[f"{name}.most"] = counted.max()
    else:
        totals[f"{name}.sure"] = _count(rows, counted == TRUE, distinct=people)
        totals[f"{name}.possible"] = _count(rows, counted >= MAYBE, distinct=people)
    return totals


def _asks_for_one(node: Related) -> bool:
    return node.quantifier is not Quantifier.COUNT and isinstance(node.at_least, Literal) and node.at_least.value == 1


def _count(rows: ir.Table, held: ir.BooleanValue, *, distinct: bool) -> ir.IntegerValue:
    return rows.id.nunique(where=held) if distinct else rows.count(where=held)


def _add_states(build: Build, scope: Scope, names: Mapping[Related, str]) -> None:
    deals, reader = build.frame.table, DealReader(build, scope)
    states = {name: _state(deals, node, name, reader) for node, name in names.items()}
    build.frame.add(states)
    build.related |= {(scope, node): name for node, name in names.items()}


def _state(deals: ir.Table, node: Related, name: str, reader: DealReader) -> ir.BooleanValue:
    if node.quantifier is Quantifier.COUNT:
        ends = [deals[f"{name}.{end}"].fill_null(0) for end in ("sure", "possible")]
        return count_state(ends, node, reader)
    if _asks_for_one(node):
        enough = truth_value(deals[f"{name}.most"])
    else:
        least = value_expression(node.at_least, reader, FieldType.NUMBER)
        enough = threshold(deals[f"{name}.sure"].fill_null(0), deals[f"{name}.possible"].fill_null(0), least)
    if node.quantifier is Quantifier.EVERY:
        return truth_value(deals[f"{name}.least"].fill_null(TRUE)) & enough
    return ~enough if node.quantifier is Quantifier.NO else enough


def _count_state(ends: Sequence[ir.Value], operator: Operator, value: Value, reader: DealReader) -> ir.BooleanValue:
    items: list[Value] = [*literal_items(value)] or [value]
    values = [value_expression(item, reader, FieldType.NUMBER) for item in items]
    match operator:
        case Operator.EQUALS | Operator.ONE_OF:
            return ibis.or_(*(_between(ends, each, each) for each in values))
        case Operator.NOT | Operator.NONE_OF:
            return ~ibis.or_(*(_between(ends, each, each) for each in values))
        case Operator.BETWEEN:
            return _between(ends, values[0], values[-1])
        case _:
            return _ends_agree(ends, operator, values[0])


def _between(ends: Sequence[ir.Value], low: ir.Value, high: ir.Value) -> ir.BooleanValue:
    return _ends_agree(ends, Operator.AT_LEAST, low) & _ends_agree(ends, Operator.AT_MOST, high)


def _ends_agree(ends: Sequence[ir.Value], operator: Operator, value: ir.Value) -> ir.BooleanValue:
    sure, possible = (ORDERINGS[operator](end, value) for end in ends)
    return ibis.cases((sure & possible, YES), (~sure & ~possible, NO), else_=UNKNOWN)
