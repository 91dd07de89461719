"""A new related row that meets what is asked of it: an activity we can do, or one that takes the buyer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import product
from typing import Any

from engine.judge.repair.facts import Facts, Row
from engine.judge.repair.values import compares, value_for
from engine.judge.tables import canonical_types
from rules.condition import Condition, Reference
from rules.normal import parts_of

HELD, PLANNED = "held", "planned"
OWN = (("email", "outbound"), ("call", "outbound"), ("message", "outbound"), ("note", "outbound"), ("note", None))
BUYERS = (("email", "inbound"), ("call", "inbound"), ("message", "inbound"))
MEETING = (("meeting", None), ("meeting", "outbound"), ("meeting", "inbound"))
FURTHEST_PLANNED = 120


def chosen_row(table: str, tests: Condition, facts: Facts) -> Row | None:
    """Choose a row that meets the tests, one of our own doing before one that takes the buyer; None for none."""
    for row in _drafts(table, facts):
        filled = _filled(table, tests, row, facts)
        if filled is not None and facts.state(tests, filled) is True:
            return filled
    return None


def kinds_as_good(tests: Condition, facts: Facts, chosen: Row) -> tuple[str, ...]:
    """List the kinds of activity that would do as well as the chosen one, all else alike, the chosen one first."""
    kinds = ["meeting", "call"] if chosen["status"] == PLANNED else ["email", "call", "message"]
    if chosen["kind"] == "meeting" and chosen["status"] != PLANNED:
        kinds = []
    alike = [kind for kind in kinds if facts.state(tests, {**chosen, "kind": kind}) is True]
    return tuple(dict.fromkeys([chosen["kind"], *alike]))


def is_own(table: str, row: Row) -> bool:
    """Say whether we can do it without the buyer: write, call, plan, send, record."""
    if table == "proposals":
        return row.get("answered_at") is None and row.get("viewed_at") is None
    return (
        table != "activities"
        or row["status"] == PLANNED
        or (row["direction"] == "outbound" and row["kind"] != "meeting")
    )


def _drafts(table: str, facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield rows of a table with what makes them what they are: for activities who does what, and when."""
    if table == "activities":
        for row in _activities(facts):
            yield {"deal_id": facts.deal_id, "id": "", "contact_ids": [], "subject": None, **row}
    elif table == "proposals":
        base = {"deal_id": facts.deal_id, "id": "", "sent_at": facts.as_of, "amount": facts.deal.get("amount")}
        yield {**base, "viewed_at": None, "answered_at": None, "expires_at": None}
        yield {**base, "viewed_at": facts.as_of, "answered_at": facts.as_of, "expires_at": None}
    else:
        yield {"deal_id": facts.deal_id}


def _activities(facts: Facts) -> Iterator[dict[str, Any]]:
    for (kind, direction), status in product(OWN, (None, HELD)):
        yield {"kind": kind, "direction": direction, "status": status, "happened_at": facts.as_of}
    for days, kind in product(range(1, FURTHEST_PLANNED), ("meeting", "call")):
        at = facts.as_of + timedelta(days=days)
        yield {"kind": kind, "direction": None, "status": PLANNED, "happened_at": at}
        if days == 1:
            yield {"kind": kind, "direction": "outbound", "status": PLANNED, "happened_at": at}
    for (kind, direction), status in product(BUYERS, (None, HELD)):
        yield {"kind": kind, "direction": direction, "status": status, "happened_at": facts.as_of}
    for kind, direction in MEETING:
        yield {"kind": kind, "direction": direction, "status": HELD, "happened_at": facts.as_of}


def _filled(table: str, tests: Condition, row: dict[str, Any], facts: Facts) -> dict[str, Any] | None:
    """Fill in the columns that a draft leaves open and the tests ask for; None where a column cannot be."""
    open_columns = _asked_columns(table, tests) - {name for name, value in row.items() if value is not None}
    types = canonical_types(facts.playbook)[table]
    filled = dict(row)
    for name in sorted(open_columns - SETTLED.get(table, frozenset())):
        subject = Reference(table, name, types[name])
        own = [part for part in parts_of(tests) if any(leaf.subject == subject for leaf in compares(part))]
        found = value_for(subject, own, facts, filled)
        if not found:
            return None
        filled[name] = found[0]
    return filled


SETTLED: Mapping[str, frozenset[str]] = {
    "activities": frozenset({"kind", "direction", "status", "happened_at", "contact_ids", "id"}),
    "proposals": frozenset({"sent_at", "viewed_at", "answered_at", "expires_at", "id"}),
}
"""Columns that a draft settles; the others are filled in as the tests ask."""


def _asked_columns(table: str, tests: Condition) -> set[str]:
    return {
        leaf.subject.name
        for leaf in compares(tests)
        if isinstance(leaf.subject, Reference) and leaf.subject.table == table
    }
