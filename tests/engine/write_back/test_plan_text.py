"""A printed plan, whole, against golden files; `DEALGATE_RENEW=1` writes them anew."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from engine.judge.changes import WriteBackState
from engine.judge.memory import Memory
from engine.judge.plan import Plan, plan
from engine.ledger.memory import remember
from engine.runs.plan_diff import plan_diff
from engine.runs.plan_text import plan_table

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def planned(desk: Any, make: Any, settings: Any) -> Plan:
    """One deal moved through its gate, one cleared, one closed, one new, one with nothing new."""
    desk.apply(
        make.verdict(deal="D-1", stage="demo"),
        make.verdict(make.finding(deal="D-2"), deal="D-2"),
        make.verdict(make.finding(deal="D-3"), deal="D-3"),
        make.verdict(deal="D-5"),
    )
    now = desk.later(days=1).now
    verdicts = [
        make.blocked(make.finding(deal="D-1"), make.finding("budget", deal="D-1", flag="at risk"), deal="D-1"),
        make.verdict(deal="D-2"),
        make.verdict(make.finding(deal="D-3"), deal="D-3", owner_id="eve"),
        make.verdict(make.finding("next", deal="D-4", task=None), deal="D-4", name="New [one]"),
        make.verdict(deal="D-5"),
    ]
    ids = [each.deal_id for each in verdicts]
    with desk.ledger.reading() as connection:
        memory = remember(connection, ids, now)
    return plan(verdicts, desk.crm.read_state(ids), memory, settings, now)


def test_a_plan_prints_as_a_table(planned: Plan) -> None:
    page = StringIO()
    Console(file=page, width=140, color_system=None).print(plan_table(planned))
    compare("plan.txt", "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines()))


def test_a_plan_prints_as_a_difference(planned: Plan) -> None:
    compare("plan.diff", plan_diff(planned))


def test_a_plan_prints_as_json(planned: Plan) -> None:
    compare("plan.json", json.dumps(planned.to_json(), indent=2) + "\n")


def test_an_empty_plan_says_so(settings: Any, make: Any) -> None:
    page = StringIO()
    empty = plan([], WriteBackState(), Memory(), settings, make.as_of)
    Console(file=page, width=140, color_system=None).print(plan_table(empty))
    assert page.getvalue().splitlines()[0] == "nothing to write: the CRM already shows what was found on 0 deals"
    assert plan_diff(empty) == ""


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("DEALGATE_RENEW"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
