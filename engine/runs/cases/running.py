"""Runs the cases of a playbook through the same query as live deals, as many at once as cannot touch each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.copies import SCHEMA as TEXTS
from engine.judge.copies import shared_texts
from engine.judge.evaluate import Evaluator
from engine.judge.query.judgement import Judgement
from engine.judge.query.wanted import copied_fields
from engine.judge.tables import Tables, canonical_schemas
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.runs.cases.case import CRM, Case
from engine.runs.cases.compare import Difference, differences
from engine.runs.cases.coverage import Covered, coverage
from engine.runs.cases.tables import as_tables, ids_matter, prefixed
from rules.playbook import Playbook


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case and how what it gave differs from what it expects; it passed where nothing does."""

    case: Case
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class CaseReport:
    """All results of a playbook's cases, in order, and what the cases touch."""

    playbook: Playbook
    results: tuple[CaseResult, ...]
    coverage: tuple[Covered, ...]

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The results that differ."""
        return tuple(each for each in self.results if not each.passed)


def run_cases(playbook: Playbook, cases: Sequence[Case]) -> CaseReport:
    """Run all cases: first without words, then once more in words for those that differ."""
    with _Bench(playbook) as bench:
        answers = bench.judge(cases, words=False)
        failed = [case for case, answer in zip(cases, answers, strict=True) if answer.differences(case)]
        told = dict(zip(map(id, failed), bench.judge(failed, words=True), strict=True))
        results = tuple(
            CaseResult(case, told.get(id(case), answer).differences(case))
            for case, answer in zip(cases, answers, strict=True)
        )
        verdicts = [answer.verdict for answer in answers]
        return CaseReport(playbook, results, coverage(playbook, bench.judgements(), verdicts))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a case gave: a verdict, and whether the playbook applies at all."""

    verdict: Verdict
    applies: bool

    def differences(self, case: Case) -> tuple[Difference, ...]:
        found = differences(self.verdict, case.expect)
        if self.applies:
            return found
        return (Difference("different", "the playbook", "to apply", "that it does not apply to this deal"), *found)


_Group = tuple[datetime, frozenset[str], int]
"""Cases judged at once: as of when, what is not delivered, and a number of its own for a case that stays alone."""


class _Bench(ExitStack):
    """Judges cases, keeping a compiled query per set of delivered columns."""

    def __init__(self, playbook: Playbook) -> None:
        super().__init__()
        self.playbook = playbook
        self.schemas = canonical_schemas(playbook)
        self.copied = [each.name for each in copied_fields(playbook)]
        self.alone = ids_matter(playbook)
        self.evaluators: dict[frozenset[str], Evaluator] = {}

    def judge(self, cases: Sequence[Case], *, words: bool) -> list[_Answer]:
        """Judge cases and give their answers in order."""
        groups: dict[_Group, list[int]] = {}
        for number, case in enumerate(cases):
            groups.setdefault(self._group(case, number), []).append(number)
        answers: dict[int, _Answer] = {}
        for numbers in groups.values():
            alone = len(numbers) == 1
            marked = [cases[number] if alone else prefixed(cases[number], f"{number}/") for number in numbers]
            answers |= zip(numbers, self._judge(marked, words=words), strict=True)
        return [answers[number] for number in range(len(cases))]

    def judgements(self) -> Iterator[Judgement]:
        """Yield all that is judged."""
        for evaluator in self.evaluators.values():
            yield from evaluator.compiled.judgements

    def _group(self, case: Case, number: int) -> _Group:
        shares = self._texts(as_tables([case], self.schemas)).num_rows > 0
        return case.as_of, case.not_delivered, number if self.alone or shares else -1

    def _texts(self, tables: Tables) -> pa.Table:
        return shared_texts([tables["deals"]], self.copied) if self.copied else TEXTS.empty_table()

    def _judge(self, cases: Sequence[Case], *, words: bool) -> Iterator[_Answer]:
        tables, first = as_tables(cases, self.schemas), cases[0]
        texts = self._texts(tables) if len(cases) == 1 else TEXTS.empty_table()
        waivers = [waiver for case in cases for waiver in case.waivers]
        judged = self._evaluator(first, tables).evaluate(tables, first.as_of, waivers, texts, observing=words)
        wanted = pa.array([case.deal_id for case in cases], pa.string())
        deals = judged.deals.filter(pc.is_in(judged.deals["id"], value_set=wanted))
        verdicts = {each.deal_id: each for each in verdicts_of(replace(judged, deals=deals), tables, waivers)}
        applies = dict(zip(deals["id"].to_pylist(), deals["_applies"].to_pylist(), strict=True))
        for case in cases:
            yield _Answer(verdicts[case.deal_id], applies[case.deal_id] != 0)

    def _evaluator(self, case: Case, tables: Tables) -> Evaluator:
        if case.not_delivered not in self.evaluators:
            fresh = Evaluator(self.playbook, CRM, delivered=tables.delivered, tracked=tables.tracked)
            self.evaluators[case.not_delivered] = self.enter_context(fresh)
        return self.evaluators[case.not_delivered]
