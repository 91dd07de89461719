"""What must come about so that findings clear, before values are chosen; what two findings need alike is shared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice

from engine.judge.repair.actions import NamePerson, Waive
from rules.condition import Condition

NEW = "new-"
"""What ids of people start with who are not yet contacts of the deal."""


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """A field of the deal, its account or one person must meet all of `tests`.

    Where it is not `demanded`, it only has to be known: then `tests` choose the value that asks the most.
    """

    table: str
    name: str
    person: str
    tests: frozenset[Condition]
    demanded: bool = True

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the field stands: its table, person and name."""
        return (self.table, self.person, self.name)


@dataclass(frozen=True, slots=True)
class RowNeed:
    """A new row of `table` must meet all of `tests`; each set of `people` must have somebody in it.

    `number` tells apart the rows of a need for several.
    """

    table: str
    tests: frozenset[Condition]
    people: frozenset[frozenset[str]] = frozenset()
    number: int = 1


Need = FieldNeed | NamePerson | RowNeed | Waive
Needs = frozenset[Need]
Alternative = tuple[Needs, ...]
"""Needs that clear a finding together. What stands in one set needs one action each; sets may share actions."""


def to_be_known(alternative: Alternative) -> Alternative:
    """Ask for fields no more than that they are known."""
    return tuple(
        frozenset(replace(need, demanded=False) if isinstance(need, FieldNeed) else need for need in needs)
        for needs in alternative
    )


def together(parts: Iterable[list[Alternative]], most: int) -> list[Alternative]:
    """Combine alternatives of parts that must all be met, the fewest needs first."""

    def both(left: list[Alternative], right: list[Alternative]) -> list[Alternative]:
        return fewest((one + other for one in left for other in right), most)

    return reduce(both, parts, [()])


def fewest(alternatives: Iterable[Alternative], most: int) -> list[Alternative]:
    """Keep the alternatives with the fewest needs, each once."""
    return list(islice(sorted(dict.fromkeys(alternatives), key=_size), most))


def joined(needs: Needs, alternative: Alternative) -> Iterator[Needs]:
    """Yield the ways to meet an alternative beside what is needed already, sharing what is alike or not."""
    if not alternative:
        yield needs
        return
    for more in _joined(needs, sorted(alternative[0], key=repr), frozenset()):
        yield from joined(more, alternative[1:])


def _joined(needs: Needs, more: list[Need], taken: Needs) -> Iterator[Needs]:
    if not more:
        yield needs
        return
    need, rest = more[0], more[1:]
    alike = [(other, shared) for other in needs - taken if (shared := _shared(other, need)) is not None]
    for other, shared in sorted(alike, key=repr):
        yield from _joined((needs - {other}) | {shared}, rest, taken | {shared})
    if isinstance(need, RowNeed):
        alone = _numbered(need, needs)
        yield from _joined(needs | {alone}, rest, taken | {alone})
    elif not alike:
        yield from _joined(needs | {need}, rest, taken | {need})


def _shared(one: Need, other: Need) -> Need | None:
    """Give the one need that meets both, where one action can."""
    if one == other:
        return one
    match one, other:
        case FieldNeed(), FieldNeed() if one.place == other.place:
            return replace(one, tests=one.tests | other.tests, demanded=one.demanded or other.demanded)
        case RowNeed(), RowNeed() if one.table == other.table:
            return replace(one, tests=one.tests | other.tests, people=one.people | other.people)
        case NamePerson(), NamePerson(role="") if one.person.startswith(NEW):
            return one
        case _:
            return None


def _numbered(need: RowNeed, needs: Needs) -> RowNeed:
    """Give a row a number that tells it from those just like it."""
    while need in needs:
        need = replace(need, number=need.number + 1)
    return need


def _size(alternative: Alternative) -> tuple[int, str]:
    return (sum(map(len, alternative)), repr(alternative))
