"""A value that meets what is asked of a field: proposed from the comparisons themselves, then tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from engine.judge.repair.facts import Facts, Row
from rules.condition import AllOf, AnyOf, Compare, Condition, Not, Operator, Reference
from rules.types import KNOWN_VALUES, FieldType

FURTHEST_DAY = 800
ANEW = {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE, Operator.COPIED}
"""Operators that only another value than the present one can meet."""
STEPS: Mapping[FieldType, Decimal] = {FieldType.MONEY: Decimal("0.01"), FieldType.NUMBER: Decimal(1)}
FILLER = tuple(
    re.findall(
        r"\S+",
        "we wrote this down together with the buyer after asking what happens if they do nothing for another year and "
        "who would notice it first in their own team when 12 percent of orders arrive late and cost 40,000 a month",
    )
)
SHORT = tuple(f"{letter}{number}" for number in range(1, 10) for letter in "abcdefghijkl")
SPECIAL = ("Yes, 42 percent by 2027-03-31", "https://example.com/plan", "name@example.com", "ABC-1234", "A", "7")


def value_for(subject: Reference, tests: Sequence[Condition], facts: Facts, row: Row | None = None) -> tuple[Any, ...]:
    """Find a value with which every test is met, all else as it is: a tuple of it alone, or of none in reach."""
    asked = AllOf(tuple(tests))
    anew = any(leaf.operator in ANEW for leaf in compares(asked))
    for value in candidates(subject, tests, facts, row):
        if not (anew and value == facts.read(subject, row)) and facts_with(subject, value, facts, row)(asked):
            return (value,)
    return ()


def facts_with(subject: Reference, value: object, facts: Facts, row: Row | None) -> Callable[[Condition], bool]:
    """Try a condition with one value put in."""
    if row is not None and not subject.of_deal:
        tried = {**row, subject.name: value}
        return lambda condition: facts.state(condition, tried) is True
    person = str((row or {}).get("id") or "") if subject.table == "contacts" else ""
    changed = facts.with_filled(subject.table, person, subject.name, value)
    return lambda condition: changed.state(condition, row) is True


def candidates(subject: Reference, tests: Sequence[Condition], facts: Facts, row: Row | None) -> Iterator[Any]:
    """Propose values, the likeliest first: the bounds themselves, one step beside them, and what lies between."""
    leaves = [leaf for test in tests for leaf in compares(test) if leaf.subject == subject]
    bounds = [facts.resolve(leaf.value, row) for leaf in leaves]
    yield from PROPOSERS[subject.type](subject, list(zip(leaves, bounds, strict=True)), facts)
    yield None


def compares(condition: Condition) -> Iterator[Compare]:
    """Yield the comparisons in a condition on one row."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from compares(part)
        case Not(part):
            yield from compares(part)
        case Compare():
            yield condition
        case _:
            pass


Asked = list[tuple[Compare, Any]]


def _numbers(subject: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    bounds = sorted({Decimal(str(each)) for each in _flat(asked) if _is_number(each)})
    if subject.type is FieldType.MONEY and facts.rate not in {None, 1}:
        bounds += [(each / (facts.rate or 1)).quantize(STEPS[subject.type]) for each in bounds]
    step = STEPS[subject.type]
    between = ((low + high) / 2 for low, high in combinations(bounds, 2))
    tried = [*bounds, *(each + step for each in bounds), *(each - step for each in bounds), *between, Decimal(1)]
    if subject.type is FieldType.MONEY:
        yield from (each.quantize(step) for each in tried)
    else:
        yield from map(float, tried)


def _dates(_: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    today, day = facts.moments.today, timedelta(days=1)
    bounds = [facts.moments.day(each) for each in _flat(asked) if isinstance(each, date)]
    yield today
    for bound in bounds:
        yield from (bound, bound + day, bound - day)
    for distance in range(1, FURTHEST_DAY):
        yield from (today + distance * day, today - distance * day)


def _times(subject: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    now, minute = facts.as_of, timedelta(minutes=1)
    yield now
    for bound in (each for each in _flat(asked) if isinstance(each, datetime)):
        yield from (bound, bound + minute, bound - minute)
    days = (each for each in _dates(subject, asked, facts))
    yield from (now + (each - facts.moments.today) for each in days)


def _texts(_: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    longest = max((bound or 0 for leaf, bound in asked if leaf.operator is Operator.MIN_WORDS), default=0)
    phrases = [_first(bound) for leaf, bound in asked if leaf.operator is Operator.CONTAINS]
    yield from (each for leaf, bound in asked if leaf.operator in CHOOSES for each in _listed(bound))
    for words in (FILLER, SHORT):
        whole = [*phrases, *(words * (longest // len(words) + 1))[: max(longest, 6)]]
        text = " ".join(whole)
        yield from (text, f"{text} {facts.deal_id}", *(f"{text} {each}" for each in SPECIAL))
    yield from SPECIAL
    yield from (" ".join([*phrases, *SHORT[: max(longest, 1)]]), *phrases)
    yield from (str(bound).lstrip("^").rstrip("$") for leaf, bound in asked if leaf.operator is Operator.MATCHES)


def _choices(subject: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    yield from (each for leaf, bound in asked if leaf.operator in CHOOSES for each in _listed(bound))
    yield from KNOWN_VALUES.get((subject.table, subject.name), ())
    if subject.name == "role":
        yield from (facts.crm_role(role.id) for role in facts.playbook.roles)
    yield from ("chosen", "chosen otherwise")


def _several(subject: Reference, asked: Asked, facts: Facts) -> Iterator[Any]:
    wanted = [each for leaf, bound in asked if leaf.operator is Operator.INCLUDES_ALL for each in _listed(bound)]
    firsts = [_first(bound) for leaf, bound in asked if leaf.operator in CHOOSES]
    present = list(facts.read(subject) or ())
    yield list(dict.fromkeys([*present, *wanted, *firsts]))
    unwanted = {each for leaf, bound in asked if leaf.operator in CHOOSES for each in _listed(bound)}
    yield [each for each in present if each not in unwanted]
    yield ["chosen"]


def _yes_or_no(_: Reference, __: Asked, ___: Facts) -> Iterator[Any]:
    yield from (True, False)


CHOOSES = {Operator.EQUALS, Operator.ONE_OF, Operator.INCLUDES_ANY, Operator.INCLUDES_ALL}

PROPOSERS: Mapping[FieldType, Callable[[Reference, Asked, Facts], Iterator[Any]]] = {
    FieldType.NUMBER: _numbers,
    FieldType.MONEY: _numbers,
    FieldType.DATE: _dates,
    FieldType.TIME: _times,
    FieldType.TEXT: _texts,
    FieldType.LINK: _texts,
    FieldType.CHOICE: _choices,
    FieldType.CHOICES: _several,
    FieldType.YES_NO: _yes_or_no,
}


def _flat(asked: Asked) -> list[Any]:
    return [each for _, bound in asked for each in _listed(bound)]


def _listed(bound: object) -> Iterable[Any]:
    return bound if isinstance(bound, tuple | list) else (bound,)


def _first(bound: object) -> Any:  # noqa: ANN401 -- an item of any type
    return next(iter(_listed(bound)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
