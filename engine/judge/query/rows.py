"""Related rows ready to be judged: up to the scope's moment, beside the deal's columns their conditions read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.activity import buyer_activity
from engine.judge.query.base import FREE_TEXT, money, with_business_days
from engine.judge.query.readers import DealReader, RowReader, copied_column, deal_column, row_column
from engine.judge.query.scope import NOW, Build, Scope, changes_read
from engine.judge.query.truth import MAYBE, truth, truth_value
from rules.condition import (
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Operator,
    PerSegment,
    Reference,
    Related,
    Value,
    references,
    walk,
)
from rules.table import expression
from rules.table_text import not_blank
from rules.table_values import given
from rules.types import ROW_TIME, Unit

KEYS = {"deal_id", "id", "contact_ids"}


def rows_of(
    build: Build, scope: Scope, table: str, conditions: Sequence[Condition], *, waivers: bool = False
) -> tuple[ir.Table, Mapping[Related, str]]:
    """Give a table's rows with all that the conditions read, and the columns that hold what was said of people."""
    deal = deal_columns(build, scope, conditions)
    if waivers and build.waiving:
        deal["_waived"] = build.frame.table["_waived"]
    rows = _beside_deal(build, scope, _source_rows(build, scope, table), deal)
    rows = _up_to_now(build, rows, scope, table)
    rows = _with_business_days(build, rows, conditions)
    people = [node for condition in conditions for node in walk(condition) if isinstance(node, Related)]
    return _with_people(build, scope, rows, people, deal) if people else (rows, {})


def deal_columns(build: Build, scope: Scope, conditions: Iterable[Condition]) -> dict[str, ir.Value]:
    """Give the deal's columns that related rows need beside them, by the name they get there."""
    reader = DealReader(build, scope)
    columns: dict[str, ir.Value] = {}
    for condition in conditions:
        columns |= _own_columns(build.frame.table, condition)
        for subject in changes_read(condition):
            column = build.changed.get((scope, subject.name))
            columns |= {} if column is None else {column: build.frame.table[column]}
        for node in walk(condition):
            if isinstance(node, LastChangedBy):
                columns[build.changed[scope, node]] = reader.last_changed_by(node)
            if isinstance(node, Compare) and node.operator is Operator.COPIED and isinstance(node.subject, Reference):
                columns[copied_column(node.subject)] = reader.copied(node.subject)
            if _per_segment(node):
                columns["_segment"] = reader.segment()
    for base, days in business_bases(conditions):
        if base.of_deal:
            columns[f"{row_column(base)}{column_of(days)}"] = reader.business_day(base, days)
    return columns


def _own_columns(deals: ir.Table, condition: Condition) -> dict[str, ir.Value]:
    """Give the deal's columns a condition names, and whether amounts among them were there before converting."""
    own = [each for each in references(condition) if isinstance(each, Reference) and each.of_deal]
    columns = {row_column(each): deals[deal_column(each)] for each in own}
    converted = [each for each in own if given(deal_column(each)) in deals.columns]
    return columns | {given(row_column(each)): deals[given(deal_column(each))] for each in converted}


def business_bases(conditions: Iterable[Condition]) -> set[tuple[Reference, int]]:
    """Give the columns from which conditions count business days, with how many."""
    return {
        (value.reference, value.plus.amount)
        for condition in conditions
        for node in walk(condition)
        for value in values_of(node)
        if isinstance(value, FieldValue) and value.plus is not None and value.plus.unit is Unit.BUSINESS_DAYS
    }


def values_of(node: Condition) -> list[Value]:
    """List the right-hand sides of a node, those per segment taken apart too."""
    match node:
        case Compare(value=value):
            listed = [value]
        case Related(at_least=least, count=count):
            listed = [least, *(value for _, value in count)]
        case _:
            listed = []
    inner = [case for value in listed if isinstance(value, PerSegment) for _, case in value.cases]
    rest = [value.otherwise for value in listed if isinstance(value, PerSegment) and value.otherwise is not None]
    return [*listed, *inner, *rest]


def _per_segment(node: Condition) -> bool:
    return any(isinstance(value, PerSegment) for value in values_of(node))


def _source_rows(build: Build, scope: Scope, table: str) -> ir.Table:
    source, types = build.source(table), build.types[table]
    tidy = {
        name: not_blank(source[name]) if types.get(name) in FREE_TEXT and name not in KEYS else source[name]
        for name in source.columns
    }
    rows = build.frame.side(source.select(**tidy))
    if table == "contacts" and build.derives_buyer_activity:
        return _with_buyer_activity(build, scope, rows)
    return rows


