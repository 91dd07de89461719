"""Sees that the ids of a playbook stand for one thing each, and that none is a word of the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.catalogue import BUILT_IN_FINDINGS, CARDS, LOGIC, TABLE_OF_PREFIX
from rules.condition import Operator, Quantifier
from rules.node_reading import child, entries, mapping, mappings, scalar, text
from rules.parsing import Parsing
from rules.types import STANDARD_TABLES
from rules.yaml_nodes import Node, ScalarNode

BUILT_IN_CLOCKS = ("proposal", "next_step", "stage_age", "buyer_silence", "seller_silence", "close_date")
WORDS_OF_CONDITIONS = frozenset({*LOGIC, *CARDS, *STANDARD_TABLES, *TABLE_OF_PREFIX, "with", "flags", "findings"})
WORDS_OF_VALUES = frozenset({*map(str, Operator), *map(str, Quantifier), "otherwise", "field", "plus", "where"})

Named = tuple[ScalarNode, str]
"""An id as it is written, and what it is the id of."""


def finding_ids(root: Node) -> Iterator[Named]:
    """Yield the ids that findings carry: of criteria, rules and clocks of one's own."""
    yield from _ids(root, "every_stage", "criterion")
    for stage in mappings(root, "stages"):
        yield from _ids(stage, "entry_criteria", "criterion")
        yield from _ids(stage, "exit_criteria", "criterion")
    for _, outcome in entries(root, "outcomes"):
        yield from _ids(outcome, "criteria", "criterion")
    yield from ((name, "clock") for name, _ in entries(root, "clocks") if name.text not in BUILT_IN_CLOCKS)
    yield from _ids(root, "rules", "rule")


def check_ids(root: Node, parsing: Parsing) -> None:
    """Note every id that stands for two things, or is a word of the language."""
    _unique(finding_ids(root), parsing)
    _unique([*_ids(root, "stages", "stage"), *((name, "outcome") for name, _ in entries(root, "outcomes"))], parsing)
    for card in CARDS:
        _unique(_ids(mapping(root, card), "dimensions", "dimension"), parsing)
    _free(finding_ids(root), {*BUILT_IN_FINDINGS, *BUILT_IN_CLOCKS}, "the id of a built-in finding", parsing)
    _free(_ids(root, "stages", "stage"), {"won", "lost", "otherwise"}, "a word of the language", parsing)
    _free(_keys(root, "segments", "segment"), WORDS_OF_VALUES, "a word of the language", parsing)
    _free(_keys(root, "records", "record"), WORDS_OF_CONDITIONS, "a word of the language", parsing)
    _check_fields(root, parsing)


def _check_fields(root: Node, parsing: Parsing) -> None:
    """Note fields that are there already, as a standard column or as a record."""
    records = {name.text for name, _ in _keys(root, "records", "record")}
    own = {name.text for name, node in entries(root, "fields") if _of(node) == "deals"}
    _free(_keys(root, "records", "record"), {*STANDARD_TABLES["deals"], *own}, "the id of a field", parsing)
    for name, node in entries(root, "fields"):
        standard = STANDARD_TABLES.get(_of(node), {})
        _free([(name, "field")], standard, f"a standard column of {_of(node)}", parsing)
        _free([(name, "field")], WORDS_OF_CONDITIONS - records - set(standard), "a word of the language", parsing)


def _of(field: Node) -> str:
    owner = text(field, "of", "deal")
    return TABLE_OF_PREFIX.get(owner, owner)


def _ids(parent: Node | None, key: str, what: str) -> Iterator[Named]:
    for node in mappings(parent, key):
        if (name := scalar(node, "id")) is not None:
            yield name, what


def _keys(root: Node, key: str, what: str) -> list[Named]:
    return [(name, what) for name, _ in entries(child(root, key))]


def _unique(names: Iterable[Named], parsing: Parsing) -> None:
    seen: dict[str, Named] = {}
    for name, what in names:
        first, other = seen.setdefault(name.text, (name, what))
        if first is not name:
            message = f"the {what} `{name.text}` has the id of the {other} on line {first.place.line}"
            parsing.add(name.place, "duplicate-id", message, "give one of them another id")


def _free(names: Iterable[Named], taken: Iterable[str], as_what: str, parsing: Parsing) -> None:
    for name, what in names:
        if name.text in taken:
            message = f"the {what} `{name.text}` cannot be called so: this is {as_what}"
            parsing.add(name.place, "reserved-id", message, "give it another id")
