"""A check whose query runs where the tables are: in a database or on a cluster; only what was found comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pyarrow as pa

from connectors.protocol import Connector
from connectors.warehouse.connector import WarehouseConnector
from connectors.warehouse.streams import Stream
from engine.judge.evaluate import unjudged_sentences
from engine.judge.judged import Judged
from engine.judge.query.named import named_tables
from engine.runs.batches import BatchOfVerdicts
from engine.runs.check import Check, Question
from engine.runs.in_place import InPlace
from engine.runs.summary import Summary
from rules.playbook import Playbook


def check_of(connector: Connector, playbooks: Sequence[Playbook], question: Question) -> Check:
    """Give the check that suits a CRM; deals that are named are read and judged here, whatever holds the others."""
    if isinstance(connector, WarehouseConnector) and connector.in_place and not question.deal_ids:
        return CheckInPlace(connector, playbooks, question)
    return Check(connector, playbooks, question)


class CheckInPlace(Check):
    """One pass over a warehouse's deals; a session of it for each playbook."""

    def __init__(self, connector: WarehouseConnector, playbooks: Sequence[Playbook], question: Question) -> None:
        super().__init__(connector, playbooks, question)
        self.warehouse = connector
        self._places: list[InPlace] = []

    def batches(self) -> Iterator[BatchOfVerdicts]:
        """Yield the verdicts of each batch, sorted by deal id; a deal that no playbook judges is only counted."""
        owners = set[str]()
        tracked = self.warehouse.delivered(self.playbooks).tracked
        statements = self.warehouse.statements(self.playbooks)
        with ExitStack() as sessions:
            for playbook in self.playbooks:
                backend = sessions.enter_context(self.warehouse.session())
                self._places.append(InPlace(playbook, self.crm, backend, statements, tracked=tracked))
            self.warehouse.name_refused(self.playbooks)
            for judged in self._side_by_side():
                tables = named_tables(judged[self.playbooks[0].id].deals)
                verdicts = self.verdicts(judged, tables)
                owners.update(each.owner for each in verdicts)
                yield self.counted(verdicts, tables, None)
        self._refuse_unfound([], owners)

    @property
    def summary(self) -> Summary:
        """What was found so far, counted."""
        unjudged = [sentence for place in self._places for sentence in unjudged_sentences(place.compiled)]
        return self.tally.summary(unjudged, self.connector.problems)

    def _side_by_side(self) -> Iterator[dict[str, Judged]]:
        """Yield the answers of all playbooks on the same deals; all judge all deals, in the order of their ids."""
        asked = self.question
        first, *others = (
            place.judged(asked.as_of, asked.waivers, observing=asked.words, rows=asked.batch_size)
            for place in self._places
        )
        names = [playbook.id for playbook in self.playbooks]
        streams = [_Answers(each) for each in others]
        for judged in first:
            last = judged.deals["id"][-1].as_py()
            yield dict(zip(names, [judged, *(each.up_to(last) for each in streams)], strict=True))


class _Answers:
    """The answers of one playbook, taken deal by deal as those of another ask."""

    def __init__(self, answers: Iterator[Judged]) -> None:
        self._last: Judged | None = None
        self._answers = answers
        self._stream = Stream(pa.schema([]), self._tables(), "id")

    def up_to(self, last: str) -> Judged:
        deals = self._stream.up_to(last)
        if self._last is None:
            raise ValueError(last)
        return replace(self._last, deals=deals)

    def _tables(self) -> Iterator[pa.Table]:
        for judged in self._answers:
            self._last = judged
            yield judged.deals
