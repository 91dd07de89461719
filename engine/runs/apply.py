"""Apply: plan all batches into the outbox, judge the whole for surprises, then send, each change exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.judge.crossings import Crossing
from engine.judge.plan import RunTotals
from engine.ledger import outbox
from engine.ledger.findings import undo
from engine.ledger.runs import RunFacts, RunState, record_problems, record_totals, renew, set_state, start_run
from engine.runs.batches import BatchOfVerdicts, PlannedPiece, planned_pieces
from engine.runs.recording import laid_out, record_piece
from engine.runs.resume import resume
from engine.runs.send import send_run
from engine.runs.write_back import Applied, WriteBack


def apply(batches: Iterable[BatchOfVerdicts], means: WriteBack, facts: RunFacts) -> Applied:
    """Write what the verdicts ask for.

    First what killed runs left is settled. Changes stay planned until the whole run has passed the surprise guard; a
    refused run leaves nothing behind but its record. Raises CrmError where the CRM fails: what was under way is read
    back by the next run.
    """
    resumed = resume(means)
    with means.ledger.writing() as connection:
        run_id = start_run(connection, facts, means.lease())
    run = _Run(run_id, means, facts)
    applied = run.plan(batches)
    if not applied.refusals:
        send_run(run_id, means)
        applied = run.finish(applied)
    return replace(applied, resumed=resumed)


@dataclass(frozen=True)
class _Run:
    id: int
    means: WriteBack
    facts: RunFacts

    def plan(self, batches: Iterable[BatchOfVerdicts]) -> Applied:
        """Put the changes of all batches into the outbox, then let the run go on or refuse it."""
        try:
            totals, waiting, crossings = self._plan_all(batches)
        except (Exception, KeyboardInterrupt):
            self._take_back(RunState.ABANDONED)
            raise
        refusals = totals.refusals(self.means.settings.plan.limits)
        with self.means.ledger.writing() as connection:
            record_totals(connection, self.id, totals, refusals)
            record_problems(connection, self.id, [str(each) for each in self.means.connector.problems])
            if not refusals:
                set_state(connection, self.id, RunState.APPLYING, self.means.now())
        if refusals:
            self._take_back(RunState.REFUSED)
        return Applied(self.id, totals.checksum, totals.totals, waiting=waiting, refusals=refusals, crossings=crossings)

    def finish(self, applied: Applied) -> Applied:
        """Close the run and count what became of its changes."""
        with self.means.ledger.writing() as connection:
            set_state(connection, self.id, RunState.DONE, self.means.now())
            return replace(applied, outcomes=outbox.count_in_state(connection, self.id))

    def _plan_all(self, batches: Iterable[BatchOfVerdicts]) -> tuple[RunTotals, int, tuple[Crossing, ...]]:
        totals, waiting, crossings = RunTotals(), 0, list[Crossing]()
        means, settings = self.means, self.means.settings.plan
        planned = planned_pieces(batches, means.connector, means.ledger, settings, self.facts.as_of)
        for piece in laid_out(planned):
            totals.add(piece.plan)
            crossings += piece.plan.crossings
            waiting += self._record(piece)
        return totals, waiting, tuple(crossings)

    def _record(self, piece: PlannedPiece) -> int:
        """Put a piece's changes into the outbox with what was found, in one transaction."""
        with self.means.ledger.writing() as connection:
            renew(connection, self.id, self.means.lease())
            return record_piece(connection, self.id, piece, self.facts.as_of, self.means.now())

    def _take_back(self, state: RunState) -> None:
        with self.means.ledger.writing() as connection:
            undo(connection, self.id)
            outbox.drop_planned(connection, self.id, self.means.now())
            set_state(connection, self.id, state, self.means.now())
