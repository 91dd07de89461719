"""Finds conditions that nothing can ever meet: bounds that leave no value, words that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Literal,
    Operator,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.playbook import Playbook
from rules.types import FieldType

LOW = {
    Operator.AT_LEAST: True,
    Operator.ABOVE: False,
    Operator.ON_OR_AFTER: True,
    Operator.AFTER: False,
    Operator.EQUALS: True,
}
HIGH = {
    Operator.AT_MOST: True,
    Operator.BELOW: False,
    Operator.ON_OR_BEFORE: True,
    Operator.BEFORE: False,
    Operator.EQUALS: True,
}
"""Operators that bound a value from below and from above, and whether the bound itself is allowed."""

NEEDS_SOMETHING = frozenset(
    {
        *LOW,
        *HIGH,
        Operator.BETWEEN,
        Operator.ONE_OF,
        Operator.CONTAINS,
        Operator.MATCHES,
        Operator.MIN_WORDS,
        Operator.INCLUDES_ANY,
        Operator.INCLUDES_ALL,
        Operator.WITHIN,
        Operator.WITHIN_NEXT,
        Operator.OLDER_THAN,
        Operator.IN,
    }
)
"""Operators that no absent value meets."""


def never_met(condition: Condition, playbook: Playbook) -> str:
    """Name what makes a condition impossible, or give ""."""
    match condition:
        case AnyOf(parts):
            reasons = [never_met(part, playbook) for part in parts]
            return reasons[0] if reasons and all(reasons) else ""
        case AllOf():
            return _none_left(list(_all_of(condition)), playbook)
        case Compare() | Related():
            return _none_left([condition], playbook)
        case _:
            return ""


def _all_of(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _all_of(part)
    else:
        yield condition


def _none_left(parts: list[Condition], playbook: Playbook) -> str:
    leaves: dict[Reference | Score, list[Compare]] = {}
    for part in parts:
        if isinstance(part, Compare):
            subject = replace(part.subject, percent=False) if isinstance(part.subject, Score) else part.subject
            leaves.setdefault(subject, []).append(part)
        elif isinstance(part, Related) and part.quantifier is Quantifier.SOME:
            if reason := never_met(AllOf((part.where, part.condition)), playbook):
                return reason
        elif isinstance(part, AnyOf) and (reason := never_met(part, playbook)):
            return reason
    return next((_name(subject) for subject, all_of in leaves.items() if _impossible(subject, all_of, playbook)), "")


def _impossible(subject: Reference | Score, leaves: list[Compare], playbook: Playbook) -> bool:
    if isinstance(subject, Score):
        most = _most(subject, playbook)
        in_points = [_in_points(each, leaf, most) for leaf in leaves for each in _range(leaf)]
        return _leaves_nothing([*in_points, Range(Decimal(0), Decimal(most))])
    ranges = [each for leaf in leaves for each in _range(leaf)]
    return _leaves_nothing(ranges) or _words_exclude(leaves) or _asks_of_nothing(subject, leaves)


@dataclass(frozen=True, slots=True)
class Range:
    """The values one comparison allows; None: no bound on that side."""

    low: Decimal | date | None = None
    high: Decimal | date | None = None
    low_allowed: bool = True
    high_allowed: bool = True


def _range(leaf: Compare) -> Iterator[Range]:
    if not isinstance(leaf.value, Literal):
        return
    value = leaf.value.value
    if leaf.operator is Operator.BETWEEN and isinstance(value, tuple):
        yield Range(_comparable(value[0]), _comparable(value[-1]))
    elif (bound := _comparable(value)) is not None:
        if leaf.operator in LOW:
            yield Range(low=bound, low_allowed=LOW[leaf.operator])
        if leaf.operator in HIGH:
            yield Range(high=bound, high_allowed=HIGH[leaf.operator])


def _comparable(value: object) -> Decimal | date | None:
    if isinstance(value, datetime):
        return None  # compared with dates, too: which of them a day holds depends on the time zone
    if isinstance(value, Decimal | date):
        return value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _in_points(allowed: Range, leaf: Compare, most: int) -> Range:
    percent = isinstance(leaf.subject, Score) and leaf.subject.percent
    if not percent:
        return allowed
    low, high = (bound * most / 100 if isinstance(bound, Decimal) else None for bound in (allowed.low, allowed.high))
    return replace(allowed, low=low, high=high)


def _most(score: Score, playbook: Playbook) -> int:
    card = next(each for each in playbook.scorecards if each.id == score.card)
    if not score.dimension:
        return card.most
    return next(each.most for each in card.dimensions if each.id == score.dimension)


def _leaves_nothing(ranges: list[Range]) -> bool:
    for one in ranges:
        for other in ranges:
            low, high = one.low, other.high
            if low is None or high is None or isinstance(low, date) is not isinstance(high, date):
                continue
            if low > high or (low == high and not (one.low_allowed and other.high_allowed)):  # type: ignore[operator]  # of one kind
                return True
    return False


def _words_exclude(leaves: list[Compare]) -> bool:
    """Say whether the words that are asked for are all excluded, or have none in common."""
    asked = [_words(leaf) for leaf in leaves if leaf.operator in {Operator.EQUALS, Operator.ONE_OF}]
    excluded = [_words(leaf) for leaf in leaves if leaf.operator in {Operator.NOT, Operator.NONE_OF}]
    known = [words for words in asked if words]
    return bool(known) and not set.intersection(*known) - set[object]().union(*excluded)


def _words(leaf: Compare) -> set[object]:
    if not isinstance(leaf.value, Literal):
        return set()
    return set(leaf.value.value) if isinstance(leaf.value.value, tuple) else {leaf.value.value}


def _asks_of_nothing(subject: Reference, leaves: list[Compare]) -> bool:
    """Say whether something is asked of a value that must not be there (an absent yes or no is a no)."""
    if subject.type is FieldType.YES_NO or Literal(value=False) not in _presence(leaves):
        return False
    return Literal(value=True) in _presence(leaves) or any(leaf.operator in NEEDS_SOMETHING for leaf in leaves)


def _presence(leaves: list[Compare]) -> list[Value]:
    return [leaf.value for leaf in leaves if leaf.operator is Operator.PRESENT]


def _name(subject: Reference | Score) -> str:
    if isinstance(subject, Score):
        return f"{subject.card}.{subject.dimension}" if subject.dimension else subject.card
    return subject.name
