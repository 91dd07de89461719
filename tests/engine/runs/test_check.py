"""A check goes through a CRM batch by batch, compiles each playbook once, and counts all it saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pytest

from connectors.protocol import Capabilities, OnRead, Spent
from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.query.compiled import Compiled, compile_playbook
from engine.judge.tables import Tables, canonical_schemas
from engine.runs.check import Check, Question
from engine.runs.mistakes import DealsNotFound, OwnerNotFound
from rules.load import load_playbook
from rules.playbook import Enforce, Playbook
from rules.problems import Problem

AS_OF = datetime(2026, 11, 2, 15, tzinfo=UTC)

PLAYBOOK = """\
playbook: tiny
version: 1
title: Tiny
applies_to: {pipeline: New}
stages:
  - {id: talk, title: Talk, exit_criteria: [{id: step, says: A step, require: {filled: [next_step]}, enforce: soft}]}
  - {id: offer, title: Offer, exit_criteria: []}
"""


def tiny(text: str = PLAYBOOK) -> Playbook:
    playbook, problems = load_playbook(text, "tiny.yaml")
    assert playbook is not None, problems
    return playbook


class FakeCrm:
    """Delivers rows from memory, and counts how often it is read."""

    name = "fake"
    capabilities = Capabilities(unique_task_key=True, moves_stages=False, preventive_gates=False)

    def __init__(self, rows: Sequence[dict[str, object]]) -> None:
        self.rows = rows
        self.reads = 0

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        self.reads += 1
        schema = canonical_schemas(playbooks[0])["deals"]
        rows = [row for row in self.rows if deal_ids is None or row["id"] in deal_ids]
        for start in range(0, len(rows), batch_size):
            yield Tables({"deals": pa.Table.from_pylist(rows[start : start + batch_size], schema)})

    @property
    def problems(self) -> Sequence[Problem]:
        return ()

    @property
    def cost(self) -> str:
        return ""

    @property
    def spent(self) -> Spent:
        return Spent()

    def watch(self, on_read: OnRead) -> None:
        pass

    def record_sweep(self, ended_at: datetime) -> None:
        pass

    def deal_id(self, given: str) -> str:
        return given

    def count_open(self) -> int | None:
        return None

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        raise NotImplementedError

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        raise NotImplementedError

    def find_written(self, changes: Sequence[Change]) -> dict[str, bool]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def deal(number: int, **columns: object) -> dict[str, object]:
    usual = {"pipeline": "New", "stage": "talk", "outcome": "open", "owner_id": f"o{number % 2}"}
    return {"id": f"D{number}", **usual, **columns}


def test_batches_come_sorted_and_are_counted_together() -> None:
    crm = FakeCrm([deal(1), deal(2, next_step="Call"), deal(3, pipeline="Old"), deal(4, stage="Nowhere"), deal(5)])
    with Check(crm, [tiny()], Question(AS_OF, batch_size=2)) as check:
        batches = [[each.deal_id for each in batch.verdicts] for batch in check.batches()]
        assert batches == [["D1", "D2"], ["D4"], ["D5"]]
        summary = check.summary
    assert summary.deals == 4
    assert summary.gates == {"not_yet": 2, "clear": 1}
    assert summary.findings == {"exit_criterion": 2, "unmapped": 1}
    assert summary.no_playbook.ids == ("D3",)
    assert summary.unmapped == {"Nowhere": 1}
    assert [(each.owner, each.deals) for each in summary.owners] == [("o0", 1), ("o1", 2)]
    assert summary.has(Enforce.SOFT)
    assert not summary.has(Enforce.HARD)


def test_a_playbook_compiles_once_whatever_the_number_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counting(playbook: Playbook, *given: Any, **named: Any) -> Compiled:
        made.append(playbook.id)
        return compile_playbook(playbook, *given, **named)

    monkeypatch.setattr("engine.judge.evaluate.compile_playbook", counting)
    with Check(FakeCrm([deal(number) for number in range(6)]), [tiny()], Question(AS_OF, batch_size=2)) as check:
        assert len(list(check.batches())) == 3
        assert check.summary.deals == 6
    assert made == ["tiny"]


def test_texts_are_compared_over_batches() -> None:
    text = PLAYBOOK.replace("filled: [next_step]", "next_step: {copied: false}")
    rows = [deal(number, next_step="Call Ann", account_id=f"A{number}") for number in range(4)]
    crm = FakeCrm(rows)
    with Check(crm, [tiny(text)], Question(AS_OF, batch_size=1)) as check:
        found = [each.findings[0].criterion for batch in check.batches() for each in batch.verdicts]
    assert found == ["step"] * 4
    assert crm.reads == 2


def test_a_pipeline_that_fits_one_batch_is_read_once() -> None:
    text = PLAYBOOK.replace("filled: [next_step]", "next_step: {copied: false}")
    crm = FakeCrm([deal(number, next_step="Call Ann", account_id=f"A{number}") for number in range(4)])
    with Check(crm, [tiny(text)], Question(AS_OF)) as check:
        assert sum(len(each.findings) for batch in check.batches() for each in batch.verdicts) == 4
    assert crm.reads == 1


def test_a_run_that_writes_gets_empty_verdicts_where_no_playbook_applies() -> None:
    crm = FakeCrm([deal(1, pipeline="Old", stage="talk")])
    with Check(crm, [tiny()], Question(AS_OF, clearing=True)) as check:
        (verdict,) = next(check.batches()).verdicts
        assert (verdict.deal_id, verdict.playbook, verdict.findings, verdict.gate) == ("D1", "", (), None)
        assert check.summary.deals == 0
        assert check.summary.no_playbook.count == 1


def test_deals_that_are_not_there_are_named() -> None:
    with (
        Check(FakeCrm([deal(1), deal(2)]), [tiny()], Question(AS_OF, deal_ids=("D2", "D9"))) as check,
        pytest.raises(DealsNotFound, match="`D9`"),
    ):
        list(check.batches())


def test_an_owner_without_deals_is_named() -> None:
    with (
        Check(FakeCrm([deal(1)]), [tiny()], Question(AS_OF, owner="o7")) as check,
        pytest.raises(OwnerNotFound, match="one of `o1`"),
    ):
        list(check.batches())
