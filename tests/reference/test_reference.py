"""Every rule of the language has worked examples, with answers worked out by hand; all three evaluators give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from engine.judge.evaluate import Evaluator
from engine.judge.ruleset.evaluator import RulesetEvaluator
from engine.judge.tables import Tables
from rules.playbook import Playbook
from tests.reference.answers import Answer, Mark, answers_of, reference_answers
from tests.reference.worked import Example
from tests.reference.worked_clocks import CLOCKS
from tests.reference.worked_conditions import CONDITIONS
from tests.reference.worked_days import DAYS
from tests.reference.worked_deals import DEALS
from tests.reference.worked_facts import FACTS
from tests.reference.worked_found import FOUND

EXAMPLES = [*CONDITIONS, *FACTS, *DAYS, *DEALS, *CLOCKS, *FOUND]


Engines = Callable[[Playbook, Tables], Evaluator]


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    """Compile a playbook once for all its examples."""
    ready: dict[str, Evaluator] = {}

    def engine(playbook: Playbook, tables: Tables) -> Evaluator:
        key = repr((playbook, sorted(tables.delivered), tables.tracked))
        if key not in ready:
            ready[key] = Evaluator(playbook, delivered=tables.delivered, tracked=tables.tracked)
        return ready[key]

    yield engine
    for each in ready.values():
        each.close()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_reference_gives_the_answer_worked_out_by_hand(example: Example) -> None:
    _holds(example, reference_answers(*_input(example), waivers=example.waivers))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_engine_gives_the_answer_worked_out_by_hand(example: Example, engines: Engines) -> None:
    evaluator = engines(example.playbook, example.tables)
    _holds(example, answers_of(evaluator, example.tables, example.as_of, example.waivers))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_rulesets_give_the_answer_worked_out_by_hand(example: Example, engines: Engines) -> None:
    pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")
    tables = example.tables
    compiled = engines(example.playbook, tables).compiled
    with RulesetEvaluator(
        example.playbook, delivered=tables.delivered, tracked=tables.tracked, compiled=compiled
    ) as rulesets:
        _holds(example, answers_of(rulesets, tables, example.as_of, example.waivers))


def test_every_rule_of_the_language_has_a_worked_example() -> None:
    assert {example.rule for example in EXAMPLES} == set(range(1, 19))


def _input(example: Example) -> tuple[Playbook, Tables, datetime]:
    return example.playbook, example.tables, example.as_of


def _holds(example: Example, answers: list[Answer]) -> None:
    answer = next(each for each in answers if each.deal_id == "d1")
    found = {name: " / ".join(map(_words, marks)) for name, marks in answer.findings.items()}
    assert found == dict(example.found)
    assert answer.segment == example.segment
    if example.gate is not None:
        assert answer.gate is not None
        assert answer.gate[:2] == example.gate


def _words(mark: Mark) -> str:
    return " ".join([mark.state, *([mark.due.isoformat()] if mark.due else []), *(["waived"] if mark.waived else [])])
