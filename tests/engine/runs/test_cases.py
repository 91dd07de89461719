"""Cases: what a file may say, and that anything missing, unexpected or different fails."""

from __future__ import annotations

import pytest

from engine.runs.cases.case import Case
from engine.runs.cases.reading import read_cases
from engine.runs.cases.running import CaseReport, run_cases
from rules.load import load_playbook
from rules.playbook import Playbook

PLAYBOOK = """\
playbook: tiny
version: 1
title: Tiny
calendar: {timezone: America/New_York}
fields: {pain: {type: text}, pilots: {of: account, type: number}}
roles: {payer: {local: [Pays]}}
stages:
  - id: talk
    title: Talk
    exit_criteria:
      - {id: pain, says: Pain is known, require: {pain: {min_words: 2, copied: false}}, enforce: hard}
      - for_each: {role: [payer], at_least: 1}
        id: payer-titled
        says: We know what each payer does
        require: {filled: [title]}
  - id: offer
    title: Offer
    exit_criteria: [{id: big, says: It is big, require: {account.pilots: {at_least: 2}}}]
clocks: {next_step: {from: offer}}
rules: [{id: rich, when: {amount: {above: 1000}}, then: {flag: look twice}, enforce: observe}]
"""

GOOD = """\
as_of: 2026-11-02
cases:
  - name: good
    deal: {stage: talk, pain: they retype, amount: 900.50}
    contacts: [{id: p1, role: payer, title: CFO}, {id: p2, role: [payer, user], title: CEO}]
    expect: {gate: {status: clear, allowed_stage: offer}}
"""


def tiny() -> Playbook:
    playbook, problems = load_playbook(PLAYBOOK, "tiny.yaml")
    assert playbook is not None, problems
    return playbook


def cases(text: str) -> tuple[Case, ...]:
    found, problems = read_cases(text.encode(), "tiny.cases.yaml", tiny())
    assert not problems
    return found


def run(text: str) -> CaseReport:
    return run_cases(tiny(), cases(text))


def told(report: CaseReport, number: int = -1) -> list[str]:
    return [str(each) for each in report.results[number].differences]


def test_a_case_with_all_that_is_found_passes() -> None:
    assert run(GOOD).failed == ()


def test_a_finding_too_many_fails() -> None:
    report = run(GOOD.replace(", title: CEO", ""))
    assert told(report) == [
        "gate: expected clear, as far as offer, found advise, as far as offer",
        "unexpected: payer-titled:p2 unmet",
    ]


def test_a_finding_too_few_and_another_state_fail() -> None:
    expected = "findings: [big, {pain: unknown}, {rich: waived}]"
    text = GOOD.replace("pain: they retype", "pain: they").replace(
        "clear, allowed_stage: offer}", "not_yet, allowed_stage: talk}, " + expected
    )
    assert told(run(text)) == ["missing: big unmet", "missing: rich waived", "pain: expected unknown, found unmet"]


def test_a_due_date_is_compared_where_it_is_given() -> None:
    offer = (
        "deal: {stage: offer, pain: they retype, next_step: Call, next_step_date: 2026-10-30}\n    account: {pilots: 3}"
    )
    text = GOOD.replace("deal: {stage: talk, pain: they retype, amount: 900.50}", offer).replace(
        "clear, allowed_stage: offer}", "advise, allowed_stage: won}, findings: [next_step: unmet 2026-10-29]"
    )
    assert told(run(text)) == ["next_step: expected unmet 2026-10-29, found unmet 2026-10-30"]
    assert run(text.replace("2026-10-29]", "2026-10-30]")).failed == ()


def test_flags_are_complete() -> None:
    report = run(GOOD.replace("900.50", "2000").replace("offer}}", "offer}, findings: [rich]}"))
    assert told(report) == ["flags: expected none, found look twice"]


def test_a_case_like_another_changes_what_it_says() -> None:
    text = (
        GOOD
        + """\
  - name: without pain
    like: good
    deal: {pain: null}
    expect: {gate: {status: not_yet, allowed_stage: talk}, findings: [pain]}
"""
    )
    first, second = cases(text)
    assert first.rows["deals"][0]["pain"] == "they retype"
    assert "pain" not in second.rows["deals"][0]
    assert second.rows["contacts"] == first.rows["contacts"]
    assert run(text).failed == ()


def test_cases_do_not_see_each_other_but_their_own_other_deals() -> None:
    text = (
        GOOD
        + """\
  - name: the same text elsewhere
    like: good
    account: {id: A1}
    other_deals: [{id: D2, account_id: A2, pain: They retype}]
    expect: {gate: {status: not_yet, allowed_stage: talk}, findings: [pain]}
"""
    )
    assert run(text).failed == ()


def test_a_table_that_is_not_delivered_leaves_its_criteria_unjudged() -> None:
    assert run(GOOD.replace(", title: CEO", "") + "    not_delivered: [contacts]\n").failed == ()
    assert run(GOOD.replace(", title: CEO", "") + "    not_delivered: [contacts.title]\n").failed == ()


def test_a_waiver_is_expected_as_such() -> None:
    waiver = "{criterion: pain, reason: known, approver: a@b.c, granted_at: 2026-11-01, expires_at: 2026-11-09}"
    text = GOOD.replace("pain: they retype", "pain: x").replace("offer}}", "offer}, findings: [pain: waived]}")
    assert run(f"{text}    waivers: [{waiver}]\n").failed == ()


def test_a_deal_the_playbook_does_not_apply_to_is_no_case() -> None:
    playbook, _ = load_playbook(PLAYBOOK.replace("title: Tiny\n", "title: Tiny\napplies_to: {type: New}\n"), "t.yaml")
    assert playbook is not None
    report = run_cases(playbook, cases(GOOD.replace("stage: talk,", "stage: talk, type: Old,")))
    assert told(report) == ["the playbook: expected to apply, found that it does not apply to this deal"]


def test_what_no_case_touches_is_named() -> None:
    report = run(GOOD.replace("title: CFO", "id2: x").replace(", id2: x", ""))
    untouched = {each.what: each.untouched for each in report.coverage}
    assert untouched["criteria"] == ("pain", "big")
    assert untouched["rules"] == ("rich",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pain: they", "pian: they", "4:25 unknown-field: `pian` is no column of deals"),
        ("900.50", "'1,000'", "4:52 wrong-value: `1,000` is not a plain number"),
        ("as_of: 2026-11-02", "as_of: soon", "1:8 wrong-value: `soon` is not a time"),
        ("as_of: 2026-11-02\n", "", "2:5 missing-key: case `good` has no `as_of`"),
        ("name: good", "name: good\n    like: bad", "4:11 unknown-case: no case before this one is called `bad`"),
        ("status: clear", "status: clean", "6:29 not-one-of"),
        ("role: payer, title", "rloe: payer, title", "5:25 unknown-field"),
        ("    deal:", "    not_delivered: [contcts]\n    deal:", "4:21 unknown-table"),
        ("    deal:", "    quotes: []\n    deal:", "4:5 unknown-key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, expected: str) -> None:
    found, problems = read_cases(GOOD.replace(old, new).encode(), "tiny.cases.yaml", tiny())
    assert found == ()
    lines = [f"{each.where.line}:{each.where.column} {each.code}: {each.message}" for each in problems]
    assert any(line.startswith(expected) for line in lines), lines


def test_two_cases_of_one_name_are_refused() -> None:
    _, problems = read_cases((GOOD + GOOD.partition("cases:\n")[2]).encode(), "tiny.cases.yaml", tiny())
    assert [each.code for each in problems] == ["duplicate-case"]
