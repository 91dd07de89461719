from decimal import Decimal
from pathlib import Path

import pytest

from rules.condition import Compare, FieldValue, LastChangedBy, Literal, Operator, PerSegment, Related, Score, walk
from rules.load import load_playbook
from rules.playbook import Enforce, NextStepClock, Playbook, ProgressClock, SilenceClock, StageAgeClock
from rules.problems import render_problems
from rules.types import Duration, Unit

WHOLE = Path(__file__).parent / "data" / "whole.yaml"
MINIMAL = "playbook: p\nversion: 1\ntitle: P\nstages: [{id: a, title: A}]\n"


@pytest.fixture(scope="module")
def whole() -> Playbook:
    playbook, problems = load_playbook(WHOLE.read_bytes(), "whole.yaml")
    assert render_problems(problems) == ""
    assert playbook is not None
    return playbook


def test_a_playbook_that_uses_the_whole_language_loads_without_problems(whole: Playbook) -> None:
    assert whole.name == "whole-language@3"
    assert [stage.id for stage in whole.stages] == ["discovery", "security-review", "proposal"]
    assert [clock.__class__.__name__ for clock in whole.clocks] == [
        "ProposalClock", "NextStepClock", "StageAgeClock", "SilenceClock", "SilenceClock", "CloseDateClock",
        "ProgressClock",
    ]  # fmt: skip
    assert whole.text == WHOLE.read_text(encoding="utf-8")


def test_the_least_playbook_has_a_stage_and_both_outcomes() -> None:
    playbook, problems = load_playbook(MINIMAL, "p.yaml")
    assert problems == ()
    assert playbook is not None
    assert [(outcome.id, outcome.counts_as) for outcome in playbook.outcomes] == [("won", "won"), ("lost", "lost")]
    assert (playbook.enforce, playbook.currency, playbook.calendar.timezone) == (Enforce.ADVISE, "USD", "UTC")


def test_strictness_is_taken_over_from_above_where_nothing_is_said(whole: Playbook) -> None:
    enforced = {criterion.id: criterion.enforce.value for criterion in whole.criteria()}
    assert (enforced["commitment"], enforced["pain-documented"], enforced["qualified"]) == ("advise", "hard", "soft")


def test_the_calendar_is_read_as_numbers_and_dates(whole: Playbook) -> None:
    calendar = whole.calendar
    assert (calendar.weekend, calendar.fiscal_year_start, str(calendar.closed[0])) == ((5, 6), 2, "2026-12-24")


def test_limits_may_differ_by_stage_and_by_segment(whole: Playbook) -> None:
    days = {amount: Literal(Duration(amount, Unit.DAYS)) for amount in (5, 7, 20, 21, 30)}
    ages = next(clock for clock in whole.clocks if isinstance(clock, StageAgeClock))
    assert ages.limits == {"discovery": days[21]}
    assert ages.otherwise == PerSegment((("smb", days[20]),), days[30])
    silence = [clock for clock in whole.clocks if isinstance(clock, SilenceClock)][1]
    assert silence.limit == PerSegment((("smb", days[5]),), days[7])


def test_stage_age_by_segment_alone_holds_for_every_stage() -> None:
    segments = "segments: {s: {amount: {below: 5}}, l: otherwise}\n"
    playbook, problems = load_playbook(
        f"{MINIMAL}{segments}clocks: {{stage_age: {{limit: {{s: 1 day, l: 2 days}}}}}}\n", "p.yaml"
    )
    assert render_problems(problems) == ""
    assert playbook is not None
    clock = playbook.clocks[0]
    assert isinstance(clock, StageAgeClock)
    assert isinstance(clock.otherwise, PerSegment)
    assert clock.limits == {}


def test_the_next_step_clock_runs_from_the_first_stage_where_nothing_is_said() -> None:
    playbook, _ = load_playbook(f"{MINIMAL}clocks: {{next_step: {{}}}}\n", "p.yaml")
    assert playbook is not None
    assert playbook.clocks == (NextStepClock("a", None, Enforce.ADVISE),)


def test_a_clock_of_ones_own_says_its_id_where_it_says_nothing(whole: Playbook) -> None:
    clock = whole.clocks[-1]
    assert isinstance(clock, ProgressClock)
    assert (clock.says, clock.steps[1].flag) == ("No progress", "probably dead")
    assert clock.steps[1].task is not None
    assert clock.steps[1].task.assignee == "owner.manager"


