"""Receipts of a run, as they were given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from engine.ledger.tables import change, receipt


def receipts_of(connection: Connection, run_id: int) -> Iterator[dict[str, Any]]:
    """Yield a run's receipts in order: change's key, what it was, what became of it and why."""
    columns = (receipt.c.key, change.c.kind, change.c.deal_id, receipt.c.outcome, receipt.c.reason, receipt.c.crm_id)
    query = select(*columns).join(change, change.c.id == receipt.c.change_id).where(receipt.c.run_id == run_id)
    for row in connection.execute(query.order_by(receipt.c.id)):
        words = {"outcome": row.outcome, "reason": row.reason, "crm_id": row.crm_id}
        yield {"key": row.key, "change": row.kind, "deal": row.deal_id, **words}
