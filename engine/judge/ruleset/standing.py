"""Where a deal stands, stood and may go, and until when: what its stage and its history tell, as a row of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.judge.ruleset.records import Row
from rules.playbook import Playbook

Change = tuple[datetime, str, str]


@dataclass(frozen=True)
class Map:
    """What a CRM calls a playbook's stages and outcomes."""

    playbook: Playbook
    crm: str

    def stage(self, word: str | None) -> int | None:
        """Give the index of the stage the CRM calls so."""
        names = [each.crm.get(self.crm, each.id) for each in self.playbook.stages]
        return names.index(word) if word in names else None

    def outcome(self, deal: Row) -> str | None:
        """Give the outcome a deal ended in; None for an open one."""
        named = [each for each in self.playbook.outcomes if self.crm in each.crm]
        unnamed = [each for each in self.playbook.outcomes if self.crm not in each.crm]
        ends = [(each.crm[self.crm], each.id) for each in named] + [(each.id, each.id) for each in unnamed]
        ended = next((name for word, name in ends if word == deal["stage"]), None)
        return ended or (deal["outcome"] if deal["outcome"] in {"won", "lost"} else None)

    def next_stage(self, index: int) -> int:
        """Give the next stage that is not optional; one past the last is won."""
        stages = self.playbook.stages
        return next((each for each in range(index + 1, len(stages)) if not stages[each].optional), len(stages))

    def name(self, stage: str) -> str:
        """Give what the CRM calls a stage."""
        return next(each.crm.get(self.crm, each.id) for each in self.playbook.stages if each.id == stage)


def standing(deal: Row, changes: Sequence[Row], known: Map) -> dict[str, Any]:
    """Give a deal's place: stage, outcome, latest move, and which optional stages it visited.

    `changes` are its changes of stage up to now.
    """
    index, outcome = known.stage(deal["stage"]), known.outcome(deal)
    stage = index if outcome is None else None
    moves = [
        (known.stage(row["from_stage"]), known.stage(row["to_stage"]), row["changed_at"]) for row in _latest(changes)
    ]
    move = next((each for each in moves if each[0] is not None and each[1] is not None), (None, None, None))
    last = moves[0] if moves else (None, None, None)
    return {
        "standing": index,
        "outcome": outcome,
        "stage": stage,
        "next": None if stage is None else known.next_stage(stage),
        "move_from": move[0],
        "move_to": move[1],
        "move_at": move[2],
        "last_from": last[0],
        "last_at": last[2],
        **_visited(changes, known),
    }


def entered(deal: Row, changes: Iterable[Row]) -> datetime | None:
    """Give when a deal entered its stage: as the CRM says, else as its history does."""
    told: datetime | None = deal["stage_entered_at"]
    entries = (row["changed_at"] for row in changes if row["to_stage"] is not None and row["to_stage"] == deal["stage"])
    return told or max(entries, default=None)


def left(stage: str, place: Mapping[str, Any], changes: Iterable[Row], known: Map) -> datetime | None:
    """Give when a deal last left a stage that is behind it; None where it is not, or nobody knows (rule 4)."""
    index = [each.id for each in known.playbook.stages].index(stage)
    behind = place["outcome"] is not None or (place["stage"] is not None and place["stage"] > index)
    times = (row["changed_at"] for row in changes if row["from_stage"] == known.name(stage))
    return max(times, default=None) if behind else None


def _latest(changes: Iterable[Row]) -> list[Row]:
    """Sort changes by their moment, the latest first."""
    return sorted(
        changes, key=lambda row: (row["changed_at"], row["from_stage"] or "", row["to_stage"] or ""), reverse=True
    )


def _visited(changes: Sequence[Row], known: Map) -> dict[str, bool]:
    words = {word for row in changes for word in (row["from_stage"], row["to_stage"])}
    return {f"visited.{each.id}": known.name(each.id) in words for each in known.playbook.stages if each.optional}
