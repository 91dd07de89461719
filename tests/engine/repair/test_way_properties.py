"""No smaller set of actions opens a gate than the way found; what is proposed agrees with the naive evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from engine.judge.repair.actions import Action, BuyerActivity, FillField, NamePerson, OwnActivity, Waive, price
from engine.judge.repair.apply import apply_actions
from engine.judge.repair.facts import facts_of
from engine.judge.repair.search import OPEN_GATES
from engine.judge.repair.way import cheapest_way
from rules.policies import WaiverPolicy
from tests.engine.repair.conftest import CONTACTS, NOW, playbook_of, tables_of
from tests.engine.repair.sights import here_of, judge_with_reference
from tests.reference.reference import reference
from tests.reference.reference_conditions import holds
from tests.reference.strategies import playbooks
from tests.reference.strategies import settings as moments
from tests.reference.strategies_conditions import Scope, conditions
from tests.reference.strategies_tables import only, random_tables
from tests.reference.vocabulary import Setting

POOL = (
    "pain: {min_words: 5}",
    "pain: {contains: [cost]}",
    "budget_confirmed: true",
    "discount: {between: [5, 10]}",
    "any: [{filled: [pain]}, {discount: {at_least: 5}}]",
    "any: [{budget_confirmed: true, discount: {at_least: 5}}, {contacts: {some: {role: economic_buyer}}}]",
    "next_step_date: {within_next: 14 days}",
    "contacts: {some: {role: economic_buyer}}",
    "contacts: {some: {role: champion, last_buyer_activity_at: {within: 14 days}}}",
    "contacts: {count: {at_least: 3}}",
    "contacts: {every: {wants: {min_words: 3}}, where: {role: champion}}",
    "activities: {some: {kind: meeting, status: held, with: {role: champion}}}",
    "activities: {some: {direction: outbound, happened_at: {within: 7 days}}}",
    "activities: {some: {status: planned, kind: [meeting, call]}}",
    "activities: {some: {kind: email, direction: inbound, with: {role: [economic_buyer, champion]}}}",
    "qualification: {at_least: 5}",
)
SEEDS = st.integers(0, 2**32 - 1)
thorough = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def universe(criteria: Sequence[str]) -> Iterator[Action]:
    """Yield actions that together can meet whatever the pool asks."""
    yield FillField("deals", "pain", "the cost of waiting is high")
    yield FillField("deals", "budget_confirmed", value=True)
    yield FillField("deals", "discount", 7.0)
    yield FillField("deals", "next_step_date", (NOW + timedelta(days=3)).date())
    yield FillField("contacts", "wants", "proof from a peer", "p1")
    yield from (NamePerson("economic_buyer", person) for person in ("p1", "p2", "new-1"))
    yield NamePerson("champion", "new-2")
    at = {"happened_at": NOW, "subject": None, "status": None}
    yield OwnActivity("activities", {**at, "kind": "call", "direction": "outbound"}, ("p1",))
    planned = {"kind": "call", "direction": "outbound", "status": "planned", "happened_at": NOW + timedelta(days=1)}
    yield OwnActivity("activities", planned, ("p1",))
    for people in (("p1",), ("p1", "p2"), ("p1", "new-1")):
        yield BuyerActivity("activities", {**at, "kind": "email", "direction": "inbound"}, people)
        yield BuyerActivity("activities", {**at, "kind": "meeting", "direction": "outbound", "status": "held"}, people)
    yield from (Waive(criterion, "ops@example.com", NOW + timedelta(days=10)) for criterion in criteria)


@thorough
@given(data=st.data())
def test_no_smaller_or_cheaper_set_of_actions_opens_the_gate(data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=4, unique=True))
    listed = ", ".join(f"{{id: c{n}, says: It is, enforce: hard, require: {{{each}}}}}" for n, each in enumerate(asked))
    waivable = data.draw(st.booleans())
    playbook = playbook_of(listed, "waivers: {approvers: [ops@example.com]}" if waivable else "")
    deal = {
        "pain": data.draw(st.sampled_from((None, "tbd", "cost"))),
        "discount": data.draw(st.sampled_from((None, 2))),
    }
    tables = tables_of(playbook, deal, contacts=CONTACTS[: data.draw(st.integers(1, 2))])
    judge = judge_with_reference(playbook, NOW)
    way = cheapest_way(judge(tables, ()), tables, NOW, judge, playbook=playbook, crm="local")
    assert way is not None
    found = price([type(action) for action in way.actions])
    note(f"{asked} {deal}: {way.words}")
    actions = list(universe([f"c{n}" for n in range(len(asked))] if waivable else []))
    for size in range(min(len(way.actions), 2) + 1):
        for tried in combinations(actions, size):
            if price([type(action) for action in tried]) < found:
                changed, waivers = apply_actions(tables, "d1", tried, NOW, playbook=playbook, crm="local")
                gate = judge(changed, waivers).verdict.gate
                assert gate is not None
                assert gate.status not in OPEN_GATES, tried


@thorough
@given(data=st.data(), setting=moments(), seed=SEEDS)
def test_with_an_approver_every_shut_gate_has_a_way_that_opens_it(
    data: st.DataObject, setting: Setting, seed: int
) -> None:
    drawn = data.draw(playbooks(setting))
    playbook = replace(drawn, waivers=WaiverPolicy(approvers=("ops@example.com",)))
    whole = random_tables(seed, 3, setting, [stage.id for stage in playbook.stages])
    judge = judge_with_reference(playbook, setting.as_of)
    for deal_id in whole.deal_ids:
        tables = only(whole, deals=[deal_id])
        sight = judge(tables, ())
        way = cheapest_way(sight, tables, setting.as_of, judge, playbook=playbook, crm="local")
        if sight.verdict.gate is None:
            assert way is None
            continue
        assert way is not None
        assert len(way.words) == len(way.actions)
        changed, waivers = apply_actions(tables, deal_id, way.actions, setting.as_of, playbook=playbook, crm="local")
        after = judge(changed, waivers).verdict.gate
        assert after is not None
        assert after.status in OPEN_GATES


@thorough
@given(data=st.data(), setting=moments(), seed=SEEDS)
def test_a_guess_about_a_condition_is_never_the_opposite_of_what_is_judged(
    data: st.DataObject, setting: Setting, seed: int
) -> None:
    playbook = data.draw(playbooks(setting))
    condition = data.draw(conditions(Scope(setting)))
    whole = random_tables(seed, 5, setting, [stage.id for stage in playbook.stages])
    for deal_id in whole.deal_ids:
        tables = only(whole, deals=[deal_id])
        (expected,) = reference(playbook, tables, setting.as_of)
        here = here_of(playbook, tables, setting.as_of, "local", expected)
        facts = facts_of(tables, deal_id, setting.as_of, playbook=playbook, crm="local", segment=expected.segment)
        guess, judged = facts.state(condition), holds(condition, here)
        assert guess is None or judged is None or guess == judged
