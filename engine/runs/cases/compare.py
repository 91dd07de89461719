"""What differs between a verdict and what a case expects: missing, unexpected and different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.judge.verdicts import Finding, Gate, ScoreResult, Verdict
from engine.runs.cases.case import Expected, ExpectedFinding


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `what` is missing, unexpected or different; `why` holds the finding's own words, or ""."""

    what: str
    subject: str
    expected: str = ""
    found: str = ""
    why: str = ""

    def __str__(self) -> str:
        if self.what == "different":
            return f"{self.subject}: expected {self.expected}, found {self.found}"
        return f"{self.what}: {self.subject} {self.expected or self.found}".rstrip()


def differences(verdict: Verdict, expect: Expected) -> tuple[Difference, ...]:
    """Compare a verdict with all that is expected of it."""
    return tuple(_differences(verdict, expect))


def short_key(finding: Finding) -> str:
    """Name a finding as cases do: its criterion, with `:person` for one of several."""
    return f"{finding.criterion}:{finding.person_id}" if finding.person_id else finding.criterion


def _differences(verdict: Verdict, expect: Expected) -> Iterator[Difference]:
    if expect.segment is not None:
        yield from _different("segment", expect.segment or "none", verdict.segment or "none")
    yield from _different("gate", _gate_words(expect.gate), _gate_words(_standing(verdict.gate)))
    for card, wanted in expect.scores.items():
        score = verdict.qualification if card == "qualification" else verdict.ideal_client
        yield from _scores(card, wanted, score)
    raised = sorted({finding.flag for finding in verdict.findings if finding.flag and finding.open})
    yield from _different("flags", ", ".join(expect.flags) or "none", ", ".join(raised) or "none")
    yield from _findings(verdict.findings, expect.findings)


def _findings(found: tuple[Finding, ...], wanted: Mapping[str, ExpectedFinding]) -> Iterator[Difference]:
    by_key = {short_key(finding): finding for finding in found}
    for key in sorted(wanted.keys() - by_key.keys()):
        yield Difference("missing", key, expected=str(wanted[key]))
    for key in sorted(by_key.keys() - wanted.keys()):
        yield Difference("unexpected", key, found=str(_as_expected(by_key[key])), why=by_key[key].because)
    for key in sorted(by_key.keys() & wanted.keys()):
        seen = _as_expected(by_key[key])
        if seen.state != wanted[key].state or wanted[key].due not in {None, seen.due}:
            yield Difference("different", key, str(wanted[key]), str(seen), by_key[key].because)


def _scores(card: str, wanted: Mapping[str, Any], score: ScoreResult | None) -> Iterator[Difference]:
    if score is None:
        yield Difference("missing", card)
        return
    seen = {"points": score.points, "percent": float(score.percent), "band": score.band}
    for key, value in wanted.items():
        if key != "dimensions":
            yield from _different(f"{card} {key}", str(value), str(_alike(seen[key], value)))
            continue
        for dimension, points in value.items():
            yield from _different(f"{card} {dimension}", str(points), str(score.dimensions.get(dimension, "none")))


def _alike(seen: object, written: object) -> object:
    return int(seen) if isinstance(seen, float) and isinstance(written, int) and seen == written else seen


def _different(subject: str, wanted: str, found: str) -> Iterator[Difference]:
    if wanted != found:
        yield Difference("different", subject, wanted, found)


def _as_expected(finding: Finding) -> ExpectedFinding:
    return ExpectedFinding("waived" if finding.waiver else finding.state.value, finding.due)


def _standing(gate: Gate | None) -> tuple[str, str] | None:
    return None if gate is None else (gate.status.value, gate.allowed_stage)


def _gate_words(gate: tuple[str, str] | None) -> str:
    return "none" if gate is None else f"{gate[0]}, as far as {gate[1]}"
