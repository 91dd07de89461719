"""Waivers granted on the command line."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from engine.judge.waivers import Waiver
from engine.ledger.tables import waiver

COLUMNS = ("deal_id", "criterion", "reason", "approver", "granted_at", "expires_at")


def record_waiver(connection: Connection, granted: Waiver, now: datetime) -> None:
    """Keep a waiver; whether it is allowed is `engine.judge.waiver_policy`'s to say."""
    values = {name: getattr(granted, name) for name in COLUMNS}
    connection.execute(waiver.insert().values(**values, recorded_at=now))


def waivers_in_force(connection: Connection, as_of: datetime) -> list[Waiver]:
    """List the waivers in force at a moment, in the order they were granted."""
    columns = [waiver.c[name] for name in COLUMNS]
    holding = (waiver.c.granted_at <= as_of, waiver.c.expires_at > as_of)
    rows = connection.execute(select(*columns).where(*holding).order_by(waiver.c.granted_at, waiver.c.id))
    return [Waiver(**row) for row in rows.mappings()]
