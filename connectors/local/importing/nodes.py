"""Reads the nodes of a mapping that fits its schema; what is not there is nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rules.problems import Place
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode


def child(node: Node | None, key: str) -> Node | None:
    """Give the value under a key of a mapping, if it is one and has it."""
    return node.get(key) if isinstance(node, MappingNode) else None


def entries(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    """Yield the keys and values of a mapping."""
    if isinstance(node, MappingNode):
        yield from node


def items(node: Node | None) -> tuple[Node, ...]:
    """Give the items of a list; a single value is a list of one."""
    if node is None:
        return ()
    return node.items if isinstance(node, ListNode) else (node,)


def words(node: Node | None) -> list[str]:
    """Give the texts of a list, or of a single value."""
    return [scalar(each) for each in items(node)]


def scalar(node: Node) -> str:
    """Give the text of a scalar."""
    return node.text if isinstance(node, ScalarNode) else ""


def text_of(node: Node | None, key: str) -> str:
    """Give the text under a key, or ""."""
    value = child(node, key)
    return scalar(value) if value is not None else ""


def place_of(node: Node | None, key: str, other: Node | None = None) -> Place:
    """Give the place of a value in one mapping or another."""
    value = child(node, key) or child(other, key)
    return value.place if value is not None else Place("")
