"""What a condition reads, and whether the CRM delivers it: what it does not deliver leaves its reader unjudged."""

from __future__ import annotations

from collections.abc import Iterator

from rules.condition import Compare, Condition, LastChangedBy, Operator, Reference, Related, references, walk
from tests.reference.reference_world import World

KEYS = {"accounts": "account_id", "owners": "owner_id"}


def judgeable(world: World, *conditions: Condition | None) -> bool:
    """Say whether all that the conditions read is delivered."""
    return all(_delivers(world, *read) for each in conditions if each is not None for read in _reads(each))


def _reads(condition: Condition) -> Iterator[tuple[str, ...]]:
    """Yield the tables and columns a condition reads; an account or owner is found by a column of the deal."""
    for column in references(condition):
        if isinstance(column, Reference):
            yield column.table, column.name
            if column.table in KEYS:
                yield "deals", KEYS[column.table]
    for node in walk(condition):
        match node:
            case Compare(Reference(_, name), Operator.CHANGED_WITHIN | Operator.CHANGED_SINCE):
                yield ("stage_changes" if name == "stage" else "field_changes",)
            case LastChangedBy():
                yield "field_changes", "changed_by"
                yield "owners", "team"
            case Related("with"):
                yield ("contacts",)
                yield "activities", "contact_ids"
            case Related(table):
                yield (table,)
            case _:
                pass


def _delivers(world: World, table: str, *columns: str) -> bool:
    if table in {"flags", "findings"}:
        return True
    if (table, columns) == ("contacts", ("last_buyer_activity_at",)) and world.derives_activity:
        return world.has("contacts")
    if (table, columns) == ("deals", ("stage_entered_at",)) and world.has("stage_changes"):
        return True
    return world.has(table, *columns)
