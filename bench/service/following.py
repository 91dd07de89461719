"""From an event to what is written: deals are changed in a simulated CRM, which tells the service, which writes there.

A deal is changed once. Its time runs from the moment its event came in until the CRM's last receipt for it, flags and
task; both are read from the store once all is written.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from bench.crms.hubspot import SimulatedHubSpot
from bench.crms.salesforce import SimulatedSalesforce
from bench.crms.steps import run_step
from bench.service.serving import new_store, serving
from bench.service.spread import at
from engine.ledger import tables
from engine.ledger.store import Ledger, open_ledger

Crm = SimulatedSalesforce | SimulatedHubSpot
CRMS = {"salesforce": (SimulatedSalesforce, "Qualification"), "hubspot": (SimulatedHubSpot, "qualifiedtobuy")}
"""How each CRM is simulated, and the stage whose deals are changed."""
DEALS = 10_000
SECONDS, A_SECOND, AT_ONCE = 20, 25, 400
LONGEST = 180.0
"""How long is waited for what is still to be written, in seconds."""


@dataclass(frozen=True)
class Followed:
    """How long it took from events to what was written for them, in seconds at the median and the 95th percentile."""

    kind: str
    store: str
    load: str
    median: float
    slower: float


def followed(kind: str, server: str) -> list[Followed]:
    """Change deals steadily, then many at once; `server` is where PostgreSQL listens, "" stands for SQLite."""
    simulated, stage = CRMS[kind]
    with tempfile.TemporaryDirectory() as name, simulated(DEALS) as crm:
        folder = Path(name)
        crm.install(lambda step: run_step(step, crm.where | {"mirror": str(folder / "mirror.duckdb")}))
        store = new_store(folder, server)
        ids = crm.deals_in(stage, SECONDS * A_SECOND + AT_ONCE)
        steady, at_once = ids[: SECONDS * A_SECOND], ids[SECONDS * A_SECOND :]
        with serving(folder, store, crm.served, crm.secrets) as address, open_ledger(store) as ledger:
            crm.push_to(address)
            _change_steadily(crm, steady)
            _wait(lambda: _written(ledger, steady))
            crm.touch(at_once)
            _wait(lambda: _written(ledger, ids))
            took = _times(ledger)
        assert crm.flagged() == len(ids), f"{crm.flagged()} of {len(ids)} deals were flagged"
    named = "PostgreSQL" if server else "SQLite"
    loads = {f"{A_SECOND} deals a second": steady, f"{len(at_once)} deals at once": at_once}
    return [_figures(kind, named, load, sorted(took[each] for each in some)) for load, some in loads.items()]


def _change_steadily(crm: Crm, ids: Sequence[str]) -> None:
    begun = time.monotonic()
    for number in range(SECONDS):
        time.sleep(max(0.0, begun + number - time.monotonic()))
        crm.touch(ids[number * A_SECOND : (number + 1) * A_SECOND])


def _wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "what was changed was not judged in time"
        time.sleep(0.5)


def _written(ledger: Ledger, ids: Sequence[str]) -> bool:
    """Whether everything about these deals is written, and none is due."""
    with ledger.reading() as connection:
        due = connection.execute(select(func.count()).select_from(tables.due_deal)).scalar_one()
        return not due and set(ids) <= {deal for deal, _ in _receipts(ledger)}


def _times(ledger: Ledger) -> dict[str, float]:
    """Give for each deal the seconds from its first event to its last receipt."""
    came: dict[str, datetime] = {}
    with ledger.reading() as connection:
        for row in connection.execute(select(tables.event).order_by(tables.event.c.received_at)):
            for deal in row.deals:
                came.setdefault(deal, row.received_at)
    return {deal: (at_last - came[deal]).total_seconds() for deal, at_last in _receipts(ledger)}


def _receipts(ledger: Ledger) -> Iterator[tuple[str, datetime]]:
    done = select(tables.change.c.deal_id, func.max(tables.receipt.c.at).label("at"))
    query = done.join(tables.receipt, tables.receipt.c.change_id == tables.change.c.id)
    with ledger.reading() as connection:
        rows = connection.execute(query.where(tables.receipt.c.outcome == "done").group_by(tables.change.c.deal_id))
        yield from ((row.deal_id, row.at) for row in rows)


def _figures(kind: str, store: str, load: str, took: list[float]) -> Followed:
    return Followed(kind, store, load, at(took, 0.5), at(took, 0.95))
