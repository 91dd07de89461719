"""What a run leaves in the store for each piece of deals it judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from engine.judge.change_json import canonical
from engine.judge.changes import ChangeKind
from engine.judge.kept_context import context_to_bytes
from engine.judge.kept_tables import to_bytes
from engine.judge.verdicts import Verdict
from engine.ledger import outbox
from engine.ledger.findings import judged_since, record_findings, record_seen
from engine.ledger.inputs import keep
from engine.ledger.run_inputs import DIGEST, RunInput, record_input
from engine.ledger.verdicts import RecordedBy, record_verdicts
from engine.runs.batches import BatchOfVerdicts, KeptPiece, PlannedPiece
from engine.runs.document import deal_document


def laid_out(pieces: Iterable[PlannedPiece]) -> Iterator[PlannedPiece]:
    """Lay out what pieces leave in the store, before a transaction that others wait for begins."""
    for piece in pieces:
        yield replace(piece, kept=_lay_out(piece.batch))


def record_piece(
    connection: Connection,
    run_id: int,
    piece: PlannedPiece,
    as_of: datetime,
    now: datetime,
    *,
    number: int | None = None,
) -> int:
    """Record what was judged from, found, seen and planned, in one transaction of the caller's.

    Its deals are locked first, in the order of their ids, and what was planned for them as of earlier is let go of.
    Counts the changes that wait. `number` tells the piece from the run's others where several workers record them;
    left out, it follows the last one.
    """
    verdicts = piece.batch.verdicts
    deal_ids = [verdict.deal_id for verdict in verdicts]
    judged_since(connection, deal_ids, as_of)
    outbox.make_way(connection, deal_ids, as_of, now)
    fingerprint = _keep(connection, run_id, piece, now, number)
    crossings = {each.deal_id: each.words for each in piece.plan.crossings}
    record_verdicts(connection, RecordedBy(run_id, as_of, fingerprint), verdicts, crossings)
    record_findings(connection, run_id, verdicts, as_of, piece.batch.unjudged)
    record_seen(connection, run_id, _stages(piece), as_of)
    return outbox.put(connection, run_id, piece.plan.changes, now)


def digests_of(verdicts: Iterable[Verdict]) -> bytes:
    """Give the first bytes of the SHA-256 of each verdict's JSON, one after another, in the order of the verdicts."""
    return b"".join(_digest(each) for each in verdicts)


def _digest(verdict: Verdict) -> bytes:
    line = canonical(deal_document(verdict, naming_playbook=True))
    return sha256(line.encode("utf-8", "surrogatepass")).digest()[:DIGEST]


def _lay_out(batch: BatchOfVerdicts) -> KeptPiece | None:
    if batch.inputs is None:
        return None
    cut = batch.inputs.of(verdict.deal_id for verdict in batch.verdicts)
    return KeptPiece(to_bytes(cut.tables), context_to_bytes(cut.context), digests_of(batch.verdicts))


def _keep(connection: Connection, run_id: int, piece: PlannedPiece, now: datetime, number: int | None) -> str:
    """Keep what a piece was judged from, and give the hash of its tables; "" where that is not kept."""
    kept = piece.kept or _lay_out(piece.batch)
    if kept is None:
        return ""
    tables, context = keep(connection, kept.tables, now), keep(connection, kept.context, now)
    record_input(connection, run_id, RunInput(len(piece.batch.verdicts), tables, context, kept.digests), number)
    return tables


def _stages(piece: PlannedPiece) -> dict[str, str]:
    """Give where each deal was seen; one whose move is to be undone counts as where it stood before, until it is."""
    moved = {change.deal_id for change in piece.plan.changes if change.kind is ChangeKind.MOVE_STAGE}
    stands = {verdict.deal_id: verdict.crm_stage or "" for verdict in piece.batch.verdicts}
    return stands | {deal: piece.memory.last_stage[deal] for deal in moved}
