"""Three evaluators give the same verdicts on random playbooks and deals: table engine, durable-rules and reference.

The normal run tries the same few playbooks every time; `HYPOTHESIS_PROFILE=nightly` tries many, drawn afresh.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.judge.evaluate import Evaluator
from engine.judge.ruleset.evaluator import RulesetEvaluator
from engine.judge.tables import Tables
from engine.judge.waivers import Waiver
from rules.playbook import Playbook
from tests.reference.answers import Answer, answers_of, differences, reference_answers, report
from tests.reference.carried import carried_part
from tests.reference.counted import COUNTED
from tests.reference.strategies import condition_playbooks, playbooks, waivers
from tests.reference.strategies import settings as moments
from tests.reference.strategies_tables import random_tables
from tests.reference.vocabulary import Setting

pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")

SHOWN = 3
SEEDS = st.integers(0, 2**32 - 1)
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EXAMPLES, DEALS = (100, 100) if NIGHTLY else (9, 60)
LEAST_PAIRS = 20_000 if NIGHTLY else 1_000
many = settings(
    max_examples=EXAMPLES,
    derandomize=not NIGHTLY,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@many
@given(data=st.data(), setting=moments(), seed=SEEDS)
def test_random_conditions_mean_the_same_in_three_evaluators(data: st.DataObject, setting: Setting, seed: int) -> None:
    _agree(data, data.draw(condition_playbooks(setting)), setting, seed)


@many
@given(data=st.data(), setting=moments(), seed=SEEDS)
def test_random_playbooks_judge_the_same_in_three_evaluators(data: st.DataObject, setting: Setting, seed: int) -> None:
    _agree(data, data.draw(playbooks(setting)), setting, seed)


def test_no_fewer_pairs_were_judged_than_promised() -> None:
    if not COUNTED.pairs:
        pytest.skip("the tests that judge them were not run")
    assert COUNTED.pairs >= LEAST_PAIRS
    assert COUNTED.findings > COUNTED.pairs
    assert COUNTED.refused < COUNTED.criteria / 10


def _agree(data: st.DataObject, whole: Playbook, setting: Setting, seed: int) -> None:
    crm = data.draw(st.sampled_from(("local", "cases")))
    playbook = carried_part(whole, crm)
    tables = random_tables(seed, DEALS, setting, [stage.id for stage in playbook.stages], in_our_words=crm == "cases")
    granted = data.draw(waivers(whole, setting, DEALS))
    expected = reference_answers(playbook, tables, setting.as_of, crm, granted)
    _count(whole, playbook, expected)
    for name, got in _answers(playbook, crm, tables, setting, granted):
        wrong = list(differences(expected, got))
        COUNTED.disagreements += len(wrong)
        for deal, part, one, other in wrong[:SHOWN]:
            note(f"{deal} {part}\n  reference: {one}\n  {name}: {other}")
        if wrong:
            note(report(playbook, tables, setting.as_of, *wrong[0][:2]))
        assert not wrong, f"{len(wrong)} disagreements of {name}"


def _answers(
    playbook: Playbook, crm: str, tables: Tables, setting: Setting, granted: Sequence[Waiver]
) -> Iterator[tuple[str, list[Answer]]]:
    """Yield the answers of the table engine and of rulesets, which compile the playbook once for both."""
    shape: dict[str, Any] = {"delivered": tables.delivered, "tracked": tables.tracked}
    with Evaluator(playbook, crm, **shape) as engine:
        yield "table", answers_of(engine, tables, setting.as_of, granted)
        with RulesetEvaluator(playbook, crm, **shape, compiled=engine.compiled) as rulesets:
            yield "durable-rules", answers_of(rulesets, tables, setting.as_of, granted)


def _count(whole: Playbook, carried: Playbook, answers: list[Answer]) -> None:
    asked = len(list(whole.criteria()))
    COUNTED.pairs += len(answers)
    COUNTED.criteria += asked
    COUNTED.refused += asked - len(list(carried.criteria()))
    COUNTED.findings += sum(len(marks) for each in answers for marks in each.findings.values())
