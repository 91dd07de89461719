"""Reads parts of a node tree whose form the schema has judged; what has another form reads as not there."""

from __future__ import annotations

from collections.abc import Iterator

from rules.literals import NotAValueError, read_count
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode


def child(node: Node | None, key: str) -> Node | None:
    """Give what stands under a key."""
    return node.get(key) if isinstance(node, MappingNode) else None


def mapping(node: Node | None, key: str) -> MappingNode | None:
    """Give the mapping under a key."""
    value = child(node, key)
    return value if isinstance(value, MappingNode) else None


def entries(node: Node | None, key: str = "") -> Iterator[tuple[ScalarNode, Node]]:
    """Yield the keys and values of a mapping, or of the mapping under a key of it."""
    value = child(node, key) if key else node
    if isinstance(value, MappingNode):
        yield from value.entries


def items(node: Node | None, key: str = "") -> Iterator[Node]:
    """Yield the items of a list, or of the list under a key."""
    value = child(node, key) if key else node
    if isinstance(value, ListNode):
        yield from value.items


def mappings(node: Node | None, key: str) -> Iterator[MappingNode]:
    """Yield the mappings in the list under a key."""
    yield from (item for item in items(node, key) if isinstance(item, MappingNode))


def scalar(node: Node | None, key: str) -> ScalarNode | None:
    """Give the value under a key where one is written."""
    value = child(node, key)
    return value if isinstance(value, ScalarNode) and not value.is_null else None


def text(node: Node | None, key: str, default: str = "") -> str:
    """Give the text under a key, without white space around it."""
    value = scalar(node, key)
    return default if value is None else value.text.strip()


def texts(node: Node | None, key: str) -> tuple[str, ...]:
    """Give the texts under a key: one, or a list of them."""
    return tuple(each.text.strip() for each in scalars(child(node, key)))


def scalars(node: Node | None) -> Iterator[ScalarNode]:
    """Yield a value, or the values of a list."""
    listed = node.items if isinstance(node, ListNode) else (node,)
    yield from (each for each in listed if isinstance(each, ScalarNode) and not each.is_null)


def number(node: Node | None, key: str, default: int = 0) -> int:
    """Give the whole number under a key, which may be negative."""
    value = text(node, key)
    try:
        return -read_count(value[1:]) if value.startswith("-") else read_count(value)
    except NotAValueError:
        return default


def truth(node: Node | None, key: str) -> bool:
    """Say whether `true` stands under a key."""
    return text(node, key) == "true"
