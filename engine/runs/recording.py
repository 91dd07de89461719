"""What a run leaves in the store for each piece of deals it judged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine.judge.changes import ChangeKind
from engine.ledger import outbox
from engine.ledger.findings import record_findings, record_seen
from engine.runs.batches import PlannedPiece


def record_piece(connection: Connection, run_id: int, piece: PlannedPiece, as_of: datetime, now: datetime) -> int:
    """Record what was found, seen and planned, in one transaction of the caller's; count the changes that wait."""
    verdicts = piece.batch.verdicts
    record_findings(connection, run_id, verdicts, as_of, piece.batch.unjudged)
    record_seen(connection, run_id, _stages(piece), as_of)
    return outbox.put(connection, run_id, piece.plan.changes, now)


def _stages(piece: PlannedPiece) -> dict[str, str]:
    """Give where each deal was seen; one whose move is to be undone counts as where it stood before, until it is."""
    moved = {change.deal_id for change in piece.plan.changes if change.kind is ChangeKind.MOVE_STAGE}
    stands = {verdict.deal_id: verdict.crm_stage or "" for verdict in piece.batch.verdicts}
    return stands | {deal: piece.memory.last_stage[deal] for deal in moved}
