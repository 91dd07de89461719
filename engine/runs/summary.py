"""What a check found, counted: by gate, kind, strictness and owner, and what could not be judged at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.judge.verdicts import Finding, Verdict
from engine.runs.assign import Tie
from rules.playbook import Enforce, Kind
from rules.problems import Problem

LISTED = 1_000
STRICTEST_FIRST = (Enforce.HARD, Enforce.SOFT, Enforce.ADVISE, Enforce.OBSERVE)


@dataclass(frozen=True, slots=True)
class Listed:
    """Deals counted and listed by id; only the first `LISTED` ids are kept, so that a run stays small."""

    count: int = 0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerSummary:
    """One owner's open deals by gate status, and the open findings on them by kind."""

    owner: str
    deals: int
    gates: Mapping[str, int]
    findings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """A check in numbers. `findings` and `enforced` count open findings: neither waived nor upcoming."""

    deals: int = 0
    gates: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    enforced: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    upcoming: int = 0
    waived: int = 0
    owners: tuple[OwnerSummary, ...] = ()
    unmapped: Mapping[str, int] = field(default_factory=dict)
    no_playbook: Listed = Listed()
    ties: tuple[Tie, ...] = ()
    unjudged: tuple[str, ...] = ()
    problems: tuple[Problem | str, ...] = ()

    def has(self, enforce: Enforce) -> bool:
        """Whether an open finding is enforced at least so strictly."""
        at_least = STRICTEST_FIRST[: STRICTEST_FIRST.index(enforce) + 1]
        return any(self.enforced.get(each.value) for each in at_least)


@dataclass
class Tally:
    """Counts verdicts batch by batch; it grows with owners, kinds and stages, never with deals."""

    deals: int = 0
    gates: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    enforced: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    owners: dict[str, tuple[Counter[str], Counter[str]]] = field(default_factory=dict)
    no_playbook: list[str] = field(default_factory=list)
    without: int = 0
    ties: list[Tie] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """Count one verdict; an empty one of a deal without a playbook was counted as left out."""
        if not verdict.playbook:
            return
        self.deals += 1
        gates, kinds = self.owners.setdefault(verdict.owner, (Counter(), Counter()))
        if verdict.gate is not None:
            self.gates[verdict.gate.status.value] += 1
            gates[verdict.gate.status.value] += 1
        for finding in verdict.findings:
            self.states[_standing(finding)] += 1
            if finding.open:
                self.findings[finding.kind.value] += 1
                self.enforced[finding.enforce.value] += 1
                kinds[finding.kind.value] += 1
            if finding.kind is Kind.UNMAPPED:
                self.unmapped[verdict.crm_stage or ""] += 1

    def leave_out(self, no_playbook: Iterable[str], ties: Iterable[Tie]) -> None:
        """Count deals that were not judged: no playbook applies to them, or two do alike."""
        for deal_id in no_playbook:
            self.without += 1
            if self.without <= LISTED:
                self.no_playbook.append(deal_id)
        self.ties.extend(ties)

    def summary(self, unjudged: Iterable[str] = (), problems: Iterable[Problem | str] = ()) -> Summary:
        """Give what was counted so far as a value."""
        return Summary(
            deals=self.deals,
            gates=dict(self.gates),
            findings=dict(sorted(self.findings.items())),
            enforced=dict(self.enforced),
            unknown=self.states["unknown"],
            upcoming=self.states["upcoming"],
            waived=self.states["waived"],
            owners=tuple(
                OwnerSummary(owner, sum(gates.values()), dict(gates), dict(kinds))
                for owner, (gates, kinds) in sorted(self.owners.items())
                if gates or kinds
            ),
            unmapped=dict(sorted(self.unmapped.items())),
            no_playbook=Listed(self.without, tuple(self.no_playbook)),
            ties=tuple(self.ties[:LISTED]),
            unjudged=tuple(dict.fromkeys(unjudged)),
            problems=tuple(dict.fromkeys(problems)),
        )


def _standing(finding: Finding) -> str:
    return "waived" if finding.waiver else finding.state.value
