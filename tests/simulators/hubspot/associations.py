"""Who belongs to whom, both ways, with types and labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.simulators.hubspot.store import key_of

HUBSPOT, USER = "HUBSPOT_DEFINED", "USER_DEFINED"


@dataclass(frozen=True, order=True)
class Type:
    """One kind of association; `id` counts within its category."""

    category: str
    id: int
    label: str | None = None
    name: str = ""

    def wire(self) -> dict[str, Any]:
        return {"category": self.category, "typeId": self.id, "label": self.label}


# from, to, plain there, plain back, primary there, primary back
_DEFINED = (
    ("deals", "contacts", 3, 4, 0, 0), ("deals", "companies", 341, 342, 5, 6), ("contacts", "companies", 279, 280, 1, 2),
    ("deals", "tasks", 215, 216, 0, 0), ("contacts", "tasks", 203, 204, 0, 0), ("companies", "tasks", 191, 192, 0, 0),
    ("deals", "calls", 205, 206, 0, 0), ("contacts", "calls", 193, 194, 0, 0), ("companies", "calls", 181, 182, 0, 0),
    ("deals", "emails", 209, 210, 0, 0), ("contacts", "emails", 197, 198, 0, 0), ("companies", "emails", 185, 186, 0, 0),
    ("deals", "meetings", 211, 212, 0, 0), ("contacts", "meetings", 199, 200, 0, 0),
    ("companies", "meetings", 187, 188, 0, 0),
    ("deals", "notes", 213, 214, 0, 0), ("contacts", "notes", 201, 202, 0, 0), ("companies", "notes", 189, 190, 0, 0),
    ("deals", "communications", 86, 85, 0, 0), ("contacts", "communications", 82, 81, 0, 0),
    ("companies", "communications", 88, 87, 0, 0),
    ("deals", "quotes", 63, 64, 0, 0), ("contacts", "quotes", 70, 69, 0, 0), ("companies", "quotes", 72, 71, 0, 0),
    ("deals", "deals", 451, 451, 0, 0), ("contacts", "contacts", 449, 449, 0, 0),
    ("companies", "companies", 450, 450, 0, 0),
)  # fmt: skip
_SINGULAR = {
    "deals": "deal", "contacts": "contact", "companies": "company", "tasks": "task", "calls": "call",
    "emails": "email", "meetings": "meeting_event", "notes": "note", "communications": "communication", "quotes": "quote",
}  # fmt: skip
Pair = tuple[str, str]


class Associations:
    """Every association of an account, and the types there are."""

    def __init__(self) -> None:
        self.types: dict[Pair, dict[tuple[str, int], Type]] = {}
        self._back: dict[tuple[str, str, str, int], tuple[str, int]] = {}
        self._links: dict[Pair, dict[str, dict[str, tuple[Type, ...]]]] = {}
        self._labels = 16
        for from_, to, there, back, first_there, first_back in _DEFINED:
            self._define(from_, to, Type(HUBSPOT, there, None, _named(from_, to, first_there)),
                         Type(HUBSPOT, back, None, _named(to, from_, first_back)))  # fmt: skip
            if first_there:
                self._define(from_, to, Type(HUBSPOT, first_there, "Primary", _named(from_, to, 0)),
                             Type(HUBSPOT, first_back, "Primary", _named(to, from_, 0)))  # fmt: skip

    def add_label(self, from_: str, to: str, label: str) -> Type:
        """Make a label of the account's own, and its other side; gives the type seen from `from_`."""
        self._labels += 2
        type_ = Type(USER, self._labels - 1, label, label.lower().replace(" ", "_"))
        self._define(from_, to, type_, Type(USER, self._labels, label, type_.name))
        return type_

    def remove_label(self, from_: str, to: str, id_: int) -> None:
        """Forget a label, also where it stands."""
        type_ = self.types[from_, to].pop((USER, id_))
        back = self._back.pop((from_, to, USER, id_))
        self.types[to, from_].pop(back, None)
        for each, others in list(self._links.get((from_, to), {}).items()):
            for other, types in list(others.items()):
                if type_ in types:
                    self._set(from_, each, to, other, tuple(one for one in types if one != type_))

    def labelled(self, from_: str, to: str, label: str) -> Type:
        """Find a type by its label; raises KeyError."""
        for each in self.types.get((from_, to), {}).values():
            if each.label == label:
                return each
        raise KeyError(label)

    def plain(self, from_: str, to: str) -> Type:
        """Give the type that has no label; raises KeyError where two objects are not associated."""
        return next(each for each in self.types[from_, to].values() if each.category == HUBSPOT and not each.label)

    def join(self, from_: str, id_: str, to: str, other: str, types: Iterable[Type] = ()) -> None:
        """Associate two records; the plain type is always there too, and a primary one takes the place of another."""
        new = {self.plain(from_, to), *types}
        if any(each.label == "Primary" for each in new):
            self._only_primary(from_, id_, to)
        self._set(from_, id_, to, other, tuple(sorted({*self.between(from_, id_, to, other), *new}, key=_order)))

    def fill(self, from_: str, to: str, pairs: Iterable[tuple[str, str]], label: str = "") -> None:
        """Associate many new records at once, each pair once."""
        types = (self.plain(from_, to), *([self.labelled(from_, to, label)] if label else []))
        there = tuple(sorted(types, key=_order))
        back = tuple(self.types[to, from_][self._back[from_, to, each.category, each.id]] for each in there)
        links = self._links.setdefault((from_, to), {})
        links_back = self._links.setdefault((to, from_), {})
        for id_, other in pairs:
            links.setdefault(id_, {})[other] = there
            links_back.setdefault(other, {})[id_] = back

    def part(self, from_: str, id_: str, to: str, other: str, types: Iterable[Type] = ()) -> None:
        """Take types away, or everything between two records where none is named."""
        gone = set(types)
        kept = [each for each in self.between(from_, id_, to, other) if gone and each not in gone]
        self._set(from_, id_, to, other, tuple(kept))

    def of(self, from_: str, id_: str, to: str) -> list[tuple[str, tuple[Type, ...]]]:
        """Give the others, in the order of their ids, with the types."""
        found = self._links.get((from_, to), {}).get(id_, {})
        return sorted(found.items(), key=lambda pair: key_of(pair[0]))

    def between(self, from_: str, id_: str, to: str, other: str) -> tuple[Type, ...]:
        return self._links.get((from_, to), {}).get(id_, {}).get(other, ())

    def forget(self, object_: str, id_: str) -> None:
        """Take a record out of every association."""
        for from_, to in list(self._links):
            if from_ == object_:
                for other, _ in self.of(from_, id_, to):
                    self._set(from_, id_, to, other, ())

    def everything_of(self, object_: str, id_: str) -> list[tuple[str, str, tuple[Type, ...]]]:
        """Give object, id and types of everybody associated."""
        return [(to, other, types) for from_, to in list(self._links) if from_ == object_
                for other, types in self.of(from_, id_, to)]  # fmt: skip

    def _define(self, from_: str, to: str, there: Type, back: Type) -> None:
        self.types.setdefault((from_, to), {})[there.category, there.id] = there
        self.types.setdefault((to, from_), {})[back.category, back.id] = back
        self._back[from_, to, there.category, there.id] = (back.category, back.id)
        self._back[to, from_, back.category, back.id] = (there.category, there.id)

    def _set(self, from_: str, id_: str, to: str, other: str, types: tuple[Type, ...]) -> None:
        back = tuple(self.types[to, from_][self._back[from_, to, each.category, each.id]] for each in types)
        for one, first, two, second, held in ((from_, id_, to, other, types), (to, other, from_, id_, back)):
            links = self._links.setdefault((one, two), {})
            if held:
                links.setdefault(first, {})[second] = held
            elif first in links:
                links[first].pop(second, None)

    def _only_primary(self, from_: str, id_: str, to: str) -> None:
        for other, types in self.of(from_, id_, to):
            kept = tuple(each for each in types if each.label != "Primary")
            if kept != types:
                self._set(from_, id_, to, other, kept)


def _named(from_: str, to: str, primary: int) -> str:
    return f"{_SINGULAR[from_]}_to_{_SINGULAR[to]}{'_unlabeled' if primary else ''}"


def _order(type_: Type) -> tuple[bool, int]:
    return type_.category == USER, type_.id
