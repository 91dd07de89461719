"""Corrective moves: a move through a closed gate since the last check is undone, with a note that says why."""

from __future__ import annotations

from engine.judge.changes import Change, ChangeKind
from engine.judge.crossings import moved_on
from engine.judge.memory import Memory
from engine.judge.plan_flags import missing_line, open_in_order
from engine.judge.plan_settings import PlanSettings, Terms
from engine.judge.verdicts import Gate, GateStatus, Verdict


def corrective_move(verdict: Verdict, terms: Terms, memory: Memory, settings: PlanSettings) -> Change | None:
    """Give the move that undoes a forward move through a closed gate, or None.

    A deal whose evidence decays where it stands, one that went back, one never seen before, a closed one and one whose
    moves were undone often enough today are left where they stand.
    """
    gate, last = verdict.gate, terms.stage(memory.last_stage.get(verdict.deal_id, ""))
    if not settings.correct_moves or gate is None or gate.status is not GateStatus.BLOCKED or verdict.crm_stage is None:
        return None
    if not moved_on(verdict, terms, memory.last_stage.get(verdict.deal_id, "")):
        return None
    if memory.moves_today.get(verdict.deal_id, 0) >= settings.moves_per_day:
        return None
    target = terms.name(_target(terms, last, gate))
    return Change(
        key="",
        kind=ChangeKind.MOVE_STAGE,
        deal_id=verdict.deal_id,
        from_stage=verdict.crm_stage,
        to_stage=target,
        note=_note(verdict, terms.shown(verdict.crm_stage), terms.shown(target)),
    )


def _target(terms: Terms, last: str, gate: Gate) -> str:
    """Give the stage to go back to: where the deal stood if that is within its gate, else the gate."""
    allowed = gate.allowed_stage
    within = allowed not in terms.order or terms.order.index(last) <= terms.order.index(allowed)
    return last if within else allowed


def _note(verdict: Verdict, stage: str, target: str) -> str:
    missing = [missing_line(finding) for finding in open_in_order(verdict) if finding.enforce.blocks]
    first = f"Moved back from {stage} to {target}: this is still missing, then it may move on."
    return "\n".join([first, *(f"- {line}" for line in missing)])
