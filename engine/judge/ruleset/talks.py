"""Who did what when, as rules tell from activities, proposals and changes: the moments that clocks start from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.records import Row
from engine.judge.ruleset.sight import Sight
from engine.judge.ruleset.wording import BUYERS, INBOUND, OUTBOUND, PENDING, PLANNED, SELLERS
from rules.condition import Condition, Reference
from rules.ruleset_comparisons import Comparison, Fact, Form, LastChange, Relation, Tree, all_of
from rules.types import FieldType

Moments = list[datetime | None]


def _change(name: str) -> Fact:
    return Fact(Form.ORDER, Reference("field_changes", name, FieldType.TEXT))


MOVED_LATER = all_of(
    Comparison(Fact(Form.TEXT, Reference("field_changes", "field", FieldType.CHOICE)), Relation.EQUAL, "close_date"),
    Comparison(_change("new"), Relation.ABOVE, _change("old")),
)
"""The close date was moved to a later one: dates compare as they are written."""


@dataclass(frozen=True)
class Talks:
    """Asks rules which rows of each deal count; `told` says whether activities tell who did what."""

    asking: Asking
    deals: Sequence[Sight]
    told: bool

    def last(self, condition: Condition) -> Moments:
        """Give when the last activity of some kind was."""
        return [_most(rows, "happened_at") for rows in self._rows("activities", condition)]

    def inbound(self) -> Moments:
        """Give when the buyer last wrote or called."""
        return self.last(INBOUND)

    def outbound(self) -> Moments:
        """Give when we last wrote or called."""
        return self.last(OUTBOUND)

    def planned(self) -> Moments:
        """Give the next planned step with the buyer."""
        return [min((row["happened_at"] for row in rows), default=None) for rows in self._rows("activities", PLANNED)]

    def heard(self, *, buyer: bool) -> tuple[Moments, list[bool]]:
        """Give when one side was last active, and whether a planned step pauses its silence."""
        if self.told:
            return self.last(BUYERS if buyer else SELLERS), [each is not None for each in self.planned()]
        seen = [_most(sight.related("contacts"), "last_buyer_activity_at") for sight in self.deals]
        return seen, [False] * len(seen)

    def waiting(self) -> list[Row | None]:
        """Give the latest proposal of each deal that is neither answered nor expired."""
        latest: Callable[[Row], Any] = lambda row: (row["sent_at"], row["id"] or "")  # noqa: E731 -- a key with a type
        return [max(rows, key=latest, default=None) for rows in self._rows("proposals", PENDING)]

    def moved_later(self) -> list[int]:
        """Count how often each deal's close date was moved to a later one, up to now."""
        return [
            len(rows)
            for rows in self._picked(
                [sight.changes("field_changes") for sight in self.deals], "field_changes", MOVED_LATER
            )
        ]

    def restarted(self, names: Sequence[str], sight: Sight) -> datetime | None:
        """Give when a clock of one's own last started: whichever of its fields moved last, else with the deal."""
        moments = [self._restart(name, sight) for name in names]
        started: datetime | None = sight.deal["created_at"]
        return max((each for each in moments if each is not None), default=started)

    def _restart(self, name: str, sight: Sight) -> datetime | None:
        kind = sight.world.types["deals"][name]
        if kind is not FieldType.TIME and not sight.world.tells_changes_of(name):
            return None
        reference = Reference("deals", name, kind)
        value: datetime | None = sight.read(reference) if kind is FieldType.TIME else sight.value(LastChange(reference))
        return value

    def _rows(self, table: str, condition: Condition) -> list[list[Row]]:
        return self._picked([sight.related(table) for sight in self.deals], table, condition)

    def _picked(self, rows: Sequence[Sequence[Row]], table: str, condition: Condition | Tree) -> list[list[Row]]:
        listed = [(place, row) for place, own in enumerate(rows) for row in own]
        truths = self.asking.truths(condition, [self.deals[place].at(table, row) for place, row in listed])
        picked: dict[int, list[Row]] = defaultdict(list)
        for (place, row), truth in zip(listed, truths, strict=True):
            if truth:
                picked[place].append(row)
        return [picked[place] for place in range(len(rows))]


def buyers_seen(asking: Asking, sights: Sequence[Sight]) -> list[dict[str, datetime]]:
    """Give when each person last took part in something of the buyer's, up to the sight's moment (rule 17)."""
    listed = [(place, row) for place, sight in enumerate(sights) for row in sight.related("activities")]
    truths = asking.truths(BUYERS, [sights[place].at("activities", row) for place, row in listed])
    seen: list[dict[str, datetime]] = [{} for _ in sights]
    for (place, row), truth in zip(listed, truths, strict=True):
        for person in (row["contact_ids"] or ()) if truth else ():
            seen[place][person] = max(seen[place].get(person, row["happened_at"]), row["happened_at"])
    return seen


def _most(rows: Sequence[Row], name: str) -> datetime | None:
    return max((row[name] for row in rows if row[name] is not None), default=None)
