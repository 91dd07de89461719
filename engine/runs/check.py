"""Judging a whole pipeline: batches of deals in, batches of verdicts out, one summary at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa

from connectors.protocol import Connector, SharesTexts
from engine.judge.tables import Tables
from engine.runs.batches import BatchOfVerdicts
from engine.runs.judging import BATCH, Judging, Question
from engine.runs.mistakes import DealsNotFound, OwnerNotFound
from engine.runs.summary import Summary
from rules.playbook import Playbook

__all__ = ["BATCH", "Check", "Question"]


class Check(Judging):
    """One pass over a CRM's deals: go through `batches()` once, then read `summary`. Nothing is written."""

    def __init__(self, connector: Connector, playbooks: Sequence[Playbook], question: Question) -> None:
        super().__init__(connector.name, playbooks, question)
        self.connector = connector

    def batches(self) -> Iterator[BatchOfVerdicts]:
        """Yield the verdicts of each batch, sorted by deal id; a deal that no playbook judges is only counted."""
        asked = self.question
        missing, owners = set(asked.deal_ids), set[str]()
        reading = self.connector.read(self.playbooks, sorted(missing) or None, asked.batch_size)
        first = next(reading, None)
        if first is not None:
            second = next(reading, None)
            texts = self._texts(first if second is None and not asked.deal_ids else None)
            for tables in chain([first], [second] if second is not None else [], reading):
                missing.difference_update(tables.deal_ids if missing else ())
                verdicts = self.judge(tables, texts)
                owners.update(each.owner for each in verdicts)
                yield self.counted(verdicts, tables, texts)
        self._refuse_unfound(sorted(missing), owners)

    def one(self, deal_id: str) -> tuple[Tables, pa.Table | None]:
        """Read one deal with its related rows, and the texts that deals share."""
        tables = next(self.connector.read(self.playbooks, [deal_id], 1), None)
        if tables is None or not tables.deal_ids:
            raise self._not_found([deal_id])
        return tables, self._texts()

    @property
    def summary(self) -> Summary:
        """What was found so far, counted."""
        return self.told(self.connector.problems)

    def _texts(self, whole: Tables | None = None) -> pa.Table | None:
        """Collect the texts that deals share, for which the pipeline is read once more where it is not at hand."""
        if whole is not None:
            return self.shared_texts([whole["deals"]])
        if self.copied and isinstance(self.connector, SharesTexts):
            return self.connector.shared_texts(self.copied, self.endings, self.playbooks)
        reading = self.connector.read(self.playbooks, None, self.question.batch_size)
        return self.shared_texts(tables["deals"] for tables in reading)

    def _refuse_unfound(self, missing: Sequence[str], owners: set[str]) -> None:
        asked = self.question
        if missing and not asked.some_may_be_gone:
            raise self._not_found(missing)
        if asked.owner and self.tally.deals == 0:
            raise OwnerNotFound(asked.owner, owners)

    def _not_found(self, missing: Sequence[str]) -> DealsNotFound:
        some = next(self.connector.read(self.playbooks, None, self.question.batch_size), None)
        return DealsNotFound(missing, some.deal_ids if some is not None else ())
