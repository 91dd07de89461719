"""What the cheapest way out promises: shared actions, honest ones, allowed waivers, and a gate that opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from engine.judge.evaluate import Evaluator
from engine.judge.repair.actions import Action, BuyerActivity, FillField, NamePerson, OwnActivity, Waive
from engine.judge.repair.apply import apply_actions
from engine.judge.repair.finder import find_way
from engine.judge.repair.search import OPEN_GATES
from engine.judge.repair.way import Way
from engine.judge.waivers import Waiver
from tests.engine.repair.conftest import DEAL, NOW, Solve, playbook_of, tables_of

HARD = "says: It is so, enforce: hard"
NOBODY = ""
OPS = "waivers: {approvers: [ops@example.com], at_most: 10 days}"
MET_CHAMPION = (
    "activities: {some: {kind: meeting, status: held, happened_at: {within: 30 days}, with: {role: champion}}}"
)
HEARD_CHAMPION = "contacts: {some: {role: champion, last_buyer_activity_at: {within: 14 days}}}"
PROPOSAL_CLOCK = (
    "clocks: {proposal: {first_follow_up: 2 business days, then_every: 3 days, silence_limit: 7 days, enforce: soft}}"
)


def kinds(way: Way | None) -> list[type[Action]]:
    assert way is not None
    assert way.verdict_after.gate is not None
    assert way.verdict_after.gate.status in OPEN_GATES
    return [type(action) for action in way.actions]


def criteria(*requires: str) -> str:
    return ", ".join(f"{{id: c{number}, {HARD}, require: {{{each}}}}}" for number, each in enumerate(requires))


def test_one_meeting_serves_every_criterion_that_asks_to_hear_from_the_same_person(solve: Solve) -> None:
    playbook = playbook_of(criteria(MET_CHAMPION, HEARD_CHAMPION, "activities: {some: {kind: meeting}}"), NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert kinds(way) == [BuyerActivity]
    assert way is not None
    assert way.words == ("hold a meeting with Ann",)


def test_two_meetings_are_not_one(solve: Solve) -> None:
    playbook = playbook_of(criteria("activities: {some: {kind: meeting, status: held}, at_least: 2}"), NOBODY)
    assert kinds(solve(playbook, tables_of(playbook))) == [BuyerActivity, BuyerActivity]


def test_one_text_meets_all_that_is_asked_of_a_field(solve: Solve) -> None:
    asked = criteria("pain: {min_words: 6}", "pain: {contains: [cost]}", "pain: {max_chars: 60, avoids: [we]}")
    playbook = playbook_of(asked, NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    (filled,) = way.actions
    assert isinstance(filled, FillField)
    assert "cost" in filled.value
    assert len(filled.value) <= 60


def test_at_equal_number_the_order_is_field_person_own_activity_buyers_activity_waiver(solve: Solve) -> None:
    ways = [
        "{filled: [pain]}",
        "{contacts: {some: {role: economic_buyer}}}",
        "{activities: {some: {kind: email, direction: outbound}}}",
        "{activities: {some: {kind: email, direction: inbound}}}",
    ]
    cheapest = []
    for start in range(len(ways) + 1):
        either = f"any: [{', '.join(reversed(ways[start:]))}]" if ways[start:] else "stage: proposal"
        playbook = playbook_of(criteria(either), OPS)
        cheapest += kinds(solve(playbook, tables_of(playbook)))
    assert cheapest == [FillField, NamePerson, OwnActivity, BuyerActivity, Waive]


def test_a_hard_finding_is_waived_by_a_listed_approver_only(solve: Solve) -> None:
    impossible = criteria("created_at: {within: 10 days}")
    assert solve(playbook_of(impossible, NOBODY), tables_of(playbook_of(impossible, NOBODY))) is None
    playbook = playbook_of(impossible, OPS)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.actions == (Waive("c0", "ops@example.com", NOW + timedelta(days=10)),)
    assert way.words == ("ask ops@example.com to waive `c0` until 2026-11-12",)


def test_a_soft_finding_is_waived_by_the_owner_within_the_budget(solve: Solve) -> None:
    soft = "{id: c0, says: It is so, enforce: soft, require: {created_at: {within: 10 days}}}"
    playbook = playbook_of(soft, "waivers: {open_per_owner: 1}")
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.actions == (Waive("c0", "rep@example.com", NOW + timedelta(days=30)),)
    held = Waiver("d2", "c0", "agreed", "rep@example.com", NOW, NOW + timedelta(days=1))
    assert solve(playbook, tables_of(playbook), [held]) is None


def test_a_criterion_that_does_not_apply_yet_is_never_dodged(solve: Solve) -> None:
    asked = f"{{id: c0, {HARD}, when: {{amount: {{above: 10000}}}}, require: {{pain: {{min_words: 3}}}}}}"
    playbook = playbook_of(asked, NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.words == ("write pain in at least 3 words",)


def test_where_it_is_not_known_whether_it_is_asked_the_missing_field_is_filled_and_the_rest_done(solve: Solve) -> None:
    asked = f"{{id: c0, {HARD}, when: {{discount: {{above: 10}}}}, require: {{pain: {{min_words: 3}}}}}}"
    playbook = playbook_of(asked, NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.words == ("fill in discount", "write pain in at least 3 words")


def test_what_a_repair_brings_up_is_repaired_too(solve: Solve) -> None:
    later = f"{{id: c1, {HARD}, when: {{filled: [amount]}}, require: {{filled: [pain]}}}}"
    asked = f"{criteria('amount: {present: true}')}, {later}"
    playbook = playbook_of(asked, NOBODY)
    way = solve(playbook, tables_of(playbook, {"amount": None}))
    assert way is not None
    assert way.words == ("fill in amount", "fill in pain")


def test_each_person_gets_their_own_field(solve: Solve) -> None:
    asked = (
        f"{{id: c0, {HARD}, for_each: {{role: [champion, economic_buyer], at_least: 2}}, "
        "require: {wants: {min_words: 3}}}"
    )
    playbook = playbook_of(asked, NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.words == (
        "name Ben as economic buyer if so, or add a contact in role economic buyer",
        "for Ann: write wants in at least 3 words",
        "for Ben: write wants in at least 3 words",
    )


def test_a_late_follow_up_is_cleared_by_following_up(solve: Solve) -> None:
    playbook = playbook_of("", PROPOSAL_CLOCK)
    sent = {"id": "q1", "sent_at": NOW - timedelta(days=12)}
    way = solve(playbook, tables_of(playbook, {"stage": "Discovering"}, proposals=[sent]))
    assert kinds(way) == [OwnActivity]


def test_a_late_next_step_is_cleared_by_one_that_keeps_the_rest_of_the_playbook(solve: Solve) -> None:
    clock = "clocks: {next_step: {from: discovery, at_most_ahead: 14 days, enforce: hard}}"
    playbook = playbook_of(criteria("next_step_date: {in: [next week]}"), clock)
    deal = {"next_step": "Call", "next_step_date": date(2026, 10, 1)}
    way = solve(playbook, tables_of(playbook, deal))
    assert way is not None
    (filled,) = way.actions
    assert isinstance(filled, FillField)
    assert date(2026, 11, 9) <= filled.value <= date(2026, 11, 15)


def test_silence_of_the_buyer_is_paused_by_a_planned_step(solve: Solve) -> None:
    playbook = playbook_of("", "clocks: {buyer_silence: {limit: 14 days, enforce: soft}}")
    way = solve(playbook, tables_of(playbook))
    assert kinds(way) == [OwnActivity]
    assert way is not None
    assert way.words == ("plan a meeting or call with the buyer",)


def test_money_is_proposed_in_the_deals_own_currency(solve: Solve) -> None:
    playbook = playbook_of(criteria("amount: {at_least: 49999}"), NOBODY)
    way = solve(playbook, tables_of(playbook, {"amount": None, "currency": "EUR"}))
    assert way is not None
    assert [action.value for action in way.actions if isinstance(action, FillField)] == [Decimal("39999.20")]


def test_roles_are_written_as_the_crm_calls_them() -> None:
    playbook = playbook_of(criteria("contacts: {some: {role: economic_buyer}}"), NOBODY)
    named: Sequence[Action] = [NamePerson("economic_buyer", "p1"), NamePerson("economic_buyer", "p2")]
    tables, _ = apply_actions(tables_of(playbook), "d1", named, NOW, playbook=playbook, crm="local")
    roles = [(row["id"], row["role"]) for row in tables["contacts"].to_pylist()]
    assert roles == [("p1", "Champion"), ("p2", "Economic Buyer"), ("p1", "Economic Buyer")]


def test_what_is_filled_in_is_on_record_as_changed() -> None:
    playbook = playbook_of(criteria("filled: [pain]"), NOBODY)
    before = tables_of(playbook)
    after, _ = apply_actions(before, "d1", [FillField("deals", "pain", "lost orders")], NOW, playbook=playbook, crm="")
    assert before["deals"]["pain"].to_pylist() == [None]
    assert after["deals"]["pain"].to_pylist() == ["lost orders"]
    (change,) = after["field_changes"].to_pylist()
    assert (change["field"], change["old"], change["new"], change["changed_by"]) == ("pain", None, "lost orders", "o1")


def test_an_open_gate_needs_nothing_and_a_closed_deal_has_no_way(solve: Solve) -> None:
    playbook = playbook_of(criteria("filled: [name]"), NOBODY)
    way = solve(playbook, tables_of(playbook))
    assert way is not None
    assert way.actions == ()
    assert solve(playbook, tables_of(playbook, {"outcome": "lost", "closed_at": NOW})) is None


def test_the_normal_query_opens_the_gate_too() -> None:
    asked = criteria("qualification: {at_least: 75 percent}", HEARD_CHAMPION, "next_step_date: {after: today}")
    playbook = playbook_of(asked, NOBODY)
    tables = tables_of(playbook)
    with Evaluator(playbook, delivered=tables.delivered, tracked=tables.tracked) as evaluator:
        way = find_way(evaluator, tables, NOW, str(DEAL["id"]))
    assert set(kinds(way)) == {FillField, NamePerson, BuyerActivity}
    assert way is not None
    assert way.words == (
        "name Ben as economic buyer if so, or add a contact in role economic buyer",
        "set next step date to a date after today",
        "write pain in at least 5 words",
        "get an answer from Ann",
    )
