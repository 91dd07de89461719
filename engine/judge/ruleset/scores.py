"""Segments and scorecards by rules: the first segment whose condition is met, the most points of the levels met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.sight import Sight
from rules.condition import Condition, Score
from rules.playbook import Dimension, Scorecard, Segment

Judgeable = Callable[[Condition], bool]
"""Says whether the CRM delivers all that a condition reads."""


def add_segments(asking: Asking, segments: Sequence[Segment], deals: Sequence[Sight], judgeable: Judgeable) -> None:
    """Keep with each deal the id of its segment; unknown counts as not met."""
    plain = [replace(sight, tallies={}) for sight in deals]
    told = [(each.id, asking.truths(each.when, plain)) for each in segments if judgeable(each.when)]
    for row, sight in enumerate(deals):
        sight.found.segment = next((name for name, truths in told if truths[row]), "")


def add_scorecard(asking: Asking, card: Scorecard, deals: Sequence[Sight], judgeable: Judgeable) -> None:
    """Keep with each deal the points and percents of every dimension and of the whole card (rule 9)."""
    points = {each.id: _points(asking, each, deals, judgeable) for each in card.dimensions}
    for row, sight in enumerate(deals):
        own = {name: each[row] for name, each in points.items()}
        total = sum(own[each.id] * each.weight for each in card.dimensions)
        most = {each.id: each.most for each in card.dimensions}
        for name, value, limit in [("", total, card.most), *((name, own[name], most[name]) for name in own)]:
            sight.found.scores[Score(card.id, name)] = value
            sight.found.scores[Score(card.id, name, percent=True)] = value * 100.0 / (limit or 1)


def _points(asking: Asking, dimension: Dimension, deals: Sequence[Sight], judgeable: Judgeable) -> list[int]:
    levels = [level for level in dimension.levels if judgeable(level.when)]
    met = [(level.points, asking.truths(level.when, deals)) for level in levels]
    return [max((points for points, truths in met if truths[row]), default=0) for row in range(len(deals))]
