"""A small playbook with one criterion, and a deal with two contacts, for ways out of one condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from engine.judge.repair.way import Way, cheapest_way
from engine.judge.tables import Tables, canonical_schemas
from rules.load import load_playbook
from rules.playbook import Playbook
from tests.engine.repair.sights import judge_with_reference

Rows = Sequence[Mapping[str, Any]]
Solve = Callable[..., Way | None]

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
PLAYBOOK = """
playbook: ways
version: 1
title: Ways
calendar: {timezone: America/New_York}
currency: USD
rates: {EUR: 1.25}
segments:
  smb: {amount: {below: 50000}}
  large: otherwise
fields:
  pain: {type: text}
  budget_confirmed: {type: yes_no}
  competitors: {type: choices}
  discount: {type: number}
  contract_end: {type: date}
  wants: {of: contacts, type: text}
records:
  quotes: {fields: {primary: {type: yes_no}, total: {type: money}}}
roles:
  economic_buyer: {local: [Economic Buyer]}
  champion: {local: [Champion]}
qualification:
  title: MEDDPICC
  bands: {strong: 75, fair: 50, weak: 0}
  dimensions:
    - {id: pain, title: Pain, levels: [{points: 1, when: {filled: [pain]}}, {points: 3, when: {pain: {min_words: 5}}}]}
    - {id: budget, title: Budget, levels: [{points: 2, when: {budget_confirmed: true}}]}
    - {id: buyer, title: Buyer, weight: 2, levels: [{points: 3, when: {contacts: {some: {role: economic_buyer}}}}]}
stages:
  - id: discovery
    title: Discovery
    crm: {local: Discovering}
    exit_criteria: [CRITERIA]
  - {id: proposal, title: Proposal}
MORE
"""
DEAL = {
    "id": "d1", "name": "Harbor", "stage": "Discovering", "outcome": "open", "amount": 40_000, "currency": "USD",
    "owner_id": "o1", "created_at": NOW - timedelta(days=40), "stage_entered_at": NOW - timedelta(days=20),
    "contract_end": date(2027, 3, 31),
}  # fmt: skip
CONTACTS = ({"id": "p1", "name": "Ann", "role": "Champion"}, {"id": "p2", "name": "Ben", "role": None})
OWNERS = ({"id": "o1", "name": "Rep", "email": "rep@example.com"},)


def playbook_of(criteria: str, more: str = "waivers: {approvers: [ops@example.com], at_most: 10 days}") -> Playbook:
    text = PLAYBOOK.replace("CRITERIA", criteria).replace("MORE", more)
    playbook, problems = load_playbook(text, "ways.yaml")
    assert playbook is not None, problems
    return playbook


def tables_of(playbook: Playbook, deal: Mapping[str, Any] = {}, **rows: Rows) -> Tables:
    found: dict[str, Rows] = {"contacts": CONTACTS, "owners": OWNERS, **rows, "deals": [{**DEAL, **deal}]}
    return Tables({name: table_of(found.get(name, ()), schema) for name, schema in canonical_schemas(playbook).items()})


def table_of(rows: Rows, schema: pa.Schema) -> pa.Table:
    own = {"deal_id": "d1"} if "deal_id" in schema.names else {}
    return pa.Table.from_pylist([{**own, **row} for row in rows], schema)


@pytest.fixture(scope="session")
def solve() -> Solve:
    """Find the cheapest way for a deal under a playbook, judged by the naive reference."""

    def solve(playbook: Playbook, tables: Tables, waivers: Sequence[Any] = ()) -> Way | None:
        judge = judge_with_reference(playbook, NOW)
        sight = judge(tables, waivers)
        return cheapest_way(sight, tables, NOW, judge, playbook=playbook, crm="local", waivers=waivers)

    return solve
