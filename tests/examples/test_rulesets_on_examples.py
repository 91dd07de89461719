"""The shipped playbooks give the same verdicts on the example pipeline by rulesets as by the table engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.importing import import_csv, load_mapping
from engine.judge.verdicts import Verdict
from engine.runs.check import Check, Question
from engine.runs.check_by_rules import CheckByRules
from examples.company import AS_OF
from examples.generate import PIPELINE
from rules.load import load_playbook

pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")

PLAYBOOKS = ("enterprise", "small-business", "services", "renewals")
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
EVERY = 1 if NIGHTLY else 16
"""The normal run takes every sixteenth deal."""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    mapping, _ = load_mapping((PIPELINE / "mapping.yaml").read_bytes(), "mapping.yaml")
    assert mapping is not None
    folder = tmp_path_factory.mktemp("pipeline")
    import_csv(sorted(PIPELINE.glob("*.csv")), mapping, folder / "crm.db", folder / "rejects.csv")
    return folder / "crm.db"


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_example_pipeline_gets_the_same_verdicts_by_rulesets(pipeline: Path, name: str) -> None:
    playbook, _ = load_playbook(Path(f"playbooks/{name}.yaml").read_bytes(), name)
    assert playbook is not None
    with connect(pipeline) as crm:
        ids = next(crm.read([playbook], None, 1_000)).deal_ids[::EVERY]
        question = Question(AS_OF, tuple(ids), words=False)
        found: list[list[Verdict]] = []
        for kind in (Check, CheckByRules):
            with kind(crm, [playbook], question) as check:
                found.append([verdict for batch in check.batches() for verdict in batch.verdicts])
    by_table, by_rules = found
    assert any(each.findings for each in by_table)
    assert by_rules == by_table
