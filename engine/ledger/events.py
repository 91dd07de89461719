"""Events as they were accepted: each is kept once, and asks once for its deals, however often it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from engine.judge.events import Event
from engine.ledger.due import ask
from engine.ledger.tables import event
from engine.ledger.upsert import inserting


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many events were new, how many had come before, and how many deals the new ones ask for."""

    new: int = 0
    again: int = 0
    deals: int = 0


def accept(connection: Connection, crm: str, events: Sequence[Event], now: datetime) -> Accepted:
    """Keep events and ask for their deals; once this is committed, none of them is lost."""
    return accept_all(connection, crm, [events], now)[0]


def accept_all(connection: Connection, crm: str, told: Sequence[Sequence[Event]], now: datetime) -> list[Accepted]:
    """Keep what one CRM told in several requests, and say what of each was new; the first to tell an event brings it.

    Events and deals are each taken in the order of their ids, so that two who accept at once never wait for each other
    in a circle.
    """
    by_id = {each.id: each for events in told for each in events}
    fresh = _insert(connection, crm, [by_id[id_] for id_ in sorted(by_id)], now) if by_id else set()
    ask(connection, crm, sorted({deal for id_ in fresh for deal in by_id[id_].deal_ids}), now)
    accepted = []
    for events in told:
        new = fresh & {each.id for each in events}
        fresh -= new
        deals = {deal for id_ in new for deal in by_id[id_].deal_ids}
        accepted.append(Accepted(len(new), len(events) - len(new), len(deals)))
    return accepted


def _insert(connection: Connection, crm: str, events: Sequence[Event], now: datetime) -> set[str]:
    """Insert what is not there yet, and give the ids of that."""
    rows = [{"crm": crm, "event_id": each.id, "deals": list(each.deal_ids), "received_at": now} for each in events]
    new = inserting(connection, event).on_conflict_do_nothing().returning(event.c.event_id)
    return set(connection.execute(new, rows).scalars())
