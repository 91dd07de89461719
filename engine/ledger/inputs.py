"""Stored inputs: what runs judged from, each by the SHA-256 of its bytes, so that what did not change is kept once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, select

from engine.ledger.errors import LedgerError
from engine.ledger.tables import stored_input
from engine.ledger.upsert import inserting

RENEWED_AFTER = timedelta(hours=1)
"""How old a note of when something was kept may grow; renewed less often, since many runs share what is kept."""


class MissingInputError(LedgerError):
    """What a run judged from is no longer in the store, or is damaged."""


def keep(connection: Connection, data: bytes, now: datetime) -> str:
    """Keep bytes and give their hash; what is there already counts as kept from now on."""
    digest = sha256(data).hexdigest()
    same = stored_input.c.hash == digest
    stored_at = connection.execute(select(stored_input.c.stored_at).where(same)).scalar()
    if stored_at is not None and stored_at > now - RENEWED_AFTER:
        return digest
    if stored_at is None or connection.execute(stored_input.update().where(same).values(stored_at=now)).rowcount == 0:
        insert = inserting(connection, stored_input).values(hash=digest, data=data, stored_at=now)
        connection.execute(insert.on_conflict_do_update(index_elements=["hash"], set_={"stored_at": now}))
    return digest


def kept(connection: Connection, digest: str) -> bytes:
    """Give kept bytes by their hash; raises MissingInputError where they are gone or damaged."""
    data = connection.execute(select(stored_input.c.data).where(stored_input.c.hash == digest)).scalar()
    if data is None:
        raise MissingInputError(f"the stored input `{digest[:12]}` is no longer kept")
    if sha256(data).hexdigest() != digest:
        what = f"the stored input `{digest[:12]}` is damaged"
        raise MissingInputError(f"{what}\n  help: bring the store back from a copy")
    return bytes(data)
