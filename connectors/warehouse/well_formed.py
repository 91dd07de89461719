"""What a warehouse mapping must hold beyond its schema: one way to each value, keys, and columns that there are."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.local.values import RefusedValueError, read_value
from connectors.troubles import shown
from connectors.warehouse.mapping import Column, Origin, Part
from rules.problems import Problem, did_you_mean
from rules.types import KNOWN_VALUES, STANDARD_TABLES, FieldType
from rules.yaml_nodes import MappingNode

WAYS = ("column", "constant", "first", "text", "list", "collect", "cases")
"""The ways to a value; each value has exactly one."""
LEAF_ONLY = ("unix", "timezone")


def keys_of(table: str) -> tuple[str, ...]:
    """Give the columns without which rows of a table are of no use."""
    keys = {"deals": ("id",), "owners": ("id",), "accounts": ("id",), "activities": ("deal_id", "id")}
    return keys.get(table, ("deal_id",))


def value_problems(node: MappingNode) -> Iterator[Problem]:
    """Find values that have no way or several, and words beside a way they do not go with."""
    given = [name for name in WAYS if node.get(name) is not None]
    if len(given) != 1:
        wrong = f"this has {' and '.join(f'`{name}`' for name in given) or 'no value'}"
        listed = ", ".join(f"`{name}`" for name in WAYS)
        yield Problem(node.place, "no-single-value", wrong, f"give one of {listed}")
    fits = {"between": "text", "otherwise": "cases", **dict.fromkeys(LEAF_ONLY, "column")}
    for name, way in fits.items():
        if node.get(name) is not None and given and way not in given:
            yield Problem(node.place_of(name), "no-single-value", f"`{name}` goes with `{way}`, which is not here")


def part_problems(part: Part) -> Iterator[Problem]:
    """Find columns that a table does not have, keys it lacks, and words that a closed vocabulary does not hold."""
    standard, mapped = STANDARD_TABLES.get(part.table), {each.name for each in part.columns}
    for column in part.columns:
        if standard is not None and column.name not in standard:
            near = did_you_mean(column.name, standard)
            message = f"`{part.table}` has no column `{column.name}`"
            yield Problem(column.place, "unknown-column", message, f"{near}; fields of playbooks stand under `fields`")
        yield from _word_problems(part, column)
    for name in keys_of(part.table):
        if name not in mapped:
            message = f"`{part.table}` needs the column `{name}`"
            yield Problem(part.place, "missing-column", message, "without it its rows belong to nothing")
    yield from _alias_problems(part)


def _word_problems(part: Part, column: Column) -> Iterator[Problem]:
    """Find constants that a standard column cannot hold."""
    kind, known = kind_of(part.table, column.name), KNOWN_VALUES.get((part.table, column.name), ())
    if column.each and any(leaf.values for leaf in column.origin.leaves()):
        yield Problem(
            column.place, "no-single-value", "`values` does not go with `each`", "map the items in the database"
        )
    for origin in _every(column.origin):
        for word in (*origin.values.values(), *(() if origin.constant is None else (origin.constant,))):
            try:
                read_value(word, kind or FieldType.TEXT, known)
            except RefusedValueError as error:
                message = f"`{column.name}` of `{part.table}` cannot be {shown(word)}: it is {error.reason}"
                yield Problem(origin.place, "bad-value", message, error.help)


def _alias_problems(part: Part) -> Iterator[Problem]:
    """Find columns read of a joined table that is not joined."""
    known = {each.alias for each in part.joins}
    origins = [column.origin for column in part.columns]
    read = [(leaf.place, leaf.column) for origin in origins for leaf in origin.leaves()]
    read += [
        (test.place, test.column) for test in (*part.where, *(each for origin in origins for each in origin.tests()))
    ]
    for place, column in read:
        alias, dot, _ = column.partition(".")
        if dot and alias not in known:
            message = f"`{column}` reads a table that is not joined"
            yield Problem(place, "unknown-table", message, did_you_mean(alias, known) or "name it under `join`")


def _every(origin: Origin) -> Iterator[Origin]:
    yield origin
    yield from (each for part in origin.parts for each in _every(part))


def kind_of(table: str, column: str) -> FieldType | None:
    """Give the type of a standard column, None where it is no standard one."""
    return STANDARD_TABLES.get(table, {"deal_id": FieldType.TEXT}).get(column)
