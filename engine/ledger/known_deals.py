"""Deals that the ledger knows, by whatever it recorded of them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from engine.ledger.tables import change, deal_seen, verdict, waiver

SUGGESTED = 10_000
"""How many ids a misspelt one is compared with."""


def deals_like(connection: Connection, given: str) -> list[str]:
    """Give the deal of that id, or else up to two whose ids begin so: a CRM may have a short form of them."""
    for table in (deal_seen, verdict, change, waiver):
        if connection.execute(select(table.c.deal_id).where(table.c.deal_id == given).limit(1)).first() is not None:
            return [given]
    beginning = select(deal_seen.c.deal_id).where(deal_seen.c.deal_id.startswith(given, autoescape=True))
    return list(connection.execute(beginning.order_by(deal_seen.c.deal_id).limit(2)).scalars())


def checked_last(connection: Connection) -> list[str]:
    """Give the deals that were checked last."""
    newest = select(deal_seen.c.deal_id).order_by(deal_seen.c.checked_at.desc(), deal_seen.c.deal_id)
    return list(connection.execute(newest.limit(SUGGESTED)).scalars())
