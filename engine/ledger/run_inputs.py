"""The pieces of a run: by which hashes the store keeps what each was judged from, and a digest of each verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, func, select

from engine.ledger.tables import run, run_input
from engine.ledger.upsert import inserting

DIGEST = 8
"""How many bytes tell one verdict from another; the digest of a whole piece is told in full."""
CONTENT = ("deals", "tables", "context", "verdicts", "digests")


@dataclass(frozen=True, slots=True)
class RunInput:
    """One piece: how many deals, the hashes of their tables and context, and `DIGEST` bytes for each verdict."""

    deals: int
    tables: str
    context: str
    digests: bytes

    @property
    def verdicts(self) -> str:
        """The digest of all its verdicts."""
        return sha256(self.digests).hexdigest()


def record_input(connection: Connection, run_id: int, given: RunInput, number: int | None = None) -> None:
    """Record a piece of a run; a piece recorded once more, by whoever took it over, replaces what was."""
    if number is None:
        last = select(func.max(run_input.c.number)).where(run_input.c.run_id == run_id)
        number = (connection.execute(last).scalar() or 0) + 1
    content = {name: getattr(given, name) for name in CONTENT}
    insert = inserting(connection, run_input).values(run_id=run_id, number=number, **content)
    connection.execute(insert.on_conflict_do_update(index_elements=["run_id", "number"], set_=content))


def inputs_of_run(connection: Connection, run_id: int) -> Iterator[RunInput]:
    """Yield the pieces of a run, in the order of their deals."""
    query = select(run_input).where(run_input.c.run_id == run_id).order_by(run_input.c.number)
    for row in connection.execute(query):
        yield RunInput(row.deals, row.tables, row.context, row.digests)


def first_kept(connection: Connection) -> tuple[int, str] | None:
    """Tell the first run whose inputs are kept, and the day it began; None where those of none are."""
    first = select(func.min(run_input.c.run_id)).scalar_subquery()
    row = connection.execute(select(run.c.id, run.c.started_at).where(run.c.id == first)).first()
    return (row.id, f"{row.started_at:%Y-%m-%d}") if row else None
