"""Remembers the values that did not parse, so that they are named every night and not only when they came."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

from connectors.troubles import shown
from rules.problems import Place, Problem

MOST = 1_000
WORDS = {"number": "number", "date": "date", "datetime": "moment", "bool": "`true` or `false`"}

Key = tuple[str, str, str]
"""An object, the id of a record, and one of its properties."""


class Unreadable:
    """The values of one account that did not parse; of more than a thousand the rest is counted.

    `text` is what `to_text` wrote the last time.
    """

    def __init__(self, text: str = "") -> None:
        self._values: dict[Key, tuple[str, str]] = {
            (object_, record, name): (kind, value) for object_, record, name, kind, value in json.loads(text or "[]")
        }
        self._more = 0

    def read_again(self, object_: str, ids: Sequence[str]) -> None:
        """Forget what was wrong with records that are being typed anew."""
        if self._values:
            typed = set(ids)
            self._keep_where(lambda key: key[0] != object_ or key[1] not in typed)

    def add(self, key: Key, kind: str, value: str) -> None:
        """Note a value that is no number, date, moment or boolean, as `kind` says."""
        if len(self._values) < MOST:
            self._values[key] = (kind, value)
        else:
            self._more += 1

    def keep(self, properties: Collection[tuple[str, str]], held: Callable[[str, Collection[str]], set[str]]) -> None:
        """Forget properties that are asked for no longer, and records that `held` does not give back."""
        self._keep_where(lambda key: (key[0], key[2]) in properties)
        objects = {object_ for object_, *_ in self._values}
        records = {each: {record for object_, record, _ in self._values if object_ == each} for each in objects}
        there = {object_: held(object_, ids) for object_, ids in records.items()}
        self._keep_where(lambda key: key[1] in there[key[0]])

    def to_text(self) -> str:
        """Write everything down."""
        return json.dumps([[*key, *told] for key, told in sorted(self._values.items())])

    def problems(self, place: Place) -> list[Problem]:
        """Name each value, by its record and property."""
        found = [
            Problem(
                place,
                "not-readable",
                f"`{name}` of {object_} {record} is not read: {shown(value)} is no {WORDS[kind]}",
                "write it again in HubSpot",
            )
            for (object_, record, name), (kind, value) in sorted(self._values.items())
        ]
        more = Problem(place, "not-readable", f"{self._more:,} more values that do not parse are not shown")
        return [*found, more] if self._more else found

    def _keep_where(self, condition: Callable[[Key], bool]) -> None:
        self._values = {key: told for key, told in self._values.items() if condition(key)}
