"""The records of one object: by id, in the order of ids, and as search knows them, which is a little later."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

Values = Mapping[str, str]
Key = tuple[int, str]
KEPT = 20
"""How many versions of a property HubSpot remembers."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who changed something, as histories and webhooks name him."""

    type: str = "CRM_UI"
    id: str = "userId:1001"
    label: str = ""
    user: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A value that a property had from a moment on."""

    value: str
    timestamp: str
    source: Source


@dataclass(frozen=True, slots=True)
class Item:
    """A record: the values that are set, as they stand on the wire; never changed, only put anew."""

    id: str
    values: Values
    created: str
    updated: str
    history: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    archived: str = ""
    merged_into: str = ""

    def with_history(self, changed: Mapping[str, str | None], timestamp: str, source: Source) -> Item:
        """Remember new values, newest first."""
        kept = dict(self.history)
        for name, value in changed.items():
            before = kept.get(name) or self._first(name)
            kept[name] = (Version(value or "", timestamp, source), *before)[:KEPT]
        return replace(self, history=kept)

    def versions(self, name: str) -> tuple[Version, ...]:
        """Give what a property was, newest first; nothing where it was never set."""
        return self.history.get(name) or self._first(name)

    def _first(self, name: str) -> tuple[Version, ...]:
        return (Version(self.values[name], self.created, Source()),) if name in self.values else ()


def key_of(id_: str) -> Key:
    """Order ids as the numbers they are."""
    return len(id_), id_


class Index:
    """What search knows: the values of each record that is not archived, in the order of ids and by modification."""

    def __init__(self, modified: str) -> None:
        self._modified = modified
        self.values: dict[str, Values] = {}
        self.keys: list[Key] = []
        self.by_modification: list[tuple[str, Key]] = []
        self.version = 0
        self._waiting: list[tuple[datetime, int, str, Values | None]] = []
        self._count = count()

    def later(self, due: datetime, id_: str, values: Values | None) -> None:
        heappush(self._waiting, (due, next(self._count), id_, values))

    def catch_up(self, now: datetime) -> None:
        """Take in whatever is due by now."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, id_, values = heappop(self._waiting)
            self._put(id_, values)

    def fill(self, rows: Iterable[tuple[str, Values]]) -> None:
        """Take in many new records at once."""
        self.values.update(rows)
        self.keys = sorted(map(key_of, self.values))
        self.by_modification = sorted((sortable(row.get(self._modified, "")), key_of(id_))
                                      for id_, row in self.values.items())  # fmt: skip
        self.version += 1

    def after(self, key: Key) -> list[Key]:
        return self.keys[bisect_right(self.keys, key) :]

    def modified_since(self, moment: str) -> list[Key]:
        """Give who was modified at a moment or later, in the order of ids."""
        return sorted(key for _, key in self.by_modification[bisect_left(self.by_modification, (moment, (0, ""))) :])

    def _put(self, id_: str, values: Values | None) -> None:
        key, old = key_of(id_), self.values.get(id_)
        self.version += 1
        if old is not None:
            entry = (sortable(old.get(self._modified, "")), key)
            del self.by_modification[bisect_left(self.by_modification, entry)]
        if values is None:
            if old is not None:
                del self.values[id_]
                del self.keys[bisect_left(self.keys, key)]
            return
        if old is None:
            insort(self.keys, key)
        insort(self.by_modification, (sortable(values.get(self._modified, "")), key))
        self.values[id_] = values


def sortable(stamped: str) -> str:
    """Pad the milliseconds of a stamp, so that texts sort as the moments they are."""
    if not stamped.endswith("Z"):
        return stamped
    whole, _, thousandths = stamped[:-1].partition(".")
    return f"{whole}.{thousandths:0<3}"


class Table(Mapping[str, Item]):
    """Every record of an object, archived and merged ones too."""

    def __init__(self, first_id: int, modified: str) -> None:
        self._items: dict[str, Item] = {}
        self._next = first_id
        self.live: list[Key] = []
        self.archived: list[Key] = []
        self.index = Index(modified)
        self._unique: dict[str, dict[str, str]] = {}

    def __getitem__(self, id_: str) -> Item:
        return self._items[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def new_id(self) -> str:
        while str(self._next) in self._items:
            self._next += 1
        self._next += 1
        return str(self._next - 1)

    def put(self, item: Item, now: datetime, lag: timedelta) -> None:
        """Add a record or take it for the one that had its id; search learns of it after a while."""
        old = self._items.get(item.id)
        self._items[item.id] = item
        self._sort_in(item, old)
        for name, held in self._unique.items():
            if old is not None and name in old.values:
                held.pop(old.values[name].lower(), None)
            if name in item.values and not item.archived:
                held[item.values[name].lower()] = item.id
        self.index.later(now + lag, item.id, None if item.archived else item.values)

    def fill(self, items: Iterable[Item]) -> None:
        """Add many new records at once, found by search from now on."""
        new = {item.id: item for item in items}
        self._items.update(new)
        self.live = sorted({*self.live, *map(key_of, new)})
        self.index.fill((item.id, item.values) for item in new.values())
        self._unique.clear()

    def holder(self, name: str, value: str) -> str:
        """Tell which record, not archived, holds a value in a unique property; "" where none does."""
        if name not in self._unique:
            rows = ((item.values[name].lower(), item.id) for item in self._items.values()
                    if name in item.values and not item.archived)  # fmt: skip
            self._unique[name] = dict(rows)
        return self._unique[name].get(value.lower(), "")

    def page(self, after: str, limit: int, *, archived: bool) -> tuple[list[Item], bool]:
        """Give records in the order of ids from one on, and whether there are more."""
        keys = self.archived if archived else self.live
        start = bisect_left(keys, key_of(after)) if after else 0
        return [self._items[id_] for _, id_ in keys[start : start + limit]], start + limit < len(keys)

    def next_key(self, id_: str, *, archived: bool) -> str:
        """Give the id that comes after one."""
        keys = self.archived if archived else self.live
        return keys[bisect_right(keys, key_of(id_))][1]

    def _sort_in(self, item: Item, old: Item | None) -> None:
        key, place = key_of(item.id), self._place(item)
        before = None if old is None else self._place(old)
        if before is place:
            return
        if before is not None:
            del before[bisect_left(before, key)]
        if place is not None:
            insort(place, key)

    def _place(self, item: Item) -> list[Key] | None:
        """Give the list a record stands in; one that was merged into another stands in none."""
        if item.merged_into:
            return None
        return self.archived if item.archived else self.live
