"""What kill tests count: kills by the point they came at, and what was found in the CRMs and stores afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

AT_RANDOM = "at random moments"


@dataclass
class Counts:
    """Adds up over scenes; `doubled` are tasks that stand twice and flags that were set more often than asked for."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    events: int = 0
    changes: int = 0
    tasks: int = 0
    doubled: int = 0
    lost: int = 0
    undecided: int = 0

    def add(self, other: Counts) -> None:
        self.kills += other.kills
        for name in ("faults", "events", "changes", "tasks", "doubled", "lost", "undecided"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def words(self) -> str:
        """Say it in one line."""
        return (
            f"{self.kills.total()} kills ({self.faults} with a CRM that failed after it had committed): "
            f"{self.events:,} events acknowledged, {self.changes:,} changes written, {self.tasks:,} tasks made; "
            f"{self.lost} lost, {self.doubled} doubled, {self.undecided} left undecided"
        )
