"""What the cases of a playbook touch: the criteria, rules, clocks and moves that some case finds, and the levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.judge.query.judgement import Judgement
from engine.judge.verdicts import Verdict
from rules.playbook import Criterion, Kind, Playbook, Rule


@dataclass(frozen=True, slots=True)
class Covered:
    """How many of a kind of thing the cases touch, and the names of those they do not."""

    what: str
    total: int
    untouched: tuple[str, ...]

    @property
    def touched(self) -> int:
        """How many some case touches."""
        return self.total - len(self.untouched)


def coverage(playbook: Playbook, judgements: Iterable[Judgement], verdicts: Iterable[Verdict]) -> tuple[Covered, ...]:
    """Count what cases touch: a criterion is touched by a finding on it, a level by a deal that earns its points."""
    verdicts = list(verdicts)
    found = {finding.criterion for verdict in verdicts for finding in verdict.findings}
    kinds: dict[str, list[str]] = {"criteria": [], "rules": [], "clocks": [], "moves": []}
    for name, what in {each.id: _what(each) for each in judgements}.items():
        kinds.setdefault(what, []).append(name)
    counted = [
        Covered(what, len(names), tuple(name for name in names if name not in found)) for what, names in kinds.items()
    ]
    levels = _levels(playbook)
    earned = {name for verdict in verdicts for name in _earned(verdict)}
    return (*counted, Covered("levels", len(levels), tuple(name for name in levels if name not in earned)))


def _what(judgement: Judgement) -> str:
    if judgement.kind is Kind.BYPASS:
        return "moves"
    if isinstance(judgement.source, Criterion):
        return "criteria"
    return "rules" if isinstance(judgement.source, Rule) else "clocks"


def _levels(playbook: Playbook) -> list[str]:
    return [
        f"{dimension.id} {points}"
        for card in playbook.scorecards
        for dimension in card.dimensions
        for points in sorted({level.points for level in dimension.levels})
    ]


def _earned(verdict: Verdict) -> Iterable[str]:
    for score in (verdict.ideal_client, verdict.qualification):
        if score is not None:
            yield from (f"{dimension} {points}" for dimension, points in score.dimensions.items())
