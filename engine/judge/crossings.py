"""Crossings: deals that moved through a closed gate since the last check, and who moved them.

A gate that the CRM enforces by itself is crossed by an import, an automation or a permission; one that it does not, by
anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.judge.changes import Flags
from engine.judge.memory import Memory
from engine.judge.plan_settings import Terms
from engine.judge.verdicts import GateStatus, Verdict


@dataclass(frozen=True, slots=True)
class Move:
    """A deal's last change of stage: when, and by whom, as far as the CRM tells."""

    at: datetime | None = None
    by: str = ""


NOT_TOLD = Move()


@dataclass(frozen=True, slots=True)
class Crossing:
    """One deal that crossed its gate; stages are in the CRM's words, `allowed_stage` is as far as it might stand.

    `shown` are these stages as people read them, where that is otherwise.
    """

    deal_id: str
    name: str
    from_stage: str
    to_stage: str
    allowed_stage: str
    move: Move
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Say in one line what happened."""
        source = f" from `{self._said(self.from_stage)}`" if self.from_stage else ""
        who = f" by {self.move.by}" if self.move.by else ""
        when = f" at {self.move.at:%Y-%m-%d %H:%M} UTC" if self.move.at else ""
        allowed = f"; its gate ends at `{self._said(self.allowed_stage)}`" if self.allowed_stage else ""
        return (
            f"deal {self.deal_id} ({self.name}) was moved{source} to `{self._said(self.to_stage)}`{who}{when}{allowed}"
        )

    def _said(self, stage: str) -> str:
        return self.shown.get(stage, stage)


def crossing(
    verdict: Verdict, terms: Terms, memory: Memory, written: Flags | None, moves: Mapping[str, Move]
) -> Crossing | None:
    """Tell whether a deal crossed its gate: it stands past it, or is won, and did not when it was last checked.

    `written` is what the CRM shows of the last check: the stages the deal was kept from.
    """
    present, last = verdict.crm_stage, memory.last_stage.get(verdict.deal_id, "")
    if present is None or last == present:
        return None
    move = moves.get(verdict.deal_id, NOT_TOLD)
    forbidden = written is not None and present in written.blocked_stages and _moved_since(written, last, move)
    past = verdict.gate is not None and verdict.gate.status is GateStatus.BLOCKED and moved_on(verdict, terms, last)
    if not forbidden and not past:
        return None
    allowed = terms.name(verdict.gate.allowed_stage) if verdict.gate else ""
    allowed = allowed or _allowed(written)
    shown = {name: terms.shown(name) for name in (last, present, allowed) if name}
    return Crossing(verdict.deal_id, verdict.name, last, present, allowed, move, shown)


def moved_on(verdict: Verdict, terms: Terms, last: str) -> bool:
    """Whether a deal stands in a later stage than the one it was last seen in, by the CRM's name of that."""
    before = terms.stage(last)
    in_order = before in terms.order and verdict.stage in terms.order
    return in_order and terms.order.index(before) < terms.order.index(verdict.stage)


def crossing_to_json(crossing: Crossing) -> dict[str, Any]:
    """Lay a crossing out as JSON values."""
    at = crossing.move.at
    return {
        "deal": crossing.deal_id,
        "name": crossing.name,
        "from_stage": crossing.from_stage,
        "to_stage": crossing.to_stage,
        "allowed_stage": crossing.allowed_stage,
        "by": crossing.move.by,
        "at": at.isoformat() if at else None,
    }


def _moved_since(written: Flags, last: str, move: Move) -> bool:
    """Whether a deal moved since it was judged; where the store does not know it, by what the CRM shows.

    A deal that was blocked then stood past its gate already.
    """
    if last:
        return True
    return written.status != GateStatus.BLOCKED if move.at is None else move.at > written.checked_at


def _allowed(written: Flags | None) -> str:
    return written.allowed_stage if written else ""
