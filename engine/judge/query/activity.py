"""What counts as a buyer's activity, ours, and a planned step, and when each last was."""

from __future__ import annotations

from ibis.expr import types as ir

from engine.judge.query.scope import NOW, Build

LAST_INBOUND, LAST_OUTBOUND = "_last_inbound", "_last_outbound"
LAST_BUYER, LAST_SELLER, NEXT_PLANNED = "_last_buyer", "_last_seller", "_next_planned"


def happened(rows: ir.Table, now: ir.TimestampValue) -> ir.BooleanValue:
    """Say whether an activity took place up to now; a history without a status did."""
    return (rows.happened_at <= now) & (rows.status.isnull() | (rows.status == "held"))


def buyer_activity(rows: ir.Table, now: ir.TimestampValue) -> ir.BooleanValue:
    """Say whether the buyer did something: wrote or called us, or met us."""
    return happened(rows, now) & ((rows.direction == "inbound") | (rows.kind == "meeting"))


def seller_activity(rows: ir.Table, now: ir.TimestampValue) -> ir.BooleanValue:
    """Say whether we did something: wrote or called, or met them."""
    return happened(rows, now) & ((rows.direction == "outbound") | (rows.kind == "meeting"))


def add_activity_facts(build: Build) -> None:
    """Put beside each deal when either side was last active and the next planned step with the buyer."""
    rows = build.frame.side(build.source("activities").cross_join(build.moment))
    now = rows[NOW.column("now")]
    took_place = happened(rows, now)
    planned = (rows.status == "planned") & (rows.happened_at > now) & rows.kind.isin(["meeting", "call"])
    at = rows.happened_at
    facts = {
        LAST_INBOUND: at.max(where=took_place & (rows.direction == "inbound")),
        LAST_OUTBOUND: at.max(where=took_place & (rows.direction == "outbound")),
        LAST_BUYER: at.max(where=buyer_activity(rows, now)),
        LAST_SELLER: at.max(where=seller_activity(rows, now)),
        NEXT_PLANNED: at.min(where=planned),
    }
    build.frame.join(build.frame.side(rows.group_by("deal_id").agg(**facts)))
