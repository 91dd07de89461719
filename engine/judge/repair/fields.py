"""Which fields may be filled in to clear a gate, and those that must be, as others are compared with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.judge.repair.facts import Facts
from engine.judge.repair.needs import FieldNeed
from engine.judge.repair.values import compares, value_for
from rules.condition import Compare, Condition, FieldValue, Literal, Operator, Reference

FIXED = {
    "deals": {
        "id", "name", "pipeline", "stage", "currency", "owner_id", "account_id", "created_at", "stage_entered_at",
        "closed_at", "outcome",
    },
    "accounts": {"id", "name"},
}  # fmt: skip
"""Columns that nobody fills in to clear a gate; nothing is filled in of any other table but contacts."""


def other_sides(facts: Facts, tests: Iterable[Condition]) -> Iterator[tuple[FieldNeed]]:
    """Ask for each field of the deal that something is compared with and that is missing."""
    for reference in missing_references(facts, tests):
        yield (FieldNeed(reference.table, reference.name, "", frozenset({_present(reference)})),)


def provisionally(facts: Facts, tests: Iterable[Condition]) -> Facts:
    """Give the facts with the missing fields that tests compare with filled in somehow."""
    for reference in missing_references(facts, tests):
        for value in value_for(reference, [_present(reference)], facts):
            facts = facts.with_filled(reference.table, "", reference.name, value)
    return facts


def missing_references(facts: Facts, tests: Iterable[Condition]) -> list[Reference]:
    """List the fields of the deal that tests compare with, that are missing and may be filled in."""
    values = [leaf.value for test in tests for leaf in compares(test)]
    read = dict.fromkeys(value.reference for value in values if isinstance(value, FieldValue))
    return [
        each
        for each in read
        if each.of_deal and each.name not in FIXED.get(each.table, {each.name}) and facts.read(each) is None
    ]


def _present(reference: Reference) -> Compare:
    return Compare(reference, Operator.PRESENT, Literal(value=True))
