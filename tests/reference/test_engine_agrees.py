"""The table engine and the reference evaluator give the same verdicts on random playbooks and deals.

The normal run tries the same few playbooks every time; `HYPOTHESIS_PROFILE=nightly` tries many, drawn afresh.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from engine.judge.tables import Tables
from engine.judge.waivers import Waiver
from rules.playbook import Playbook
from tests.reference.answers import differences, engine_answers, reference_answers, report
from tests.reference.strategies import condition_playbooks, playbooks, waivers
from tests.reference.strategies import settings as moments
from tests.reference.strategies_tables import random_tables
from tests.reference.vocabulary import Setting

DEALS = 60
SHOWN = 3
SEEDS = st.integers(0, 2**32 - 1)
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
many = settings(
    max_examples=400 if NIGHTLY else 30,
    derandomize=not NIGHTLY,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@many
@given(data=st.data(), setting=moments(), seed=SEEDS, words=st.booleans())
def test_random_conditions_mean_the_same_in_both_evaluators(
    data: st.DataObject,
    setting: Setting,
    seed: int,
    words: bool,  # noqa: FBT001 drawn by name
) -> None:
    playbook = data.draw(condition_playbooks(setting))
    stages = [stage.id for stage in playbook.stages]
    _agree(playbook, random_tables(seed, DEALS, setting, stages), setting, words=words)


@many
@given(data=st.data(), setting=moments(), seed=SEEDS, words=st.booleans())
def test_random_playbooks_judge_the_same_in_both_evaluators(
    data: st.DataObject,
    setting: Setting,
    seed: int,
    words: bool,  # noqa: FBT001 drawn by name
) -> None:
    playbook = data.draw(playbooks(setting))
    stages = [stage.id for stage in playbook.stages]
    granted, crm = data.draw(waivers(playbook, setting, DEALS)), data.draw(st.sampled_from(("local", "cases")))
    tables = random_tables(seed, DEALS, setting, stages, in_our_words=crm == "cases")
    _agree(playbook, tables, setting, granted, crm, words=words)


def _agree(
    playbook: Playbook,
    tables: Tables,
    setting: Setting,
    granted: Sequence[Waiver] = (),
    crm: str = "local",
    *,
    words: bool,
) -> None:
    expected = reference_answers(playbook, tables, setting.as_of, crm, granted)
    got = engine_answers(playbook, tables, setting.as_of, crm, granted, words=words)
    wrong = list(differences(expected, got))
    for deal, part, one, other in wrong[:SHOWN]:
        note(f"{deal} {part}\n  reference: {one}\n  engine:    {other}")
    if wrong:
        deal, part, _, _ = wrong[0]
        note(f"waivers: {[each for each in granted if each.deal_id == deal]}")
        note(report(playbook, tables, setting.as_of, deal, part))
    assert not wrong, f"{len(wrong)} disagreements"
