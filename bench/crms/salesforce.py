"""The simulated org of the benchmark, and the fewest calls that each step could take there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.crms.fewest import salesforce_read, salesforce_write
from bench.crms.simulated import Simulated

DESCRIBED = 15
OBJECTS = (
    "Opportunity", "OpportunityContactRole", "OpportunityHistory", "Task", "Event", "EmailMessage", "EventWhoRelation",
    "TaskWhoRelation", "User",
)  # fmt: skip
"""What is fetched for the benchmark's playbook."""


class SimulatedSalesforce(Simulated):
    """An org with so many opportunities, two contact roles and three rows of history each."""

    kind = "salesforce"

    def __init__(self, deals: int) -> None:
        super().__init__("--deals", str(deals))
        self._deals = deals

    def pass_time(self, **passed: float) -> None:
        """Let days, hours or seconds pass."""
        self.tell(advance=passed)

    def change(self, deals: int) -> None:
        """Change so many opportunities, spread evenly."""
        self.tell(change={"percent": 100 * deals / self._deals})

    def install(self, step: Callable[[str], Any]) -> None:
        """Do nothing: Dealgate's fields are there from the start."""

    def forget(self, mirror: Path) -> None:
        """Do nothing: what was learned of an org goes by its own clock."""

    def limits_kept(self) -> list[str]:
        """Say nothing: an org's calls are limited by the day alone."""
        return []

    @property
    def records(self) -> Mapping[str, int]:
        """How many records there are, by their object."""
        rows: Mapping[str, int] = self.tell()["records"]
        return {name: rows.get(name, 0) for name in OBJECTS}

    def fewest_first(self) -> int:
        """Count the calls of a first sweep."""
        return salesforce_read(self.records, described=DESCRIBED)

    def fewest_night(self, changed: int) -> int:
        """Count the calls of a night in which so many opportunities changed."""
        return salesforce_read(dict.fromkeys(OBJECTS, 0) | {"Opportunity": changed}, described=0)

    def fewest_written(self, deals: int) -> int:
        """Count the calls that write flags and a task for so many deals."""
        return 2 * salesforce_write(deals)
