"""Deals by the ids people write, looked up in the store: no CRM is asked."""

from __future__ import annotations

from collections.abc import Iterable

from engine.ledger.known_deals import checked_last, deals_like
from engine.ledger.store import Ledger
from engine.runs.mistakes import Mistake
from rules.problems import did_you_mean


class DealUnknown(Mistake):
    """The store holds nothing of such a deal."""

    def __init__(self, deal_id: str, known: Iterable[str]) -> None:
        advice = did_you_mean(deal_id, known) or "it holds no deal yet"
        super().__init__(f"the store knows no deal `{deal_id}`", advice)


def stored_deal(ledger: Ledger, given: str) -> str:
    """Spell the id of a deal as the store does, or raise DealUnknown."""
    wanted = given.strip()
    with ledger.reading() as connection:
        found = deals_like(connection, wanted) if wanted else []
        if len(found) != 1:
            raise DealUnknown(wanted, found or checked_last(connection))
    return found[0]
