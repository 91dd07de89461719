"""Which leaves of a condition keep it from being met, and what they saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.judge.seen import Look, Seen
from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    Literal,
    Not,
    Operator,
    PerSegment,
    Reference,
    Related,
)

CHANGES = {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf or a related condition that is unmet or unknown; `positive` is false where it stands under a `not`."""

    node: Condition
    positive: bool
    seen: Seen

    @property
    def unknown(self) -> bool:
        """Whether data is missing to tell."""
        return self.seen.state is None

    @property
    def asked(self) -> Condition:
        """What must be so, with the deal's own segment put in."""
        node = at_segment(self.node, self.seen)
        return node if self.positive else Not(node)


@dataclass(frozen=True, slots=True)
class Choice:
    """Branches of which one would be enough, none of them met; each with what keeps it from being met."""

    branches: tuple[tuple[Failing, ...], ...]


Failing = Leaf | Choice


def failing(condition: Condition, look: Look, *, positive: bool = True) -> tuple[Failing, ...]:
    """List what keeps a condition from being met: the unmet first, then the unknown; nothing where it is met."""
    found = tuple(_failing(condition, look, positive=positive))
    return tuple(sorted(found, key=is_unknown))


def residual(found: tuple[Failing, ...]) -> Condition:
    """Give what is still to be met as a condition; a value that is not known is to be filled in."""
    return AllOf(tuple(_to_meet(each) for each in found))


def is_unknown(found: Failing) -> bool:
    """Say whether missing data, not what is known, keeps it from being met."""
    if isinstance(found, Leaf):
        return found.unknown
    return any(all(is_unknown(each) for each in branch) for branch in found.branches)


def asked_of(found: tuple[Failing, ...]) -> Condition:
    """Give the failing parts of a condition as they were asked."""
    asked = (each.asked if isinstance(each, Leaf) else AnyOf(tuple(map(asked_of, each.branches))) for each in found)
    return AllOf(tuple(asked))


def at_segment(node: Condition, seen: Seen) -> Condition:
    """Put the value of the deal's own segment in place of values per segment."""
    if isinstance(node, Compare) and isinstance(node.value, PerSegment):
        chosen = _chosen(node.value, seen)
        return replace(node, value=chosen) if chosen is not None else node
    if isinstance(node, Related) and isinstance(node.at_least, PerSegment) and isinstance(seen.expected, int):
        return replace(node, at_least=Literal(seen.expected))
    return node


def state(condition: Condition, look: Look, *, positive: bool = True) -> bool | None:
    """Judge a condition by what its leaves saw, three-valued."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            states = [state(part, look, positive=positive) for part in parts]
            every = isinstance(condition, AllOf) == positive
            return _all(states) if every else _negated(_all([_negated(each) for each in states]))
        case Not(part):
            return state(part, look, positive=not positive)
        case _:
            return look(condition).state if positive else _negated(look(condition).state)


def _failing(condition: Condition, look: Look, *, positive: bool) -> Iterator[Failing]:
    match condition:
        case Not(part):
            yield from _failing(part, look, positive=not positive)
        case AllOf(parts) | AnyOf(parts) if isinstance(condition, AllOf) == positive:
            for part in parts:
                yield from _failing(part, look, positive=positive)
        case AllOf(parts) | AnyOf(parts):
            if state(condition, look, positive=positive) is not True:
                branches = tuple(failing(part, look, positive=positive) for part in parts)
                yield from branches[0] if len(branches) == 1 else (Choice(branches),)
        case _:
            if state(condition, look, positive=positive) is not True:
                yield Leaf(condition, positive, look(condition))


def _to_meet(found: Failing) -> Condition:
    if isinstance(found, Choice):
        return AnyOf(tuple(residual(branch) for branch in found.branches))
    missing = _missing(found)
    return found.asked if missing is None else Compare(missing, Operator.PRESENT, Literal(value=True))


def _missing(found: Leaf) -> Reference | None:
    """Find the field whose missing value keeps a comparison from being told, on its left or its right."""
    node, seen = found.node, found.seen
    if not found.unknown or not isinstance(node, Compare) or node.operator is Operator.COPIED:
        return None
    if seen.value is None and node.operator not in CHANGES:
        return node.subject if isinstance(node.subject, Reference) else None
    return node.value.reference if seen.expected is None and isinstance(node.value, FieldValue) else None


def _chosen(value: PerSegment, seen: Seen) -> Literal | None:
    """Find which written value the deal's segment gave, by what was expected; None where that cannot be told."""
    expected = list(seen.expected) if isinstance(seen.expected, list | tuple) else seen.expected
    for case in [*(case for _, case in value.cases), value.otherwise]:
        if isinstance(case, Literal):
            written = list(case.value) if isinstance(case.value, tuple) else case.value
            if written == expected:
                return case
    return None


def _all(states: list[bool | None]) -> bool | None:
    if False in states:
        return False
    return None if None in states else True


def _negated(verdict: object) -> bool | None:
    return None if verdict is None else not verdict
