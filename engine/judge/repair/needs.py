"""What must come about so that findings clear, before values are chosen; what two findings need alike is shared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

from engine.judge.repair.actions import NamePerson, Waive
from engine.judge.repair.values import compares
from rules.condition import Compare, Condition, Literal, Operator

NEW = "new-"
"""What ids of people start with who are not yet contacts of the deal."""


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """A field of the deal, its account or one person must meet all of `tests`.

    `assumed` choose the value further: where it only has to be known, it is the one that asks the most.
    """

    table: str
    name: str
    person: str
    tests: frozenset[Condition]
    assumed: frozenset[Condition] = frozenset()

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the field stands: its table, person and name."""
        return (self.table, self.person, self.name)


@dataclass(frozen=True, slots=True)
class RowNeed:
    """A new row of `table` must meet all of `tests`; each set of `people` must have somebody in it."""

    table: str
    tests: frozenset[Condition]
    people: frozenset[frozenset[str]] = frozenset()


Need = FieldNeed | NamePerson | RowNeed | Waive
Needs = tuple[Need, ...]
Alternative = tuple[Needs, ...]
"""Needs that clear a finding together. What stands in one group needs one action each; groups may share actions."""


def to_be_known(alternative: Alternative) -> Alternative:
    """Ask for fields no more than that they are known."""
    return tuple(tuple(map(_to_be_known, needs)) for needs in alternative)


def together(parts: Iterable[list[Alternative]], most: int) -> list[Alternative]:
    """Combine alternatives of parts that must all be met, the fewest needs first."""

    def both(left: list[Alternative], right: list[Alternative]) -> list[Alternative]:
        return fewest((one + other for one in left for other in right), most)

    return reduce(both, parts, [()])


def fewest(alternatives: Iterable[Alternative], most: int) -> list[Alternative]:
    """Keep the alternatives with the fewest needs, each once, in the order they were thought of."""
    return sorted(dict.fromkeys(alternatives), key=size)[:most]


def size(alternative: Alternative) -> int:
    """Count the needs of an alternative."""
    return sum(map(len, alternative))


def joined(needs: Needs, alternative: Alternative) -> Iterator[Needs]:
    """Yield the ways to meet an alternative beside what is needed already, sharing what is alike or not."""
    if not alternative:
        yield needs
        return
    for more in _joined(needs, alternative[0], frozenset()):
        yield from joined(more, alternative[1:])


def _to_be_known(need: Need) -> Need:
    if not isinstance(need, FieldNeed):
        return need
    present = (
        Compare(leaf.subject, Operator.PRESENT, Literal(value=True)) for test in need.tests for leaf in compares(test)
    )
    return replace(need, tests=frozenset(present), assumed=need.tests | need.assumed)


def _joined(needs: Needs, more: Needs, taken: frozenset[int]) -> Iterator[Needs]:
    """Join one group; `taken` are the places of needs that meet one of the group already."""
    if not more:
        yield needs
        return
    need, rest, alike = more[0], more[1:], False
    for place, other in enumerate(needs):
        if place not in taken and (shared := _shared(other, need)) is not None:
            alike = True
            yield from _joined((*needs[:place], shared, *needs[place + 1 :]), rest, taken | {place})
    if isinstance(need, RowNeed) or not alike:
        yield from _joined((*needs, need), rest, taken | {len(needs)})


def _shared(one: Need, other: Need) -> Need | None:
    """Give the one need that meets both, where one action can."""
    if one == other:
        return one
    match one, other:
        case FieldNeed(), FieldNeed() if one.place == other.place:
            return replace(one, tests=one.tests | other.tests, assumed=one.assumed | other.assumed)
        case RowNeed(), RowNeed() if one.table == other.table:
            return replace(one, tests=one.tests | other.tests, people=one.people | other.people)
        case NamePerson(), NamePerson(role="") if one.person.startswith(NEW):
            return one
        case _:
            return None
