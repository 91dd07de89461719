"""Alternatives that raise a scorecard: which dimensions to take to which level."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, product

from engine.judge.repair.deriver import Deriver
from engine.judge.repair.holds import holds
from engine.judge.repair.needs import Alternative, fewest, together
from rules.condition import Compare, Score
from rules.playbook import Dimension, Level, Scorecard

MOST, MOST_DIMENSIONS, MOST_CHOICES = 60, 4, 400

Step = tuple[Dimension, Level]


def steps_up(ways: Deriver, node: Compare, score: Score) -> list[Alternative]:
    """Give what would raise a score until a comparison holds, by as few dimensions as will do."""
    card = next((each for each in ways.facts.playbook.scorecards if each.id == score.card), None)
    if card is None:
        return []
    found: list[Alternative] = []
    for tried, steps in enumerate(_choices(ways, card, score)):
        if tried >= MOST_CHOICES:
            break
        if _enough(ways, node, score, card, steps):
            found += together([ways.of(level.when, ways.look_now) for _, level in steps], MOST)
    return fewest(found, MOST)


def _choices(ways: Deriver, card: Scorecard, score: Score) -> Iterator[tuple[Step, ...]]:
    """Yield sets of dimensions with the level to take each to, small sets first."""
    asked = [each for each in card.dimensions if score.dimension in {"", each.id}]
    present = points(ways, card)
    higher = {each.id: [level for level in each.levels if level.points > present.get(each.id, 0)] for each in asked}
    open_dimensions = [each for each in asked if higher[each.id]]
    for size in range(1, min(len(open_dimensions), MOST_DIMENSIONS) + 1):
        for chosen in combinations(open_dimensions, size):
            for levels in product(*(higher[each.id] for each in chosen)):
                yield tuple(zip(chosen, levels, strict=True))


def _enough(ways: Deriver, node: Compare, score: Score, card: Scorecard, steps: tuple[Step, ...]) -> bool:
    reached = {**points(ways, card), **{dimension.id: level.points for dimension, level in steps}}
    value = _value(reached, score, card)
    facts = ways.facts
    if holds(node.operator, value, facts.resolve(node.value), facts.moments) is not True:
        return False
    fewer = ({**reached, each.id: points(ways, card).get(each.id, 0)} for each, _ in steps)
    return not any(
        holds(node.operator, _value(without, score, card), facts.resolve(node.value), facts.moments)
        for without in fewer
    )


def points(ways: Deriver, card: Scorecard) -> dict[str, int]:
    """Give the deal's present points by dimension."""
    result = ways.verdict.qualification if card.id == "qualification" else ways.verdict.ideal_client
    return dict(result.dimensions) if result else {}


def _value(reached: dict[str, int], score: Score, card: Scorecard) -> Decimal:
    weights = {each.id: each.weight for each in card.dimensions}
    mosts = {each.id: each.most for each in card.dimensions}
    if score.dimension:
        total, most = reached.get(score.dimension, 0), mosts[score.dimension]
    else:
        total, most = sum(weights[name] * number for name, number in reached.items()), card.most
    return Decimal(100 * total) / (most or 1) if score.percent else Decimal(total)
