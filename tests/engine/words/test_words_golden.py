"""What readers see of conditions, compared whole: requirement, what was seen, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from engine.judge.because import because, do
from engine.judge.query.observe import leaves
from engine.judge.seen import Look, Seen
from rules.condition import Condition
from rules.do_words import do_words
from rules.playbook import Playbook
from rules.words import requirement

Load = Callable[[str], tuple[Condition, Playbook]]
YES, NO, UNKNOWN = True, False, None
NIGHT = datetime(2026, 10, 2, 1, 30, tzinfo=UTC)
DAY = date(2026, 11, 1)

CASES: list[tuple[str, list[Seen]]] = [
    ("amount: {at_least: 25000}", [Seen(NO, Decimal("12000.50"), 25000)]),
    ("amount: {at_least: 25000}", [Seen(UNKNOWN, None, 25000)]),
    ("amount: {at_least: {smb: 10000, mid_market: 20000, otherwise: 100000}}", [Seen(NO, 15000, 20000)]),
    ("amount: {between: [1000, 2500.5]}", [Seen(NO, 900, (1000, Decimal("2500.5")))]),
    ("discount: {above: 10}", [Seen(NO, 2.5, 10)]),
    ("discount: {not: 5}", [Seen(NO, 5.0, 5)]),
    ("discount: {at_most: {field: amount}}", [Seen(UNKNOWN, 5.0, None)]),
    ("forecast: Commit", [Seen(NO, "Best Case", "Commit")]),
    ("forecast: [Commit, Best Case]", [Seen(UNKNOWN, None, ("Commit", "Best Case"))]),
    ("forecast: {none_of: [Pipeline, Omitted]}", [Seen(NO, "Omitted", ("Pipeline", "Omitted"))]),
    ("name: Renewal", [Seen(NO, "A name that is so long that it could never stand in one line of a task", "Renewal")]),
    ("budget_confirmed: true", [Seen(NO, None, YES)]),
    ("budget_confirmed: false", [Seen(NO, YES, NO)]),
    ("pain: {min_words: 8, placeholder: false}", [Seen(NO, "tbd", 8), Seen(NO, "tbd", NO)]),
    ("pain: {min_words: 1, max_chars: 200, copied: false}", [Seen(YES), Seen(YES), Seen(NO, "They lose deals", NO)]),
    ("pain: {max_chars: 5}", [Seen(NO, "too long", 5)]),
    ("pain: {contains: [cost, risk]}", [Seen(NO, "slow", ("cost", "risk"))]),
    ("pain: {avoids: [cheap]}", [Seen(NO, "want it cheap", ("cheap",))]),
    ('pain: {matches: "^[A-Z]"}', [Seen(NO, "slow", "^[A-Z]")]),
    ("filled: [next_step, next_step_date]", [Seen(NO), Seen(NO)]),
    ("filled: [next_step, next_step_date]", [Seen(YES, "call"), Seen(NO)]),
    ("pain: {present: false}", [Seen(NO, "slow", NO)]),
    ("competitors: Acme", [Seen(NO, [], ("Acme",))]),
    ("competitors: {includes_all: [Acme, Beta Ltd]}", [Seen(NO, ["Acme", "Gamma"], ("Acme", "Beta Ltd"))]),
    ("not: {competitors: Acme}", [Seen(YES, ["Acme", "Gamma"], ("Acme",))]),
    ("next_step_date: {on_or_after: today}", [Seen(NO, DAY, date(2026, 11, 22))]),
    ("next_step_date: {on_or_after: today}", [Seen(UNKNOWN, None, date(2026, 11, 22))]),
    ("next_step_date: {within_next: 14 days}", [Seen(NO, DAY)]),
    ("close_date: {before: {field: contract_end, plus: 2 weeks}}", [Seen(NO, DAY, date(2026, 10, 2))]),
    ("close_date: {before: {field: contract_end}}", [Seen(UNKNOWN, DAY, None)]),
    ("close_date: {after: today + 5 business days}", [Seen(NO, DAY, date(2026, 11, 6))]),
    ("close_date: {between: [2026-01-01, 2026-10-31]}", [Seen(NO, DAY, (date(2026, 1, 1), date(2026, 10, 31)))]),
    ("close_date: {in: [this quarter, next quarter]}", [Seen(NO, DAY)]),
    ("created_at: {older_than: 10 days}", [Seen(NO, NIGHT)]),
    ("stage_entered_at: {within: {smb: 7 days, otherwise: 45 days}}", [Seen(UNKNOWN)]),
    ("pain: {changed_within: 30 days}", [Seen(NO, NIGHT)]),
    ("pain: {changed_since: stage_entered_at}", [Seen(UNKNOWN)]),
    ("stage: {from: proposal}", [Seen(NO, "discovery", "proposal")]),
    ("account.employees: {below: 100}", [Seen(UNKNOWN, None, 100)]),
    ("owner.quota: {at_least: 1000000}", [Seen(NO, 900000, 1000000)]),
    ("qualification: {at_least: 50 percent}", [Seen(NO, 41.7, 50)]),
    ("qualification.economic-buyer: {at_least: 1}", [Seen(NO, 0, 1)]),
    ("contacts: {some: {role: economic_buyer}}", [Seen(NO, rows=3)]),
    ("contacts: {some: {role: economic_buyer}}", [Seen(NO, rows=0)]),
    ("contacts: {some: {role: [economic_buyer, champion]}, at_least: 2}", [Seen(NO, expected=2, rows=4, met=1)]),
    (
        "contacts: {some: {role: economic_buyer, last_buyer_activity_at: {within: 30 days}}}",
        [Seen(UNKNOWN, rows=3, unknown=2)],
    ),
    ("contacts: {some: {title: {contains: VP}, wants: {min_words: 5}}}", [Seen(NO, rows=1)]),
    (
        "contacts: {every: {last_buyer_activity_at: {within: 30 days}}, where: {role: economic_buyer}}",
        [Seen(NO, rows=2, met=1)],
    ),
    (
        "contacts: {every: {wants: {min_words: 5}}, where: {role: economic_buyer}, at_least: 2}",
        [Seen(NO, rows=3, met=1)],
    ),
    (
        "contacts: {every: {wants: {min_words: 5}}, where: {role: economic_buyer}, at_least: 2}",
        [Seen(NO, expected=2, rows=1, met=1)],
    ),
    ("contacts: {no: {role: champion}}", [Seen(NO, rows=3, met=1)]),
    ("contacts: {count: {between: [2, 5]}, where: {role: champion}}", [Seen(NO, rows=1, met=1)]),
    ("contacts: {count: {at_least: 3}}", [Seen(UNKNOWN, rows=1, met=1, unknown=2)]),
    (
        (
            "activities: {some: {kind: meeting, status: held, happened_at: {within: 30 days}, "
            "with: {role: economic_buyer}}}"
        ),
        [Seen(NO, rows=5)],
    ),
    (
        "activities: {some: {kind: [email, call], direction: inbound, happened_at: {within: 2 weeks}}}",
        [Seen(NO, rows=5)],
    ),
    ("activities: {some: {kind: email, direction: outbound, with: {role: champion}}}", [Seen(NO, rows=0)]),
    ("activities: {some: {kind: meeting, status: planned, happened_at: {within_next: 14 days}}}", [Seen(NO, rows=2)]),
    ("activities: {no: {kind: meeting, status: cancelled, happened_at: {within: 30 days}}}", [Seen(NO, rows=4, met=2)]),
    (
        "activities: {some: {kind: meeting, status: held}, at_least: {smb: 1, otherwise: 3}}",
        [Seen(NO, expected=3, rows=4, met=2)],
    ),
    (
        "activities: {some: {kind: meeting, status: held, subject: {contains: demo}, with: {role: champion}}}",
        [Seen(NO, rows=4)],
    ),
    ("proposals: {some: {sent_at: {within: 14 days}}}", [Seen(NO, rows=1)]),
    ("proposals: {some: {answered_at: {present: true}}}", [Seen(NO, rows=1)]),
    ("quotes: {some: {primary: true, total: {field: deal.amount}}}", [Seen(NO, rows=2)]),
    ("tasks: {no: {status: open, due: {before: today}}}", [Seen(NO, rows=2, met=1)]),
    ("stage_changes: {count: {at_most: 3}}", [Seen(NO, rows=4, met=4)]),
    ("findings: {no: {kind: stage_age}}", [Seen(UNKNOWN)]),
    ("flags: probably dead", [Seen(NO, [], ("probably dead",))]),
    ("any: [{amount: {at_least: 25000}}, {filled: [pain]}]", [Seen(NO, 12000, 25000), Seen(NO)]),
    ("any: [{amount: {at_least: 25000}}, {account.employees: {below: 100}}]", [Seen(NO, 12000, 25000), Seen(UNKNOWN)]),
    (
        "any: [{amount: {at_least: 25000}, budget_confirmed: true}, {forecast: [Commit, Best Case]}]",
        [Seen(YES, 30000, 25000), Seen(NO, NO, YES), Seen(NO, "Pipeline", ("Commit", "Best Case"))],
    ),
    ("none: [{amount: {below: 25000}}, {filled: [pain]}]", [Seen(YES, 12000, 25000), Seen(YES, "slow")]),
    (
        "not: {all: [{amount: {below: 25000}}, {contacts: {some: {role: champion}}}]}",
        [Seen(YES, 12000, 25000), Seen(YES, rows=2, met=1)],
    ),
    (
        "filled: [pain, next_step], amount: {above: 5}, close_date: {after: today}, contacts: {some: {role: champion}}",
        [Seen(NO), Seen(NO), Seen(UNKNOWN, None, 5), Seen(NO, DAY), Seen(NO, rows=2)],
    ),
    ("not: {contacts: {every: {wants: {min_words: 5}}}}", [Seen(YES, rows=2, met=2)]),
]


def seen_by(condition: Condition, seen: list[Seen]) -> Look:
    found = dict(zip(leaves(condition), seen, strict=True))
    return lambda node: found[node]


def test_conditions_read_as_their_golden_file_says(load_condition: Load, golden: Callable[[str, str], None]) -> None:
    blocks = []
    for text, seen in CASES:
        condition, playbook = load_condition(text)
        look = seen_by(condition, seen)
        told = {
            "says": requirement(condition, playbook),
            "do": do_words(condition, playbook),
            "seen": because(condition, look, playbook),
            "so": do(condition, look, playbook),
        }
        blocks.append("\n".join([text, *(f"    {name + ':':6}{words}" for name, words in told.items())]))
    golden("golden/conditions.txt", "\n\n".join(blocks) + "\n")
