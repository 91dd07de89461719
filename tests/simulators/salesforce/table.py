"""The rows of one object, by id, by what they refer to, and by when they changed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.simulators.salesforce.journal import Journal

Record = dict[str, Any]
"""A row: its values by field, nothing for what is empty. A row is never changed, only put anew."""


class Table(Mapping[str, Record]):
    """Rows by id; an index of a field is made when it is first asked for, and kept from then on."""

    def __init__(self, journal: Journal) -> None:
        self._rows: dict[str, Record] = {}
        self._indexes: dict[str, dict[Any, dict[str, None]]] = {}
        self._orders: dict[str, list[tuple[str, str]]] = {}
        self._journal = journal

    def __getitem__(self, id_: str) -> Record:
        return self._rows[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def values(self) -> Any:
        return self._rows.values()

    def get(self, id_: Any, default: Any = None) -> Any:
        return self._rows.get(id_, default)

    def put(self, row: Record) -> None:
        """Add a row, or take it for the one that had its id."""
        id_ = row["Id"]
        old = self._rows.get(id_)
        self._journal.undoing(lambda: self._back(id_, old))
        self._rows[id_] = row
        self._move(id_, old, row)

    def fill(self, rows: Iterable[Record]) -> None:
        """Add many new rows at once."""
        self._rows.update((row["Id"], row) for row in rows)
        self._indexes.clear()
        self._orders.clear()

    def erase(self, id_: str) -> None:
        """Forget a row without a trace, as when it leaves the recycle bin."""
        self._move(id_, self._rows.pop(id_), None)

    def where(self, field: str, values: Iterable[Any]) -> list[Record]:
        """Give the rows that hold one of some values in a field, in the order they were made."""
        index = self._indexes[field] if field in self._indexes else self._indexed(field)
        return [self._rows[id_] for value in dict.fromkeys(values) for id_ in index.get(value, ())]

    def since(self, field: str, moment: str) -> list[Record]:
        """Give the rows whose stamp in a field is at or after a moment."""
        order = self._orders[field] if field in self._orders else self._ordered(field)
        found = {
            id_: None for value, id_ in order[bisect_left(order, (moment, "")) :] if self._holds(id_, field, value)
        }
        return [self._rows[id_] for id_ in found]

    def _holds(self, id_: str, field: str, value: str) -> bool:
        """Whether an entry is still true: those of before a change stay in the order and are passed over."""
        row = self._rows.get(id_)
        return row is not None and row.get(field) == value

    def _indexed(self, field: str) -> dict[Any, dict[str, None]]:
        index: dict[Any, dict[str, None]] = {}
        for id_, row in self._rows.items():
            if field in row:
                index.setdefault(row[field], {})[id_] = None
        self._indexes[field] = index
        return index

    def _ordered(self, field: str) -> list[tuple[str, str]]:
        self._orders[field] = sorted((row[field], id_) for id_, row in self._rows.items() if field in row)
        return self._orders[field]

    def _move(self, id_: str, old: Record | None, new: Record | None) -> None:
        for field, index in self._indexes.items():
            was, is_ = (old or {}).get(field), (new or {}).get(field)
            if was is not None and was != is_:
                index.get(was, {}).pop(id_, None)
            if is_ is not None:
                index.setdefault(is_, {})[id_] = None
        for field, order in self._orders.items():
            is_ = (new or {}).get(field)
            if is_ is not None and is_ != (old or {}).get(field):
                insort(order, (is_, id_))

    def _back(self, id_: str, old: Record | None) -> None:
        current = self._rows[id_]
        if old is None:
            del self._rows[id_]
        else:
            self._rows[id_] = old
        self._move(id_, current, old)
