"""Advice about names: what is declared and never used, and CRM names that look misspelt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rules.condition import Compare, Literal, Reference, Related, Score, references, walk
from rules.lint_source import Source, all_conditions
from rules.node_reading import scalars
from rules.playbook import Playbook, ProgressClock
from rules.problems import Problem, nearest_to
from rules.values_of import values_of
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode


def unused_names(source: Source) -> Iterator[Problem]:
    """Advise on conditions, fields, records, roles and segments that nothing uses."""
    playbook = source.playbook
    used = set(_used(playbook)) | {("condition", name.text) for name in _named_conditions(source.root)}
    declared = [key for key in source.places if key[0] in {"condition", "field", "record", "role"}]
    segments = [("segment", each.id) for each in playbook.segments]
    if not any(key in used for key in segments):
        declared += segments
    for what, name in declared:
        if (what, name) not in used:
            yield source.advice(what, name, "unused", f"nothing uses the {what} `{name}`", "use it, or take it out")


def rare_crm_names(source: Source) -> Iterator[Problem]:
    """Advise on the name of a CRM that stands once where others like it stand often."""
    names = list(_crm_keys(source.root))
    counts = Counter(name.text for name in names)
    for name in names:
        often = [other for other, count in counts.items() if other != name.text and count > counts[name.text] * 2]
        if nearest := nearest_to(name.text, often):
            message = (
                f"the CRM `{name.text}` is named {counts[name.text]} times, and `{nearest}` {counts[nearest]} times"
            )
            yield Problem(name.place, "rare-crm", message, f"did you mean `{nearest}`?")


def _used(playbook: Playbook) -> Iterator[tuple[str, str]]:
    fields = {(each.table, each.id) for each in playbook.fields}
    for asked in all_conditions(playbook):
        for node in walk(asked.condition):
            if isinstance(node, Related):
                yield "record", node.table
            if isinstance(node, Compare) and isinstance(node.subject, Reference) and node.subject.name == "role":
                yield from (("role", word) for word in _words(node))
        for read in references(asked.condition):
            if not isinstance(read, Score) and (read.table, read.name) in fields:
                yield "field", read.name
    for criterion in playbook.criteria():
        yield from (("role", role) for role in (criterion.for_each.roles if criterion.for_each else ()))
    for clock in playbook.clocks:
        if isinstance(clock, ProgressClock):
            yield from (("field", name) for name in clock.since_last)
    yield from (("segment", segment) for value in values_of(playbook) for segment, _ in value.cases)


def _words(leaf: Compare) -> tuple[str, ...]:
    value = leaf.value.value if isinstance(leaf.value, Literal) else ()
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _named_conditions(node: Node) -> Iterator[ScalarNode]:
    for key, value in _keys(node):
        if key.text == "is":
            yield from scalars(value)


def _crm_keys(root: Node) -> Iterator[ScalarNode]:
    for key, value in _keys(root):
        if key.text == "crm" and isinstance(value, MappingNode):
            yield from (name for name, _ in value)
        elif key.text == "roles" and isinstance(value, MappingNode):
            yield from (name for _, role in value if isinstance(role, MappingNode) for name, _ in role)


def _keys(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    """Yield every key of a tree with its value."""
    match node:
        case MappingNode(entries=entries):
            for key, value in entries:
                yield key, value
                yield from _keys(value)
        case ListNode(items=items):
            for item in items:
                yield from _keys(item)
        case _:
            pass
