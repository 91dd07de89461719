"""Verdicts and summaries as JSON values: the one shape that every machine-readable answer has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from engine.judge.verdicts import Finding, Gate, ScoreResult, Verdict
from engine.runs.explain import Explanation
from engine.runs.summary import Summary

Document = dict[str, Any]


def deal_document(verdict: Verdict, *, naming_playbook: bool = False) -> Document:
    """Lay one deal's verdict out; `naming_playbook` adds which of several playbooks judged it."""
    named = {"playbook": verdict.playbook} if naming_playbook else {}
    return {
        "id": verdict.deal_id,
        "name": verdict.name,
        "owner": verdict.owner,
        "stage": verdict.stage,
        **named,
        "gate": _gate(verdict.gate),
        "qualification": _score(verdict.qualification),
        "ideal_client": _score(verdict.ideal_client),
        "findings": [finding_document(finding) for finding in verdict.findings],
    }


def finding_document(finding: Finding) -> Document:
    """Lay one finding out; an absent date or waiver is null."""
    return {
        "key": finding.key,
        "kind": finding.kind.value,
        "criterion": finding.criterion,
        "state": finding.state.value,
        "enforce": finding.enforce.value,
        "says": finding.says,
        "because": finding.because,
        "do": finding.do,
        "coach": finding.coach,
        "due": finding.due.isoformat() if finding.due else None,
        "waiver": finding.waiver or None,
    }


def summary_document(summary: Summary) -> Document:
    """Lay a check's counts out, and name what was not judged."""
    return {
        "deals": summary.deals,
        "gates": dict(summary.gates),
        "findings": dict(summary.findings),
        "enforced": dict(summary.enforced),
        "unknown": summary.unknown,
        "upcoming": summary.upcoming,
        "waived": summary.waived,
        "owners": [
            {"owner": each.owner, "deals": each.deals, "gates": dict(each.gates), "findings": dict(each.findings)}
            for each in summary.owners
        ],
        "unmapped": dict(summary.unmapped),
        "no_playbook": {"count": summary.no_playbook.count, "deals": list(summary.no_playbook.ids)},
        "ties": [{"deal": each.deal_id, "playbooks": list(each.playbooks)} for each in summary.ties],
        "unjudged": list(summary.unjudged),
        "problems": [str(each) for each in summary.problems],
    }


def explanation_document(told: Explanation) -> Document:
    """Lay one deal out in full: its verdict, what each open criterion asks, the way out and the what-if."""
    open_ = {finding.criterion for finding in told.verdict.findings}
    way = told.way
    return {
        "playbook": told.verdict.playbook,
        "as_of": moment(told.verdict.as_of),
        "deal": deal_document(told.verdict),
        "asks": {name: asks for name, asks in told.required.items() if name in open_},
        "way_out": None if way is None else {"actions": list(way.words), "gate": _gate(way.verdict_after.gate)},
        "what_if": None if told.after is None else {"if": list(told.wishes), "deal": deal_document(told.after)},
    }


def moment(as_of: datetime) -> str:
    """Write a moment the one way documents do: in UTC, ending in `Z`."""
    return as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _gate(gate: Gate | None) -> Document | None:
    if gate is None:
        return None
    return {"status": gate.status.value, "allowed_stage": gate.allowed_stage, "unmet": list(gate.unmet)}


def _score(score: ScoreResult | None) -> Document | None:
    if score is None:
        return None
    return {
        "points": score.points,
        "percent": float(score.percent),
        "band": score.band,
        "dimensions": dict(score.dimensions),
    }
