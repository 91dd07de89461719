"""Judging a whole pipeline: batches of deals in, batches of verdicts out, one summary at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from connectors.protocol import Connector
from engine.judge.copies import SharedTexts
from engine.judge.evaluate import Evaluator
from engine.judge.judged import Judged
from engine.judge.query.wanted import copied_fields
from engine.judge.tables import Tables
from engine.judge.verdict_making import verdicts_of
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from engine.runs.assign import Applies, assign
from engine.runs.batches import BatchOfVerdicts
from engine.runs.left_out import cleared, managers_of, moves_of
from engine.runs.mistakes import DealsNotFound, OwnerNotFound
from engine.runs.summary import Summary, Tally
from rules.playbook import Playbook

BATCH = 20_000


@dataclass(frozen=True)
class Question:
    """What a check is asked: as of when, with which waivers, and whose deals; no ids and no owner mean all.

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
class Check:
    """One pass over a CRM's deals: go through `batches()` once, then read `summary`. Nothing is written.

    Evaluators are kept per playbook and delivered columns, so that a playbook compiles once a run.
    """

    connector: Connector
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

    def batches(self) -> Iterator[BatchOfVerdicts]:
        """Yield the verdicts of each batch, sorted by deal id; a deal that no playbook judges is only counted."""
        asked = self.question
        missing, owners = set(asked.deal_ids), set[str]()
        reading = self.connector.read(self.playbooks, sorted(missing) or None, asked.batch_size)
        first = next(reading, None)
        if first is not None:
            second = next(reading, None)
            texts = self._texts(whole=second is None and not asked.deal_ids)
            for tables in chain([first], [second] if second is not None else [], reading):
                missing.difference_update(tables.deal_ids if missing else ())
                verdicts = self.judge(tables, texts)
                owners.update(each.owner for each in verdicts)
                yield self._batch(verdicts, tables)
        self._refuse_unfound(sorted(missing), owners)

    def one(self, deal_id: str) -> tuple[Tables, pa.Table | None]:
        """Read one deal with its related rows, and the texts that deals share."""
        tables = next(self.connector.read(self.playbooks, [deal_id], 1), None)
        if tables is None or not tables.deal_ids:
            raise self._not_found([deal_id])
        return tables, self._texts(whole=False)

    def judge(self, tables: Tables, texts: pa.Table | None = None) -> list[Verdict]:
        """Judge one batch, each deal by its playbook; `texts` are those that deals of several accounts share."""
        asked = self.question
        moment, waivers, words = asked.as_of, asked.waivers, asked.words
        judged = {
            each.id: self.evaluator(each, tables).evaluate(tables, moment, waivers, texts, observing=words)
            for each in self.playbooks
        }
        applies = {name: _applies(each) for name, each in judged.items()}
        assigned = assign(self.playbooks, applies, tables.deal_ids)
        self.tally.leave_out(assigned.no_playbook, assigned.ties)
        verdicts = cleared(tables, assigned.no_playbook, asked.as_of) if asked.clearing else []
        for name, deal_ids in assigned.deals.items():
            verdicts += verdicts_of(_only(judged[name], deal_ids), tables, asked.waivers)
        return sorted(verdicts, key=lambda verdict: verdict.deal_id)

    def evaluator(self, playbook: Playbook, tables: Tables) -> Evaluator:
        """Give the playbook's evaluator for such tables, compiled once."""
        key = (playbook.name, frozenset(tables.delivered.items()), tables.tracked)
        if key not in self._evaluators:
            fresh = Evaluator(playbook, self.connector.name, delivered=tables.delivered, tracked=tables.tracked)
            self._evaluators[key] = self._open.enter_context(fresh)
        return self._evaluators[key]

    @property
    def summary(self) -> Summary:
        """What was found so far, counted."""
        unjudged = [sentence for each in self._evaluators.values() for sentence in each.unjudged]
        return self.tally.summary(unjudged, self.connector.problems)

    def _batch(self, verdicts: list[Verdict], tables: Tables) -> BatchOfVerdicts:
        owner = self.question.owner
        kept = [each for each in verdicts if not owner or _is_of(each, owner)]
        for verdict in kept:
            self.tally.add(verdict)
        unjudged = {name for each in self._evaluators.values() for name in each.compiled.unjudged}
        moves = moves_of(tables) if self.question.clearing else {}
        return BatchOfVerdicts(kept, managers_of(tables), unjudged, moves)

    def _texts(self, *, whole: bool) -> pa.Table | None:
        """Collect the texts that deals share, for which the pipeline is read once more where it is not at hand."""
        fields = sorted({each.name for playbook in self.playbooks for each in copied_fields(playbook)})
        if not fields or whole:
            return None
        crm, outcomes = self.connector.name, [each for playbook in self.playbooks for each in playbook.outcomes]
        texts = SharedTexts(fields, {"won", "lost", *(each.crm.get(crm, each.id) for each in outcomes)})
        for tables in self.connector.read(self.playbooks, None, self.question.batch_size):
            texts.add(tables["deals"])
        return texts.table()

    def _refuse_unfound(self, missing: Sequence[str], owners: set[str]) -> None:
        asked = self.question
        if missing and not asked.some_may_be_gone:
            raise self._not_found(missing)
        if asked.owner and self.tally.deals == 0:
            raise OwnerNotFound(asked.owner, owners)

    def _not_found(self, missing: Sequence[str]) -> DealsNotFound:
        some = next(self.connector.read(self.playbooks, None, self.question.batch_size), None)
        return DealsNotFound(missing, some.deal_ids if some is not None else ())


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
