"""How large a condition is once the conditions it names stand in it, and how large one may be."""

from __future__ import annotations

from rules.condition import AllOf, AnyOf, Condition, Not, Related

MOST_PARTS = 2_000
DEEPEST = 24


def size_of(condition: Condition) -> tuple[int, int]:
    """Count a condition's parts, and how deep they are nested; parts that stand in it twice count twice."""
    return _measure(condition, {})


def is_bearable(condition: Condition) -> bool:
    """Say whether a condition is small enough to be judged, worded and translated."""
    parts, depth = size_of(condition)
    return parts <= MOST_PARTS and depth <= DEEPEST


def _measure(condition: Condition, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Measure each shared part once: names that use names can stand for more parts than can be walked."""
    if id(condition) not in known:
        sizes = [_measure(part, known) for part in _parts(condition)]
        known[id(condition)] = (1 + sum(size for size, _ in sizes), 1 + max((deep for _, deep in sizes), default=0))
    return known[id(condition)]


def _parts(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return parts
        case Not(part):
            return (part,)
        case Related(condition=inner, where=where):
            return (where, inner)
        case _:
            return ()
