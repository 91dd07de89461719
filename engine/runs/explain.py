"""One deal in full: its verdict, what every card and open criterion asks, the cheapest way out, and what-ifs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.judge.repair.finder import find_way
from engine.judge.repair.way import Way
from engine.judge.tables import Tables
from engine.judge.verdicts import Finding, Verdict
from engine.runs.check import Check
from engine.runs.mistakes import NotJudged
from engine.runs.what_if import changed
from rules.condition import MET
from rules.playbook import Playbook, Scorecard, Stage
from rules.words import requirement


@dataclass(frozen=True, slots=True)
class Explanation:
    """One deal explained. `way` is None where no way out was found, or there is no gate; `after` is the what-if."""

    playbook: Playbook
    verdict: Verdict
    required: Mapping[str, str]
    way: Way | None = None
    wishes: tuple[str, ...] = ()
    after: Verdict | None = None

    @property
    def stage(self) -> Stage | None:
        """The stage the deal stands in; None where it stands in none."""
        return next((stage for stage in self.playbook.stages if stage.id == self.verdict.stage), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a what-if changes: findings that go, that come, and that stand otherwise than before."""

    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]
    other: tuple[tuple[Finding, Finding], ...]


def explain(check: Check, deal_id: str, wishes: Sequence[str] = ()) -> Explanation:
    """Explain one deal; raises a Mistake where it is not found, or no playbook judges it."""
    tables, texts = check.one(deal_id)
    verdict, playbook = _judged(check, tables, texts, deal_id)
    asked = check.question
    evaluator = check.evaluator(playbook, tables)
    way = find_way(evaluator, tables, asked.as_of, deal_id, waivers=asked.waivers, texts=texts)
    after = None
    if wishes:
        wished = changed(tables, wishes, playbook, check.connector.name)
        after, _ = _judged(check, wished, texts, deal_id)
    return Explanation(playbook, verdict, required_words(playbook), way, tuple(wishes), after)


def turn(before: Verdict, after: Verdict) -> Turn:
    """Compare the findings of two verdicts on one deal."""
    old, new = ({finding.key: finding for finding in verdict.findings} for verdict in (before, after))
    both = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    return Turn(
        gone=tuple(old[key] for key in sorted(old.keys() - new.keys())),
        new=tuple(new[key] for key in sorted(new.keys() - old.keys())),
        other=tuple((one, two) for one, two in both if (one.state, one.because) != (two.state, two.because)),
    )


def required_words(playbook: Playbook) -> dict[str, str]:
    """Say by id what each criterion asks, and each rule that asks anything."""
    words = {each.id: requirement(each.require, playbook) for each in playbook.criteria()}
    for rule in playbook.rules:
        if rule.require is not None:
            when = f"when {requirement(rule.when, playbook)}: " if rule.when != MET else ""
            words[rule.id] = when + requirement(rule.require, playbook)
    return words


def next_levels(card: Scorecard, points: Mapping[str, int], playbook: Playbook) -> dict[str, tuple[int, str]]:
    """Say by dimension how many points the next level gives, and for what; the best level has no next."""
    found = {}
    for dimension in card.dimensions:
        better = [level for level in dimension.levels if level.points > points.get(dimension.id, 0)]
        if better:
            level = min(better, key=lambda each: each.points)
            found[dimension.id] = level.points, level.says or requirement(level.when, playbook)
    return found


def _judged(check: Check, tables: Tables, texts: pa.Table | None, deal_id: str) -> tuple[Verdict, Playbook]:
    before = len(check.tally.ties)
    verdicts = check.judge(tables, texts)
    if not verdicts:
        ties = check.tally.ties[before:]
        raise NotJudged(deal_id, str(ties[0]) if ties else "")
    (verdict,) = verdicts
    return verdict, next(playbook for playbook in check.playbooks if playbook.name == verdict.playbook)
