"""Judging batches of tables by several playbooks: no CRM is asked, so that what was kept is judged in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.copies import SharedTexts
from engine.judge.evaluate import Evaluator
from engine.judge.judged import Judged
from engine.judge.kept_context import Context, Inputs
from engine.judge.query.wanted import copied_fields
from engine.judge.tables import Tables
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from engine.runs.assign import Applies, assign
from engine.runs.batches import BatchOfVerdicts
from engine.runs.left_out import cleared, managers_of, moves_of
from engine.runs.summary import Summary, Tally
from rules.playbook import Playbook
from rules.problems import Problem

BATCH = 20_000


@dataclass(frozen=True)
class Question:
    """What is asked: as of when, with which waivers, and whose deals; no ids and no owner mean all.

    Without `words` findings say nothing, which is quicker. With `clearing`, a deal that no playbook applies to gets
    an empty verdict, so that what was written on it before is taken back. With `some_may_be_gone`, ids that the CRM
    does not hold are left out.
    """

    as_of: datetime
    deal_ids: tuple[str, ...] = ()
    owner: str = ""
    waivers: tuple[Waiver, ...] = ()
    words: bool = True
    clearing: bool = False
    some_may_be_gone: bool = False
    batch_size: int = BATCH


@dataclass
class Judging:
    """Judges batch after batch, each deal by its playbook, and counts; `crm` is what playbooks call the CRM.

    Evaluators are kept per playbook and delivered columns, so that a playbook compiles once a run. Close it when done.
    """

    crm: str
    playbooks: Sequence[Playbook]
    question: Question
    tally: Tally = field(default_factory=Tally)
    _evaluators: dict[tuple[object, ...], Evaluator] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def batch(self, tables: Tables, texts: pa.Table | None) -> BatchOfVerdicts:
        """Judge and count one batch, and give with its verdicts what they were judged from."""
        return self.counted(self.judge(tables, texts), tables, texts)

    def judge(self, tables: Tables, texts: pa.Table | None = None) -> list[Verdict]:
        """Judge one batch, each deal by its playbook; `texts` are those that deals of several accounts share."""
        moment, waivers, words = self.question.as_of, self.question.waivers, self.question.words
        judged = {
            each.id: self.evaluator(each, tables).evaluate(tables, moment, waivers, texts, observing=words)
            for each in self.playbooks
        }
        return self.verdicts(judged, tables)

    def verdicts(self, judged: Mapping[str, Judged], tables: Tables) -> list[Verdict]:
        """Give the verdict of each deal by the playbook that judges it; `judged` holds all answers by playbook id."""
        asked = self.question
        applies = {name: _applies(each) for name, each in judged.items()}
        assigned = assign(self.playbooks, applies, tables.deal_ids)
        self.tally.leave_out(assigned.no_playbook, assigned.ties)
        verdicts = cleared(tables, assigned.no_playbook, asked.as_of) if asked.clearing else []
        for name, deal_ids in assigned.deals.items():
            verdicts += verdicts_of(_only(judged[name], deal_ids), tables, asked.waivers)
        return sorted(verdicts, key=lambda verdict: verdict.deal_id)

    def counted(self, verdicts: Iterable[Verdict], tables: Tables, texts: pa.Table | None) -> BatchOfVerdicts:
        """Count the verdicts on a batch that were asked for, and put them together."""
        asked = self.question
        kept = [each for each in verdicts if not asked.owner or _is_of(each, asked.owner)]
        for verdict in kept:
            self.tally.add(verdict)
        unjudged = {name for each in self._evaluators.values() for name in each.compiled.unjudged}
        moves = moves_of(tables) if asked.clearing else {}
        inputs = Inputs(tables, Context(self.crm, asked.waivers, texts))
        return BatchOfVerdicts(kept, managers_of(tables), unjudged, moves, inputs)

    def evaluator(self, playbook: Playbook, tables: Tables) -> Evaluator:
        """Give the playbook's evaluator for such tables, compiled once."""
        key = (playbook.name, frozenset(tables.delivered.items()), tables.tracked)
        if key not in self._evaluators:
            fresh = Evaluator(playbook, self.crm, delivered=tables.delivered, tracked=tables.tracked)
            self._evaluators[key] = self._open.enter_context(fresh)
        return self._evaluators[key]

    def shared_texts(self, deals: Iterable[pa.Table]) -> pa.Table | None:
        """Collect the texts that deals of several accounts share; None where no playbook asks for them."""
        if not self.copied:
            return None
        texts = SharedTexts(self.copied, {"won", "lost", *self.endings})
        for some in deals:
            texts.add(some)
        return texts.table()

    @property
    def copied(self) -> list[str]:
        """The deal fields of which playbooks ask whether another deal holds the same."""
        return sorted({each.name for playbook in self.playbooks for each in copied_fields(playbook)})

    @property
    def endings(self) -> set[str]:
        """What the CRM calls the stages in which deals have ended."""
        outcomes = [each for playbook in self.playbooks for each in playbook.outcomes]
        return {each.crm.get(self.crm, each.id) for each in outcomes}

    def told(self, problems: Iterable[Problem | str] = ()) -> Summary:
        """Give what was found so far, counted; `problems` are those of the rows that were read."""
        unjudged = [sentence for each in self._evaluators.values() for sentence in each.unjudged]
        return self.tally.summary(unjudged, problems)


def _applies(judged: Judged) -> Applies:
    answers: dict[int, bool] = {1: True, 0: False}
    numbers = judged.deals["_applies"].to_pylist()
    return {name: answers.get(number) for name, number in zip(judged.deals["id"].to_pylist(), numbers, strict=True)}


def _only(judged: Judged, deal_ids: Sequence[str]) -> Judged:
    if len(deal_ids) == judged.deals.num_rows:
        return judged
    wanted = pc.is_in(judged.deals["id"], value_set=pa.array(deal_ids, pa.string()))
    return replace(judged, deals=judged.deals.filter(wanted))


def _is_of(verdict: Verdict, owner: str) -> bool:
    return owner.casefold() in {verdict.owner.casefold(), (verdict.owner_id or "").casefold()}
