"""Flags: what a deal carries in the CRM, composed from its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from engine.judge.changes import Flags
from engine.judge.plan_tasks import counts
from engine.judge.verdicts import Finding, State, Verdict

TENTH = Decimal("0.1")


def flags_for(verdict: Verdict, allowed_stage: str, deadlines: Iterable[date], as_of: datetime) -> Flags:
    """Compose a deal's flags; `allowed_stage` is in the CRM's words. A deal without a gate has no status."""
    score, open_findings = verdict.qualification, open_in_order(verdict)
    return Flags(
        status=verdict.gate.status.words if verdict.gate else "",
        score=score.percent.quantize(TENTH) if score else None,
        band=score.band if score else "",
        allowed_stage=allowed_stage if verdict.gate else "",
        missing="\n".join(missing_line(finding) for finding in open_findings),
        flags=tuple(sorted({finding.flag for finding in open_findings if finding.flag})),
        next_deadline=min(deadlines, default=None),
        playbook=verdict.playbook,
        checked_at=as_of,
    )


def must_write(flags: Flags, present: Flags | None) -> bool:
    """Whether flags are to be written: they say something new, apart from when the deal was checked."""
    if present is None:
        return bool(flags.status or flags.missing or flags.flags)
    return replace(flags, checked_at=present.checked_at) != present


def open_in_order(verdict: Verdict) -> list[Finding]:
    """Give the open findings that count, those that block first, each by key."""
    found = [finding for finding in verdict.findings if finding.open and counts(finding)]
    return sorted(found, key=lambda finding: (not finding.enforce.blocks, finding.key))


def missing_line(finding: Finding) -> str:
    """Say in one line what is missing and what to do about it."""
    says = f"{finding.says} (not known)" if finding.state is State.UNKNOWN else finding.says
    return f"{says}: {finding.do}" if finding.do else says
