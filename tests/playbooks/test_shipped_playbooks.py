"""The shipped playbooks keep what they promise: they load clean, their cases hold, and they share one pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs.cases.reading import read_cases
from engine.runs.cases.running import CaseReport, run_cases
from rules.condition import AllOf, AnyOf, Compare, Condition, LastChangedBy, Not, Operator, Related, walk
from rules.lint import load_and_lint
from rules.load import load_playbook
from rules.playbook import Playbook

FOLDER = Path("playbooks")
NAMES = ("enterprise", "small-business", "services", "renewals")
CRMS = {"salesforce", "hubspot", "local"}


def shipped(name: str) -> Playbook:
    path = FOLDER / f"{name}.yaml"
    playbook, problems = load_playbook(path.read_bytes(), str(path))
    assert problems == ()
    assert playbook is not None
    return playbook


@pytest.fixture(scope="module")
def reports() -> dict[str, CaseReport]:
    made = {}
    for name in NAMES:
        path = FOLDER / f"{name}.cases.yaml"
        playbook = shipped(name)
        cases, problems = read_cases(path.read_bytes(), str(path), playbook)
        assert problems == ()
        made[name] = run_cases(playbook, cases)
    return made


def test_these_are_the_playbooks_shipped() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml") if ".cases" not in path.name} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_is_legal_and_wise(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    playbook, problems = load_and_lint(path.read_bytes(), str(path))
    assert problems == ()
    assert playbook is not None
    assert playbook.id == name


@pytest.mark.parametrize("name", NAMES)
def test_editors_find_the_schema_of_a_shipped_file(name: str) -> None:
    for file, schema in ((f"{name}.yaml", "playbook"), (f"{name}.cases.yaml", "cases")):
        first = (FOLDER / file).read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../rules/{schema}.schema.json"
        assert (FOLDER / first.partition("=")[2]).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_and_role_is_named_in_every_crm(name: str) -> None:
    playbook = shipped(name)
    for stage in playbook.stages:
        assert set(stage.crm) == CRMS, stage.id
    for role in playbook.roles:
        assert set(role.names) == CRMS, role.id
    for outcome in playbook.outcomes:
        assert set(outcome.crm) == CRMS, outcome.id


@pytest.mark.parametrize("name", NAMES)
def test_no_two_stages_share_a_name_in_a_crm(name: str) -> None:
    playbook = shipped(name)
    for crm in CRMS:
        names = [each.crm[crm] for each in (*playbook.stages, *playbook.outcomes)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_all_cases_of_a_shipped_playbook_hold(name: str, reports: dict[str, CaseReport]) -> None:
    failed = {each.case.name: [str(found) for found in each.differences] for each in reports[name].failed}
    assert failed == {}


@pytest.mark.parametrize("name", NAMES)
def test_cases_touch_every_criterion_rule_clock_move_and_level(name: str, reports: dict[str, CaseReport]) -> None:
    untouched = {each.what: each.untouched for each in reports[name].coverage if each.untouched}
    assert untouched == {}


@pytest.mark.parametrize("name", NAMES)
def test_some_case_of_a_shipped_playbook_is_clear_in_every_stage(name: str, reports: dict[str, CaseReport]) -> None:
    clear = {
        each.case.rows["deals"][0]["stage"]
        for each in reports[name].results
        if each.passed and each.case.expect.gate is not None and each.case.expect.gate[0] == "clear"
    }
    needed = {stage.id for stage in shipped(name).stages if not stage.optional}
    assert needed <= clear


def test_fields_that_playbooks_share_mean_the_same_in_each() -> None:
    seen: dict[tuple[str, str], tuple[str, object, object]] = {}
    for name in NAMES:
        for field in shipped(name).fields:
            first = seen.setdefault((field.table, field.id), (name, field.type, field.crm))
            assert first[1:] == (field.type, field.crm), f"{field.id} differs in {first[0]} and {name}"


def test_the_playbooks_between_them_use_the_language() -> None:
    nodes = [node for name in NAMES for each in conditions(shipped(name)) for node in walk(each)]
    operators = {node.operator for node in nodes if isinstance(node, Compare)}
    assert set(Operator) - operators == {Operator.AT_MOST, Operator.AVOIDS, Operator.OLDER_THAN}
    tables = {node.table for node in nodes if isinstance(node, Related)}
    assert tables == {"contacts", "activities", "with", "proposals", "stage_changes", "quotes", "findings"}
    assert {type(node) for node in nodes} == {Compare, LastChangedBy, AllOf, AnyOf, Not, Related}


def conditions(playbook: Playbook) -> Iterator[Condition]:
    yield playbook.applies_to
    yield from (segment.when for segment in playbook.segments)
    for card in playbook.scorecards:
        yield from (level.when for dimension in card.dimensions for level in dimension.levels)
    for criterion in playbook.criteria():
        yield from (criterion.when, criterion.require)
    for rule in playbook.rules:
        yield from (rule.when, *([] if rule.require is None else [rule.require]))
