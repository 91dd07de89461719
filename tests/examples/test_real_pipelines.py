"""Two real pipelines, judged at their natural moments by playbooks that ask only what they can tell."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.importing import import_csv, load_mapping
from engine.judge.verdicts import Verdict
from engine.runs.check import Check, Question
from engine.runs.summary import Summary
from rules.lint import load_and_lint

EXAMPLES = Path("examples")


class Pipeline:
    """One real pipeline, imported and judged."""

    def __init__(self, name: str, data: Path, folder: Path, as_of: datetime) -> None:
        mapping, problems = load_mapping((EXAMPLES / "mappings" / f"{name}.yaml").read_bytes(), name)
        assert problems == ()
        assert mapping is not None
        import_csv(sorted((data / name).glob("*.csv")), mapping, folder / "crm.db", folder / "rejects.csv")
        playbook, lint = load_and_lint((EXAMPLES / "playbooks" / f"{name}.yaml").read_bytes(), name)
        assert lint == ()
        assert playbook is not None
        with connect(folder / "crm.db") as crm, Check(crm, [playbook], Question(as_of)) as check:
            self.verdicts: list[Verdict] = [each for batch in check.batches() for each in batch.verdicts]
            self.summary: Summary = check.summary
        self.findings = Counter(found.criterion for each in self.verdicts for found in each.findings)
        self.gates = Counter(each.gate.status.value for each in self.verdicts if each.gate is not None)
        self.flags = Counter(found.flag for each in self.verdicts for found in each.findings if found.flag)


@pytest.fixture(scope="module")
def maven(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return Pipeline("maven_crm", real_data, tmp_path_factory.mktemp("maven"), datetime(2017, 12, 31, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def obvience(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    as_of = datetime(2015, 1, 1, 12, tzinfo=UTC)
    return Pipeline("obvience_powerbi", real_data, tmp_path_factory.mktemp("obvience"), as_of)


def test_every_hardware_deal_is_judged_and_nothing_asked_is_out_of_reach(maven: Pipeline) -> None:
    assert len(maven.verdicts) == 8800
    assert maven.summary.unjudged == ()
    assert maven.summary.unmapped == {}
    assert maven.gates.total() == 1589 + 500


def test_open_hardware_deals_without_an_account_are_found(maven: Pipeline) -> None:
    assert maven.findings["who-is-it"] == 1425


def test_most_hardware_deals_in_talks_are_older_than_any_that_was_won(maven: Pipeline) -> None:
    assert maven.findings["stage_age"] == 1329
    assert maven.flags["probably dead"] == 450


def test_every_open_opportunity_is_judged_but_the_one_that_stands_there_twice(obvience: Pipeline) -> None:
    assert len(obvience.verdicts) == 486
    assert obvience.summary.unjudged == ()
    assert obvience.summary.unmapped == {}


def test_stages_ages_and_dates_that_cannot_all_be_true_are_found(obvience: Pipeline) -> None:
    assert obvience.findings["decided-within-a-year"] == 289
    assert obvience.findings["big-has-partner"] == 36
    assert obvience.findings["too-soon-for-a-lead"] == 4
    assert 0.05 < (obvience.gates["not_yet"] + obvience.gates["blocked"]) / obvience.gates.total() < 0.20
