"""What a YAML file says, as frozen nodes that know their place: mappings, lists and scalars as they were written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rules.problems import Place

LONGEST_NUMBER = 30
WHOLE = re.compile(r"[-+]?[0-9]+")
FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value as it was written; what type it has is decided by what it meets, not here."""

    place: Place
    text: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether nothing was written."""
        return not self.quoted and self.text in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class ListNode:
    """Values in order."""

    place: Place
    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys with their values in the order written; no key stands twice."""

    place: Place
    entries: tuple[tuple[ScalarNode, Node], ...] = ()

    def __iter__(self) -> Iterator[tuple[ScalarNode, Node]]:
        return iter(self.entries)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys as texts."""
        return tuple(key.text for key, _ in self.entries)

    def get(self, key: str) -> Node | None:
        """Give the value under a key, or None."""
        return next((value for each, value in self.entries if each.text == key), None)

    def place_of(self, key: str) -> Place:
        """Give where a key stands, or the mapping's own place where it is not there."""
        return next((each.place for each, _ in self.entries if each.text == key), self.place)


Node = ScalarNode | ListNode | MappingNode


def to_plain(node: Node) -> Any:  # noqa: ANN401 - what JSON holds is what this gives
    """Turn nodes into plain values: only true, false, null and numbers are typed, all else stays text."""
    match node:
        case ScalarNode():
            return _plain_scalar(node)
        case ListNode(items=items):
            return [to_plain(item) for item in items]
        case MappingNode(entries=entries):
            return {key.text: to_plain(value) for key, value in entries}


def node_at(node: Node, path: Sequence[str | int]) -> Node:
    """Follow keys and list indexes down as far as they lead."""
    for step in path:
        match node, step:
            case MappingNode(), str() if (value := node.get(step)) is not None:
                node = value
            case ListNode(items=items), int() if step < len(items):
                node = items[step]
            case _:
                return node
    return node


def _plain_scalar(node: ScalarNode) -> str | int | float | bool | None:
    if node.quoted:
        return node.text
    if node.is_null:
        return None
    if node.text in {"true", "false"}:
        return node.text == "true"
    return _number(node.text)


def _number(text: str) -> str | int | float:
    if len(text) > LONGEST_NUMBER or not text.isascii():
        return text
    if WHOLE.fullmatch(text):
        return int(text)
    if FRACTION.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    return text