def test_a_confirmation_is_asked_for_beside_what_is_required(whole: Playbook) -> None:
    criterion = next(each for each in whole.criteria() if each.id == "outside-help")
    related = [node for node in walk(criterion.require) if isinstance(node, Related)]
    assert [node.table for node in related] == ["activities", "with"]
    since = [
        node for node in walk(related[0].where) if isinstance(node, Compare) and isinstance(node.value, FieldValue)
    ]
    assert [(node.operator, node.value.reference.name) for node in since if isinstance(node.value, FieldValue)] == [
        (Operator.ON_OR_AFTER, "stage_entered_at")
    ]


def test_a_team_confirms_the_fields_that_are_required(whole: Playbook) -> None:
    criterion = next(each for each in whole.criteria() if each.id == "approved")
    changed = [node for node in walk(criterion.require) if isinstance(node, LastChangedBy)]
    assert [(node.team, [field.name for field in node.fields]) for node in changed] == [
        ("deal-desk", ["budget_confirmed"])
    ]


def test_scores_are_read_in_points_or_in_percent(whole: Playbook) -> None:
    criterion = next(each for each in whole.criteria() if each.id == "qualified")
    leaves = [node for node in walk(criterion.require) if isinstance(node, Compare)]
    assert [(leaf.subject, leaf.value) for leaf in leaves] == [
        (Score("qualification", percent=True), Literal(Decimal(50))),
        (Score("qualification", "economic-buyer"), Literal(1)),
    ]


def test_rules_that_read_what_others_raise_come_in_later_layers(whole: Playbook) -> None:
    assert {rule.id: rule.layer for rule in whole.rules} == {
        "commit-is-earned": 1,
        "big-deal-sponsor": 2,
        "dead-is-not-big": 3,
    }


def test_rules_that_wait_for_each_other_are_a_problem_naming_them() -> None:
    rules = """rules:
  - {id: one, when: {flags: {includes_any: [b]}}, then: {flag: a}}
  - {id: two, when: {flags: a}, then: {flag: b}}
"""
    _, problems = load_playbook(MINIMAL + rules, "p.yaml")
    assert "a circle: `one` -> `two` -> `one`" in render_problems(problems)


def test_rules_that_read_each_others_findings_by_no_name_are_a_problem() -> None:
    rules = """rules:
  - {id: one, when: {findings: {count: {at_least: 3}}}}
  - {id: two, when: {findings: {count: {at_least: 2}}}}
"""
    _, problems = load_playbook(MINIMAL + rules, "p.yaml")
    assert [problem.code for problem in problems] == ["cycle"]


def test_rules_that_say_which_findings_they_read_do_not_wait_for_others() -> None:
    rules = """rules:
  - {id: one, when: {findings: {count: {at_least: 3}, where: {kind: [exit_criterion, stage_age]}}}}
  - {id: two, when: {findings: {no: {criterion: one}}}}
"""
    playbook, problems = load_playbook(MINIMAL + rules, "p.yaml")
    assert render_problems(problems) == ""
    assert playbook is not None
    assert [rule.layer for rule in playbook.rules] == [2, 3]


def test_a_name_that_stands_for_two_stages_in_a_crm_is_a_problem_even_where_one_is_only_an_id() -> None:
    stages = "stages: [{id: a, title: A, crm: {hubspot: b}}, {id: b, title: B}]\n"
    _, problems = load_playbook(f"playbook: p\nversion: 1\ntitle: P\n{stages}", "p.yaml")
    assert [problem.message for problem in problems] == ["`b` and `a` are both called `b` in hubspot"]


def test_a_place_is_told_for_every_problem_of_a_part_that_is_used_twice_only_once() -> None:
    text = (
        MINIMAL
        + "conditions: {c: {amont: 1}}\nevery_stage:\n"
        + "".join(f"  - {{id: e{n}, says: E, require: {{is: c}}}}\n" for n in range(3))
    )
    _, problems = load_playbook(text, "p.yaml")
    assert [problem.message for problem in problems] == ["condition `c` reads `amont`, which deals do not have"]
    assert problems[0].help == "did you mean `amount`?"
