"""The example pipeline is the generator's, to the byte; it comes in whole, and is as good and as bad as promised."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.importing import ImportReport, import_csv, load_mapping
from engine.judge.verdicts import Verdict
from engine.runs.check import Check, Question
from engine.runs.summary import Summary
from examples.columns import COLUMNS, EXPORTS
from examples.company import AS_OF
from examples.generate import PIPELINE, generate, generate_scaled
from rules.load import load_playbook

PLAYBOOKS = ("enterprise", "small-business", "services", "renewals")
MOST_BYTES = 1_500_000


class Judged:
    """The example pipeline, imported and judged by the four shipped playbooks."""

    def __init__(self, folder: Path) -> None:
        mapping, problems = load_mapping((PIPELINE / "mapping.yaml").read_bytes(), "mapping.yaml")
        assert problems == ()
        assert mapping is not None
        files = sorted(PIPELINE.glob("*.csv"))
        self.report: ImportReport = import_csv(files, mapping, folder / "crm.db", folder / "rejects.csv")
        loaded = [load_playbook(Path(f"playbooks/{name}.yaml").read_bytes(), name)[0] for name in PLAYBOOKS]
        playbooks = [playbook for playbook in loaded if playbook is not None]
        with connect(folder / "crm.db") as crm, Check(crm, playbooks, Question(AS_OF)) as check:
            self.verdicts: list[Verdict] = [each for batch in check.batches() for each in batch.verdicts]
            self.summary: Summary = check.summary

    @property
    def gates(self) -> Counter[str]:
        return Counter(each.gate.status.value for each in self.verdicts if each.gate is not None)

    def having(self, criterion: str) -> int:
        return sum(any(found.criterion == criterion for found in each.findings) for each in self.verdicts)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return Judged(tmp_path_factory.mktemp("pipeline"))


def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path)
    for name in EXPORTS.values():
        assert (tmp_path / name).read_bytes() == (PIPELINE / name).read_bytes(), name


def test_another_seed_gives_another_pipeline(tmp_path: Path) -> None:
    generate(tmp_path, seed=7)
    assert (tmp_path / "opportunities.csv").read_bytes() != (PIPELINE / "opportunities.csv").read_bytes()


def test_the_example_is_small() -> None:
    assert sum(path.stat().st_size for path in PIPELINE.iterdir()) < MOST_BYTES


def test_every_address_is_one_nobody_can_have() -> None:
    for path in PIPELINE.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        hosts = re.findall(r"@([\w.-]+)", text) + re.findall(r"https?://([\w.-]+)", text)
        assert set(hosts) <= {"example.com"}, path.name


def test_the_example_comes_in_without_a_reject(judged: Judged) -> None:
    assert judged.report.problems == ()
    assert {each.path.name: each.rejected for each in judged.report.files if each.rejected} == {}


def test_each_deal_is_judged_by_one_playbook(judged: Judged) -> None:
    assert (judged.summary.no_playbook.count, judged.summary.ties, judged.summary.unmapped) == (0, (), {})
    assert judged.summary.unjudged == ()
    assert {each.playbook.partition("@")[0] for each in judged.verdicts} == set(PLAYBOOKS)


def test_a_third_or_more_may_not_advance_and_a_third_is_clear(judged: Judged) -> None:
    gates = judged.gates
    stopped = (gates["not_yet"] + gates["blocked"]) / gates.total()
    assert 0.30 <= stopped <= 0.45
    assert 0.25 <= gates["clear"] / gates.total() <= 0.50


@pytest.mark.parametrize(
    "criterion",
    [
        "pain-documented", "each-decider", "need-known", "fits", "change-on-file", "proposal.follow_up",
        "proposal.silence", "buyer_silence", "seller_silence", "stage_age", "next_step", "close_date", "moves.skip",
        "moves.back", "won_too_early", "no-progress", "in-or-out", "commit-is-earned", "one-thread",
    ],
)  # fmt: skip
def test_the_example_shows_what_goes_wrong(judged: Judged, criterion: str) -> None:
    assert judged.having(criterion) > 0


def test_good_deals_are_not_all_alike() -> None:
    with (PIPELINE / "opportunities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pains = Counter(row["Identified Pain"] for row in rows if row["Identified Pain"])
    assert sum(1 for count in pains.values() if count == 1) > 0.8 * len(pains)
    assert len({row["Opportunity Owner"] for row in rows}) >= 28


def test_a_scaled_pipeline_is_canonical_and_repeatable(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    generate_scaled(first, 150)
    generate_scaled(second, 150)
    for table, columns in COLUMNS.items():
        written = (first / f"{table}.csv").read_bytes()
        assert written == (second / f"{table}.csv").read_bytes()
        assert written.decode().partition("\n")[0].split(",") == list(columns)
    with connect(first) as crm:
        tables = next(crm.read([]))
    assert len(tables.deal_ids) == 150
    assert tables["deals"]["created_at"][0].as_py() < datetime(2026, 11, 2, tzinfo=UTC)


def test_a_scaled_pipeline_begins_as_a_smaller_one_does(tmp_path: Path) -> None:
    generate_scaled(tmp_path / "small", 20)
    generate_scaled(tmp_path / "large", 40)
    small, large = ((tmp_path / size / "deals.csv").read_text().splitlines() for size in ("small", "large"))
    assert large[:21] == small
