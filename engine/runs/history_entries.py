"""An entry of a deal's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.ledger.deal_history import RunSeen
from engine.runs.document import moment


class What(StrEnum):
    """What an entry is about; those of one moment come in this order."""

    WAIVER = "waiver"
    PLAYBOOK = "playbook"
    STAGE = "stage"
    CROSSING = "crossing"
    GATE = "gate"
    SCORE = "score"
    FINDING = "finding"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was decided, seen or written: `says` in one line, `details` why; a waiver has no run.

    `at` is the as-of of the run.
    """

    at: datetime
    what: What
    says: str
    details: tuple[str, ...] = ()
    run: RunSeen | None = None

    def to_json(self) -> dict[str, Any]:
        """Lay an entry out as JSON values."""
        return {
            "at": moment(self.at),
            "run": self.run.id if self.run else None,
            "kind": self.run.kind if self.run else None,
            "what": self.what.value,
            "says": self.says,
            "details": list(self.details),
        }
