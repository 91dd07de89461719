"""Push every `not` of a condition down to its leaves, so that words can be found for each leaf as it is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Not, Operator, Quantifier, Related

SAY_LITTLE = {Operator.PRESENT, Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}
"""Operators that a blank field may meet or that say nothing of its content."""


def normal(condition: Condition, *, positive: bool = True) -> Condition:
    """Give an equivalent condition whose `Not`s stand only before leaves, `every` and `count`.

    De Morgan's laws hold for met, unmet and unknown alike. Nested `all` in `all` and `any` in `any` are flattened,
    one part alone stands for itself, and what another part implies is left out: never met without it.
    """
    match condition:
        case Not(part):
            return normal(part, positive=not positive)
        case AllOf(parts):
            return _joined(parts, positive=positive, every=positive)
        case AnyOf(parts):
            return _joined(parts, positive=positive, every=not positive)
        case Related():
            return _related(condition, positive=positive)
        case _:
            return condition if positive else Not(condition)


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Give the parts of an `all`, and any other condition as its only part."""
    return condition.parts if isinstance(condition, AllOf) else (condition,)


def signed(condition: Condition) -> tuple[Condition, bool]:
    """Give what stands under a `not`, if one does, and whether the condition is meant as it stands."""
    return (condition.part, False) if isinstance(condition, Not) else (condition, True)


def _joined(parts: tuple[Condition, ...], *, positive: bool, every: bool) -> Condition:
    kind = AllOf if every else AnyOf
    flat: list[Condition] = []
    for part in parts:
        plain = normal(part, positive=positive)
        flat.extend(plain.parts if isinstance(plain, kind) else (plain,))
    kept = _without_implied(flat) if every else flat
    return kept[0] if len(kept) == 1 else kind(tuple(kept))


def _without_implied(parts: list[Condition]) -> list[Condition]:
    """Leave out that a field is filled in where more is asked of it beside."""
    compared = [part.subject for part in parts if isinstance(part, Compare) and part.operator not in SAY_LITTLE]
    return [part for part in parts if not (_asks_presence(part) and part.subject in compared)]


def _asks_presence(part: Condition) -> TypeGuard[Compare]:
    return isinstance(part, Compare) and part.operator is Operator.PRESENT and part.value == Literal(value=True)


def _related(related: Related, *, positive: bool) -> Condition:
    plain = replace(related, condition=normal(related.condition), where=normal(related.where))
    if positive:
        return plain
    opposite = {Quantifier.SOME: Quantifier.NO, Quantifier.NO: Quantifier.SOME}.get(related.quantifier)
    return Not(plain) if opposite is None else replace(plain, quantifier=opposite)
