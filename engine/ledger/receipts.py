"""Receipts of a run: the last word on each of its changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from engine.ledger.tables import change, receipt


def receipts_of(connection: Connection, run_id: int) -> Iterator[dict[str, Any]]:
    """Yield what became of each change of a run, in the order they were planned: its key, kind, outcome and reason."""
    last = select(func.max(receipt.c.id)).where(receipt.c.run_id == run_id).group_by(receipt.c.change_id)
    columns = (receipt.c.key, change.c.kind, change.c.deal_id, receipt.c.outcome, receipt.c.reason, receipt.c.crm_id)
    query = select(*columns).join(change, change.c.id == receipt.c.change_id).where(receipt.c.id.in_(last))
    for row in connection.execute(query.order_by(change.c.id)):
        words = {"outcome": row.outcome, "reason": row.reason, "crm_id": row.crm_id}
        yield {"key": row.key, "change": row.kind, "deal": row.deal_id, **words}