def _beside_deal(build: Build, scope: Scope, rows: ir.Table, deal: Mapping[str, ir.Value]) -> ir.Table:
    """Join the moment, and the deal's columns where any are needed (most often none)."""
    adjusts = [name for name in rows.columns if rows[name].type().is_decimal() and build.delivers("deals", "currency")]
    if scope == NOW and not deal and not adjusts:
        return build.frame.side(rows.cross_join(build.moment))
    deals = build.frame.table
    moment = {name: deals[name] for name in deals.columns if name.startswith(("_now", "_today", "_cut"))}
    currency = {"_currency": deals.currency} if adjusts else {}
    beside = build.frame.side(deals.select(_deal=deals.id, **moment, **deal, **currency))
    joined = build.frame.side(rows.inner_join(beside, rows.deal_id == beside["_deal"]))
    if not adjusts:
        return joined
    converted = {name: money(joined[name], joined["_currency"], build) for name in adjusts}
    converted |= {given(name): joined[name].notnull() for name in adjusts}
    return build.frame.side(joined.mutate(**converted))


def _up_to_now(build: Build, rows: ir.Table, scope: Scope, table: str) -> ir.Table:
    """Leave out rows later than the moment the deal left the stage; where it has not, all count, planned ones too."""
    if scope == NOW or table not in ROW_TIME:
        return rows
    cut = rows[scope.column("cut")]
    return build.frame.side(rows.filter(cut.isnull() | (rows[ROW_TIME[table]] <= cut)))


def _with_business_days(build: Build, rows: ir.Table, conditions: Sequence[Condition]) -> ir.Table:
    for base, days in sorted(business_bases(conditions), key=lambda each: (each[0].name, each[1])):
        if not base.of_deal and base.name in rows.columns:
            rows = with_business_days(build, rows, base.name, {f"{base.name}{column_of(days)}": days})
    return rows


def _with_people(
    build: Build, scope: Scope, rows: ir.Table, nodes: Sequence[Related], deal: Mapping[str, ir.Value]
) -> tuple[ir.Table, Mapping[Related, str]]:
    """Judge the people of each activity and put beside it whether some of them meet each condition."""
    contacts = _source_rows(build, scope, "contacts")
    beside = [name for name in rows.columns if name.startswith("_") or name in deal]
    links = build.frame.side(rows.select("deal_id", *beside, _activity=rows.id, _person=rows.contact_ids.unnest()))
    joined = links.inner_join(contacts, (links.deal_id == contacts.deal_id) & (links["_person"] == contacts.id))
    wanted = [contacts[name] for name in contacts.columns if name != "deal_id"]
    met = build.frame.side(joined.select(links, *wanted))
    met = _with_business_days(build, met, [node.condition for node in nodes])
    names = {node: build.name("with") for node in nodes}
    reader = RowReader(build, scope, met, {})
    judged = met.select(
        "deal_id", "_activity", **{name: truth(expression(node.condition, reader)) for node, name in names.items()}
    )
    judged = build.frame.side(judged)
    most = judged.group_by(["deal_id", "_activity"]).agg(**{name: judged[name].max() for name in names.values()})
    most = build.frame.side(most)
    wide = rows.left_join(most, (rows.deal_id == most.deal_id) & (rows.id == most["_activity"]))
    unknown = rows.contact_ids.isnull()
    columns = {name: truth_value(ibis.ifelse(unknown, MAYBE, most[name].fill_null(0))) for name in names.values()}
    return build.frame.side(wide.select(rows, **columns)), names


def _with_buyer_activity(build: Build, scope: Scope, contacts: ir.Table) -> ir.Table:
    """Derive when each contact was last active from the activities (rule 17)."""
    activities = build.source("activities")
    rows = _beside_deal(
        build, scope, activities.select("deal_id", "kind", "direction", "happened_at", "status", "contact_ids"), {}
    )
    rows = rows.filter(buyer_activity(rows, rows[scope.column("now")]))
    rows = build.frame.side(rows)
    links = build.frame.side(rows.select("deal_id", "happened_at", _person=rows.contact_ids.unnest()))
    last = build.frame.side(links.group_by(["deal_id", "_person"]).agg(_last=links.happened_at.max()))
    joined = contacts.left_join(last, (contacts.deal_id == last.deal_id) & (contacts.id == last["_person"]))
    others = [contacts[name] for name in contacts.columns if name != "last_buyer_activity_at"]
    return build.frame.side(joined.select(*others, last_buyer_activity_at=last["_last"]))
