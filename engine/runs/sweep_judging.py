"""Judging parts of a sweep: from the store alone, each recorded once, in one transaction with what came of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection

from engine.judge.change_json import canonical, state_from_json, state_to_json
from engine.judge.changes import WriteBackState
from engine.judge.crossings import crossing_to_json
from engine.judge.kept_context import Context, Inputs
from engine.judge.kept_tables import from_bytes, pressed, unpressed
from engine.judge.plan import RunTotals
from engine.judge.surprise import Totals
from engine.judge.tables import Tables, joined
from engine.ledger.errors import LostPartError
from engine.ledger.findings import judged_since
from engine.ledger.inputs import kept
from engine.ledger.sweep_parts import Part, finish_part, part_results
from engine.ledger.sweeps import SweepState, stays_in
from engine.runs.batches import BatchOfVerdicts, PlannedPiece, planned_piece
from engine.runs.mistakes import Mistake
from engine.runs.recording import laid_out, record_piece
from engine.runs.sweep_hand import Hand

logger = logging.getLogger("dealgate.sweep")


def judge_parts(hand: Hand, parts: Sequence[Part]) -> None:
    """Judge parts together, since the query costs much the same for a thousand deals as for one, and record each alone.

    Raises Mistake where playbooks tie.
    """
    with hand.means.ledger.reading() as connection:
        tables = [from_bytes(kept(connection, part.tables)) for part in parts]
        written = [kept(connection, part.written) for part in parts]
    batch = hand.judging.batch(joined(tables), hand.context.texts)
    if hand.judging.tally.ties:
        raise Mistake(str(hand.judging.tally.ties[0]), "give one of the playbooks a higher `priority`")
    for part, own, state in zip(parts, tables, written, strict=True):
        try:
            record_part(hand, part, _of(batch, own, hand.context), state_from_bytes(state))
        except LostPartError as lost:
            logger.info("%s: %s", hand.means.watched.crm, lost)


def record_part(hand: Hand, part: Part, batch: BatchOfVerdicts, state: WriteBackState) -> bool:
    """Plan and record one part; False where the sweep went on without it.

    Deals that were judged since the sweep began, for an event, are left out: an older judgement never replaces a newer
    one. Raises LostPartError where another worker took the part over.
    """
    left_out = set[str]()
    while True:
        planned = _planned(hand, _without(batch, left_out), state)
        with hand.means.ledger.writing() as connection:
            if not stays_in(connection, hand.sweep_id, hand.run_id, SweepState.JUDGING):
                return False
            since = judged_since(connection, _deals(planned), hand.run.as_of)
            if not since:
                _record(connection, hand, part, planned)
                return True
        left_out |= since


def merged(hand: Hand) -> tuple[RunTotals, Mapping[str, Any]]:
    """Add up what came of all parts, in their order: totals and checksum as of one pass, and what the digest tells."""
    totals, told = RunTotals(), {"waiting": 0, "crossings": list[Any](), "crossed": list[str]()}
    with hand.means.ledger.reading() as connection:
        for each in part_results(connection, hand.sweep_id):
            totals.count(Totals(**each.counts["totals"]), unpressed(each.lines))
            for name in told:
                told[name] += each.counts[name]
    return totals, told


def state_to_bytes(state: WriteBackState) -> bytes:
    """Lay out as bytes what a CRM holds of ours."""
    return pressed(canonical(state_to_json(state)).encode("utf-8", "surrogatepass"))


def state_from_bytes(data: bytes) -> WriteBackState:
    """Read back what `state_to_bytes` laid out."""
    return state_from_json(json.loads(unpressed(data).decode("utf-8", "surrogatepass")))


def _of(batch: BatchOfVerdicts, tables: Tables, context: Context) -> BatchOfVerdicts:
    """Cut a batch down to the deals of some of its tables."""
    ids = set(tables.deal_ids)
    verdicts = [each for each in batch.verdicts if each.deal_id in ids]
    return replace(batch, verdicts=verdicts, inputs=Inputs(tables, context))


def _planned(hand: Hand, batch: BatchOfVerdicts, state: WriteBackState) -> PlannedPiece:
    piece = planned_piece(batch, state, hand.means.ledger, hand.settings, hand.run.as_of)
    return next(laid_out([piece]))


def _record(connection: Connection, hand: Hand, part: Part, planned: PlannedPiece) -> None:
    means, run = hand.means, hand.run
    waiting = record_piece(connection, run.id, planned, run.as_of, means.now(), number=part.number)
    finish_part(connection, part, means.worker, _counts(planned, waiting), pressed(planned.plan.lines))


def _deals(planned: PlannedPiece) -> list[str]:
    return [verdict.deal_id for verdict in planned.batch.verdicts]


def _counts(planned: PlannedPiece, waiting: int) -> dict[str, Any]:
    crossings = planned.plan.crossings
    return {
        "totals": asdict(planned.plan.totals),
        "waiting": waiting,
        "crossings": [crossing_to_json(each) for each in crossings],
        "crossed": [each.words for each in crossings],
    }


def _without(batch: BatchOfVerdicts, deal_ids: Collection[str]) -> BatchOfVerdicts:
    return replace(batch, verdicts=[each for each in batch.verdicts if each.deal_id not in deal_ids])
