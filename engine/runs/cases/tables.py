"""Makes canonical tables of cases; several stand side by side under ids of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from engine.judge.query.wanted import every_condition
from engine.judge.tables import Tables
from engine.runs.cases.case import Case
from rules.condition import Reference, references
from rules.playbook import Playbook

SHARED = {"owner_id", "account_id", "manager_id", "changed_by", "deal_id"}
"""Columns that hold ids of deals, owners and accounts, beside `id` of those tables themselves."""

WITH_IDS = {"deals", "owners", "accounts"}


def as_tables(cases: Sequence[Case], schemas: Mapping[str, pa.Schema]) -> Tables:
    """Make the tables of cases that deliver alike: every table, perhaps empty, but those they say are not there."""
    missing = cases[0].not_delivered
    tables = {
        name: pa.Table.from_pylist([row for case in cases for row in case.rows[name]], schema)
        for name, schema in schemas.items()
        if name not in missing
    }
    for name in missing:
        table, _, column = name.partition(".")
        if column and table in tables:
            tables[table] = tables[table].drop_columns([column])
    return Tables(tables)


def prefixed(case: Case, prefix: str) -> Case:
    """Give a case ids that no other has; people keep theirs, which are the deal's own."""
    rows = {table: tuple(_prefixed(row, table, prefix) for row in every) for table, every in case.rows.items()}
    waivers = tuple(replace(each, deal_id=prefix + each.deal_id) for each in case.waivers)
    return replace(case, deal_id=prefix + case.deal_id, rows=rows, waivers=waivers)


def ids_matter(playbook: Playbook) -> bool:
    """Whether a condition reads an id, so that cases must keep theirs."""
    read = {each for condition in every_condition(playbook) for each in references(condition)}
    return any(isinstance(each, Reference) and _holds_id(each.name, each.table) for each in read)


def _prefixed(row: Mapping[str, Any], table: str, prefix: str) -> Mapping[str, Any]:
    return {name: prefix + value if _holds_id(name, table) else value for name, value in row.items()}


def _holds_id(column: str, table: str) -> bool:
    return column in SHARED or (column == "id" and table in WITH_IDS)
