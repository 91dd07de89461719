"""What derives alternatives from conditions, as those see it who derive them for people, rows and scores."""

from __future__ import annotations

from typing import Protocol

from engine.judge.repair.facts import Facts, Row
from engine.judge.repair.needs import Alternative
from engine.judge.seen import Look
from engine.judge.verdicts import Verdict
from rules.condition import Condition


class Deriver(Protocol):
    """Derives what would make conditions met on one deal; `look_now` sees what levels of scorecards saw."""

    @property
    def facts(self) -> Facts:
        """The deal's rows."""
        ...

    @property
    def verdict(self) -> Verdict:
        """The deal as judged."""
        ...

    @property
    def look_now(self) -> Look:
        """What conditions of scorecards saw."""
        ...

    def of(self, condition: Condition, look: Look, row: Row | None = None) -> list[Alternative]:
        """Give the alternatives that would make a condition met; `row` is the contact it is about, if any."""
        ...

    def of_row(self, condition: Condition, row: Row) -> list[Alternative]:
        """Give the alternatives that would make a condition met on one contact."""
        ...
