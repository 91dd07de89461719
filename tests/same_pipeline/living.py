"""One deal from its making until now: every save of its stage, or of a field with a history, in canonical terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from tests.same_pipeline.source import Row


class Life:
    """What a deal was made as, and the saves after that."""

    def __init__(self, deal: Row, moves: Sequence[Row], changes: Sequence[Row]) -> None:
        self.deal = deal
        self.moves = sorted(moves, key=_moment)
        self.changes = sorted(changes, key=_moment)

    @property
    def maker(self) -> str:
        """The id of who made the deal."""
        return str(self.moves[0]["changed_by"])

    def first(self) -> Row:
        """Give the deal as it was made: in its first stage, each field with a history as it was before that."""
        before = {each["field"]: each["old"] for each in reversed(self.changes)}
        return self.deal | before | {"stage": self.moves[0]["to_stage"]}

    def saves(self) -> Iterator[tuple[datetime, str, Row]]:
        """Yield each save: when, by whom, and what; moves at one moment are saves of their own.

        What is no final value is a text, as the history holds it.
        """
        steps = [
            (each["changed_at"], number, each["changed_by"], {"stage": each["to_stage"]})
            for number, each in enumerate(self.moves[1:])
        ]
        last = {each["field"]: each for each in self.changes}
        for each in self.changes:
            name = each["field"]
            value = self.deal[name] if last[name] is each else each["new"]
            steps.append((each["changed_at"], -1, each["changed_by"], {name: value}))
        for (moment, _, by), some in groupby(sorted(steps, key=_first_three), key=_first_three):
            yield moment, by, {name: value for *_, fields in some for name, value in fields.items()}


def by_deal(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Put rows together by the deal they belong to."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["deal_id"], []).append(row)
    return found


def _moment(row: Row) -> Any:
    return row["changed_at"]


def _first_three(step: tuple[Any, ...]) -> tuple[Any, ...]:
    return step[:3]
