"""What one leaf saw against what must be: `next step date is 2026-11-01; it must be today or later`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.judge.failing import Leaf, at_segment
from engine.judge.seen import Seen
from rules.condition import (
    Compare,
    FieldValue,
    LastChangedBy,
    Moment,
    Not,
    Operator,
    Reference,
)
from rules.names import EVENTS, Label, field_label, field_name
from rules.playbook import Playbook
from rules.predicates import predicate
from rules.value_words import listed, literal
from rules.words import requirement

CHANGED = {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}
SAYS_ONLY = {Operator.MIN_WORDS, Operator.PLACEHOLDER}
WHETHER = {Operator.COPIED}


def subject_words(leaves: Sequence[Leaf], playbook: Playbook, row: str = "") -> str:
    """Say what comparisons of one subject saw, once, and all that must be."""
    first = leaves[0]
    if isinstance(first.node, LastChangedBy):
        return _last_changed_by(first, first.node, row)
    if not isinstance(first.node, Compare):
        return requirement(first.asked, playbook, row)
    label = field_label(first.node.subject, playbook, row)
    if first.unknown and (first.seen.value is not None or first.node.operator in CHANGED | WHETHER):
        return _undecided(first, first.node, playbook, row)
    seen = _seen_words(first, first.node, label, playbook, row)
    musts = [must for leaf in leaves if (must := _must(leaf, playbook, row))]
    if not musts:
        return seen
    others = [must.removeprefix("must ") if not must.startswith("must not ") else must for must in musts[1:]]
    return f"{seen}; {label.pronoun} {listed([musts[0], *others], 'and')}"


def is_blank(leaf: Leaf) -> bool:
    """Say whether a field is merely to be filled in, and is not."""
    node = leaf.node
    if (
        not isinstance(node, Compare)
        or node.operator is not Operator.PRESENT
        or not isinstance(node.subject, Reference)
    ):
        return False
    return _is_absent(leaf.seen.value) and (node.subject.table, node.subject.name) not in EVENTS


def blank_words(leaves: Sequence[Leaf], row: str = "") -> str:
    """Say that fields are not filled in."""
    subjects = [leaf.node.subject for leaf in leaves if isinstance(leaf.node, Compare)]
    names = [field_name(each, row) for each in subjects if isinstance(each, Reference)]
    return f"{listed(names, 'and')} {'is' if len(names) == 1 else 'are'} not filled in"


def seen_note(leaf: Leaf, playbook: Playbook, row: str = "") -> str:
    """Say in brackets what a comparison saw: `it is 12,000 USD`; "" where the requirement says it all."""
    node = leaf.node
    if not isinstance(node, Compare) or node.operator in CHANGED | WHETHER:
        return ""
    label = field_label(node.subject, playbook, row)
    if node.operator is Operator.PRESENT and _is_absent(leaf.seen.value):
        return ""
    if label.event:
        return _event_words(leaf, node, label, playbook)
    return _seen_words(leaf, node, replace(label, text=label.pronoun), playbook, row)


def _seen_words(leaf: Leaf, node: Compare, label: Label, playbook: Playbook, row: str) -> str:
    value, name = leaf.seen.value, label.text
    if label.event:
        return _event_words(leaf, node, label, playbook)
    if node.operator in CHANGED:
        return requirement(Not(leaf.asked), playbook, row)
    if _is_absent(value):
        return f"{name} {label.be} {'not known' if leaf.unknown else 'not filled in'}"
    words = literal(value, node.subject, playbook, "and")
    if node.operator is Operator.COPIED:
        return f"{name} is copied from another deal: {words}" if leaf.positive else f"{name} is {words}"
    if node.operator in SAYS_ONLY:
        return f"{name} says only {words}"
    return f"{name} {label.be} {words}"


def _event_words(leaf: Leaf, node: Compare, label: Label, playbook: Playbook) -> str:
    value = leaf.seen.value
    if value is None and leaf.unknown:
        return f"it is not known when {label.text} was {label.event}"
    if value is None:
        never = label.event.startswith("last ")
        return f"{label.text} was {'never' if never else 'not'} {label.event.removeprefix('last ')}"
    return f"{label.text} was {label.event} {literal(value, node.subject, playbook, 'and')}"


def _must(leaf: Leaf, playbook: Playbook, row: str) -> str:
    node = at_segment(leaf.node, leaf.seen)
    if not isinstance(node, Compare) or node.operator in CHANGED | WHETHER:
        return ""
    if node.operator is Operator.PRESENT and _is_absent(leaf.seen.value):
        return ""
    must = predicate(node, playbook, positive=leaf.positive, row=row).must
    return f"{must}{_resolved(node, leaf.seen, playbook)}"


def _resolved(node: Compare, seen: Seen, playbook: Playbook) -> str:
    """Add what a field or a moved moment came to, as ` (2026-12-01)`."""
    moved = isinstance(node.value, Moment) and node.value.plus is not None
    if seen.expected is None or not (moved or isinstance(node.value, FieldValue)):
        return ""
    return f" ({literal(seen.expected, node.subject, playbook, 'and')})"


def _undecided(leaf: Leaf, node: Compare, playbook: Playbook, row: str) -> str:
    name = field_name(node.subject, row) if isinstance(node.subject, Reference) else ""
    if node.operator is Operator.CHANGED_SINCE and leaf.seen.expected is None and isinstance(node.value, FieldValue):
        other = field_name(node.value.reference, row)
        return f"{other} is not known; {name} must have changed since"
    if node.operator in CHANGED:
        return f"changes of {name} are not on record, so whether {requirement(leaf.asked, playbook, row)} is not known"
    if node.operator not in WHETHER and leaf.seen.expected is None and isinstance(node.value, FieldValue):
        other = field_name(node.value.reference, row)
        must = predicate(node, playbook, positive=leaf.positive, row=row).must
        return f"{other} is not known; {name or 'it'} {must}"
    return f"it is not known whether {requirement(leaf.asked, playbook, row)}"


def _last_changed_by(leaf: Leaf, node: LastChangedBy, row: str) -> str:
    names = listed((field_name(each, row) for each in node.fields), "and")
    who = f"team {node.team}" if leaf.positive else f"somebody outside team {node.team}"
    if leaf.unknown:
        return f"it is not known who last changed {names}; it must be {who}"
    return f"the last change of {names} was not made by {who}"


def _is_absent(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple) and not value)
