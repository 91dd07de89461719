"""Replaying a run: what it judged from is judged once more, and every verdict is compared with the one it gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby, islice
from types import TracebackType
from typing import Self

from sqlalchemy.exc import NoResultFound

from engine.judge.kept_context import Inputs, context_from_bytes, joined_inputs
from engine.judge.kept_tables import from_bytes
from engine.judge.verdicts import Verdict
from engine.ledger.as_recorded import as_recorded
from engine.ledger.inputs import kept
from engine.ledger.run_inputs import DIGEST, RunInput, first_kept, inputs_of_run
from engine.ledger.runs import RunState, StoredRun, last_run, stored_run
from engine.ledger.store import Ledger
from engine.runs.judging import Judging, Question
from engine.runs.mistakes import Mistake
from engine.runs.otherwise import Otherwise, otherwise
from engine.runs.playbooks import playbooks_of
from engine.runs.recording import digests_of
from engine.runs.summary import Summary

TAKEN_BACK = (RunState.REFUSED, RunState.ABANDONED)
"""How runs end of which nothing stands in the ledger but what they judged from."""


TOGETHER = 20
"""How many pieces are judged at once: the query costs much the same for few deals as for many."""


@dataclass(frozen=True)
class _Piece:
    """What a piece was judged from, and the digest of each verdict that was given, by deal."""

    inputs: Inputs
    given: Mapping[str, bytes]


class RunNotFound(Mistake):
    """The store holds no such run."""

    def __init__(self, run_id: int, last: int | None) -> None:
        advice = f"the last one is {last}" if last else "it holds no run yet"
        super().__init__(f"the store holds no run `{run_id}`", f"{advice}; `dealgate history` names the runs of a deal")


class InputsPruned(Mistake):
    """What the run judged from is no longer kept."""

    def __init__(self, run_id: int, since: tuple[int, str] | None) -> None:
        where = f"since run {since[0]} of {since[1]}" if since else "of no run"
        advice = "`retention: {inputs: ...}` in dealgate.yaml says for how long"
        super().__init__(f"what run {run_id} judged from is no longer kept; it is kept {where}", advice)


class NotInRun(Mistake):
    """The run did not judge the deal."""

    def __init__(self, run_id: int, deal_id: str) -> None:
        advice = f"`dealgate history --deal {deal_id}` names the runs that found something new on it"
        super().__init__(f"run {run_id} did not judge deal `{deal_id}`", advice)


class Replay:
    """One pass over what a run judged from: go through `verdicts()` once, then read what came of it.

    Raises a Mistake where the run, or what it judged from, is not in the store. Neither a CRM nor a file is read.
    """

    def __init__(self, ledger: Ledger, run_id: int, deal_id: str = "") -> None:
        self._ledger, self._deal = ledger, deal_id
        self.run, self._pieces = self._found(run_id)
        self.playbooks = playbooks_of(self.run.playbooks)
        self.compared = 0
        self.otherwise: list[Otherwise] = []
        self._open = ExitStack()
        self._judging: Judging | None = None

    def verdicts(self) -> Iterator[Verdict]:
        """Judge again, some pieces at once, and give the verdicts of deals that a playbook judged."""
        for _, some in groupby(self._kept(), key=_shape):
            while together := list(islice(some, TOGETHER)):
                yield from (verdict for verdict in self._judged(together) if verdict.playbook)

    @property
    def summary(self) -> Summary:
        """What was found so far, counted as a check does."""
        judging = self._judging or Judging("", self.playbooks, Question(self.run.as_of))
        return judging.told(self.run.problems)

    @property
    def engine(self) -> str:
        """The version of the engine that judges now."""
        return version("dealgate")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _found(self, run_id: int) -> tuple[StoredRun, list[RunInput]]:
        with self._ledger.reading() as connection:
            try:
                found = stored_run(connection, run_id)
            except NoResultFound:
                raise RunNotFound(run_id, last_run(connection)) from None
            pieces = list(inputs_of_run(connection, run_id))
            if not pieces and found.totals.get("deals", 1):
                raise InputsPruned(run_id, first_kept(connection))
        return found, pieces

    def _kept(self) -> Iterator[_Piece]:
        """Give what is kept of each piece, or of the one deal that is asked for."""
        for piece in self._pieces:
            with self._ledger.reading() as connection:
                tables, context = kept(connection, piece.tables), kept(connection, piece.context)
            inputs = Inputs(from_bytes(tables), context_from_bytes(context))
            ids = sorted(inputs.tables.deal_ids)
            given = dict(zip(ids, _parted(piece.digests), strict=True))
            if not self._deal:
                yield _Piece(inputs, given)
            elif self._deal in given:
                yield _Piece(inputs.of([self._deal]), given)
                return
        if self._deal:
            raise NotInRun(self.run.id, self._deal)

    def _judged(self, pieces: Sequence[_Piece]) -> list[Verdict]:
        """Judge pieces together, and compare every verdict with the one that was given."""
        inputs = joined_inputs([piece.inputs for piece in pieces])
        given = {deal: digest for piece in pieces for deal, digest in piece.given.items()}
        verdicts = list(self._asking(inputs).batch(inputs.tables, inputs.context.texts).verdicts)
        for verdict in verdicts:
            self.compared += 1
            if digests_of([verdict]) != given[verdict.deal_id]:
                self.otherwise.append(self._otherwise(verdict))
        return verdicts

    def _asking(self, inputs: Inputs) -> Judging:
        """Give what judges, asked with the waivers that held of these deals; playbooks are compiled once."""
        question = Question(self.run.as_of, waivers=inputs.context.waivers, clearing=True)
        if self._judging is None:
            self._judging = self._open.enter_context(Judging(inputs.context.crm, self.playbooks, question))
        self._judging.question = question
        return self._judging

    def _otherwise(self, verdict: Verdict) -> Otherwise:
        if self.run.state in TAKEN_BACK:
            return Otherwise(verdict.deal_id)
        with self._ledger.reading() as connection:
            return otherwise(verdict, as_recorded(connection, verdict.deal_id, self.run.id, self.run.as_of))


def _shape(piece: _Piece) -> tuple[object, ...]:
    """Give what pieces must share to be judged together."""
    tables, context = piece.inputs.tables, piece.inputs.context
    return context.crm, tables.delivered, tables.tracked, context.texts is None


def _parted(digests: bytes) -> Iterator[bytes]:
    return (digests[start : start + DIGEST] for start in range(0, len(digests), DIGEST))
