"""Flags: what a deal carries in the CRM, composed from its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from engine.judge.changes import Flags
from engine.judge.plan_settings import Terms
from engine.judge.plan_tasks import counts
from engine.judge.verdicts import Finding, Gate, GateStatus, State, Verdict

TENTH = Decimal("0.1")
LONGEST_TEXT = 32_000
"""The length of a text that every CRM at hand holds."""
MORE = "\nand more"


def flags_for(verdict: Verdict, terms: Terms, deadlines: Iterable[date], as_of: datetime) -> Flags:
    """Compose a deal's flags, its stages in the CRM's words. A deal without a gate has no status."""
    score, open_findings, gate = verdict.qualification, open_in_order(verdict), verdict.gate
    return Flags(
        status=gate.status.words if gate else "",
        score=score.percent.quantize(TENTH) if score else None,
        band=score.band if score else "",
        allowed_stage=terms.name(gate.allowed_stage) if gate else "",
        missing=_held("\n".join(missing_line(finding) for finding in open_findings)),
        flags=tuple(sorted({finding.flag for finding in open_findings if finding.flag})),
        next_deadline=min(deadlines, default=None),
        playbook=verdict.playbook,
        checked_at=as_of,
        blocked_stages=tuple(terms.name(stage) for stage in blocked_stages(gate, terms)) if gate else (),
        waived=tuple(sorted({finding.criterion for finding in verdict.findings if finding.waiver})),
        blocking=tuple(sorted({each.criterion for each in open_findings if each.enforce.blocks})) if gate else (),
    )


def blocked_stages(gate: Gate, terms: Terms) -> tuple[str, ...]:
    """Give the stages and won outcomes that a deal may not move to now.

    Of a deal that may not advance: all beyond the one it may stand in. Of one that may: those it could reach only by
    passing a stage that has a gate of its own, which is not judged before the deal stands in it.
    """
    if gate.allowed_stage not in terms.order:
        return ()
    furthest = terms.order.index(gate.allowed_stage)
    if gate.status in {GateStatus.CLEAR, GateStatus.ADVISE}:
        while furthest < len(terms.order) and _lets_pass(furthest, terms):
            furthest += 1
    return (*terms.order[furthest + 1 :], *(terms.won if furthest < len(terms.order) else ()))


def _lets_pass(stage: int, terms: Terms) -> bool:
    """Whether a deal may go on from a stage without having been judged in it; past the last stage it is won."""
    following = terms.order[stage + 1 : stage + 2]
    return terms.order[stage] not in terms.gated_exits and not terms.gated_entries.intersection(following)


def _held(text: str) -> str:
    """Cut a text to what every CRM holds, at the end of a line."""
    if len(text) <= LONGEST_TEXT:
        return text
    return text[: LONGEST_TEXT - len(MORE)].rpartition("\n")[0] + MORE


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
