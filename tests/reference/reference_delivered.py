"""What a condition reads, and whether the CRM delivers it: what it does not deliver leaves its reader unjudged."""

from __future__ import annotations

from collections.abc import Iterator

from rules.condition import (
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Operator,
    PerSegment,
    Reference,
    Related,
    Value,
    walk,
)
from tests.reference.reference_world import World

KEYS = {"accounts": "account_id", "owners": "owner_id"}


def judgeable(world: World, *conditions: Condition | None) -> bool:
    """Say whether all that the conditions read is delivered."""
    return all(_delivers(world, *read) for each in conditions if each is not None for read in _reads(each))


def judgeable_value(world: World, value: Value | None) -> bool:
    """Say whether all that a right-hand side reads is delivered."""
    return all(_delivers(world, each.table, each.name) for each in _columns(value))


def _reads(condition: Condition) -> Iterator[tuple[str, ...]]:
    for node in walk(condition):
        match node:
            case Compare(Reference(_, name), Operator.CHANGED_WITHIN | Operator.CHANGED_SINCE, value):
                yield ("stage_changes",) if name == "stage" else ("field_changes",)
                yield "deals", name
                yield from ((each.table, each.name) for each in _columns(value))
            case Compare(subject, op, value):
                if isinstance(subject, Reference):
                    yield subject.table, subject.name
                if op is Operator.COPIED:
                    yield "deals", "account_id"
                yield from ((each.table, each.name) for each in _columns(value))
            case LastChangedBy(fields):
                yield from (("deals", field.name) for field in fields)
                yield "field_changes", "changed_by"
                yield "owners", "team"
            case Related(table="with"):
                yield ("contacts",)
                yield "activities", "contact_ids"
            case Related(table=table, at_least=least, count=count):
                yield (table,)
                for value in (least, *(value for _, value in count)):
                    yield from ((each.table, each.name) for each in _columns(value))
            case _:
                pass


def _columns(value: Value | None) -> Iterator[Reference]:
    match value:
        case FieldValue(reference):
            yield reference
        case PerSegment(cases, otherwise):
            for each in (*(case for _, case in cases), otherwise):
                yield from _columns(each)
        case _:
            pass


def _delivers(world: World, table: str, *columns: str) -> bool:
    if table in {"flags", "findings"}:
        return True
    if columns == ("last_buyer_activity_at",) and table == "contacts" and world.has("activities", "contact_ids"):
        return world.has("contacts")
    if (table, columns) == ("deals", ("stage_entered_at",)) and world.has("stage_changes"):
        return True
    return world.has(table, *columns) and (table not in KEYS or world.has("deals", KEYS[table]))
