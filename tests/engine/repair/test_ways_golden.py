"""The cheapest way out of one condition each, compared whole, where nobody may waive anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.engine.repair.conftest import NOW, Solve, playbook_of, tables_of

HELD = {"id": "a1", "kind": "meeting", "status": "held", "happened_at": NOW - timedelta(days=60), "contact_ids": ["p1"]}

CONDITIONS = [
    "filled: [pain]",
    "filled: [pain, next_step, next_step_date]",
    "pain: {min_words: 8, placeholder: false, max_chars: 40}",
    "pain: {contains: [cost, risk], avoids: [cheap], copied: false}",
    'pain: {matches: "[0-9]+ percent"}',
    'pain: {matches: "^Z{9}$"}',
    "pain: {present: false}",
    "budget_confirmed: true",
    "amount: {at_least: {smb: 45000, otherwise: 100000}}",
    "amount: {above: 40000, below: 40001}",
    "discount: {between: [5, 10]}",
    "discount: {not: 5}",
    "forecast: [Commit, Best Case]",
    "competitors: {includes_all: [Acme, Beta]}",
    "competitors: {includes_any: [Acme, Beta]}",
    "next_step_date: {within_next: 5 business days}",
    "close_date: {after: {field: contract_end, plus: -2 weeks}, on_or_before: {field: contract_end}}",
    "close_date: {in: [next quarter]}",
    "next_step: {changed_within: 7 days}",
    "created_at: {within: 10 days}",
    "stage: {from: proposal}",
    "account.industry: Energy",
    "qualification: {at_least: 50 percent}",
    "qualification.pain: {at_least: 2}",
    "any: [{pain: {min_words: 8}, budget_confirmed: true}, {discount: {at_most: 10}}]",
    "not: {forecast: Omitted}",
    "none: [{pain: {present: false}}]",
    "contacts: {some: {role: champion}}",
    "contacts: {some: {role: economic_buyer}}",
    "contacts: {some: {role: champion, wants: {min_words: 3}}}",
    "contacts: {some: {role: economic_buyer, last_buyer_activity_at: {within: 30 days}}}",
    "contacts: {some: {role: [economic_buyer, champion]}, at_least: 3}",
    "contacts: {count: {at_least: 3}}",
    "contacts: {count: {at_most: 1}}",
    "contacts: {every: {wants: {min_words: 3}}}",
    "contacts: {every: {wants: {min_words: 3}}, where: {role: economic_buyer}}",
    "contacts: {no: {role: champion}}",
    "contacts: {no: {wants: {present: false}}}",
    "activities: {some: {kind: meeting, status: held, happened_at: {within: 30 days}, with: {role: champion}}}",
    "activities: {some: {kind: meeting, status: held, with: {role: economic_buyer}}}",
    "activities: {some: {kind: email, direction: inbound}}",
    "activities: {some: {direction: outbound, happened_at: {within: 7 days}}}",
    "activities: {some: {kind: meeting, status: planned, happened_at: {within_next: 14 days}}}",
    "activities: {some: {kind: meeting, status: held}, at_least: 3}",
    "activities: {some: {kind: meeting, subject: {contains: demo}, with: {role: champion}}}",
    "activities: {no: {kind: meeting, status: held}}",
    "activities: {some: {any: [{kind: note}, {kind: call, with: {role: champion}}]}}",
    "proposals: {some: {sent_at: {within: 30 days}}}",
    "proposals: {some: {answered_at: {present: true}}}",
    "quotes: {some: {primary: true, total: {field: deal.amount}}}",
    "stage_changes: {count: {at_least: 1}}",
]


def test_each_condition_has_the_way_out_its_golden_file_says(solve: Solve, golden: Callable[[str, str], None]) -> None:
    blocks = []
    for text in CONDITIONS:
        playbook = playbook_of(f"{{id: it, says: It is so, enforce: hard, require: {{{text}}}}}", "")
        tables = tables_of(playbook, {"close_date": date(2027, 4, 15)}, activities=[HELD])
        way = solve(playbook, tables)
        told = ("(none)",) if way is None else way.words or ("(the gate is open)",)
        blocks.append("\n".join([text, *(f"    {words}" for words in told)]))
    golden("golden/ways.txt", "\n\n".join(blocks) + "\n")
