"""Scorecards: a dimension's points are the most of its met levels; unknown counts nothing (rule 9)."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from engine.judge.query.judgement import Judgements
from engine.judge.query.readers import DealReader, deal_column
from engine.judge.query.scope import NOW, Build
from engine.judge.query.truth import surely
from rules.condition import Score
from rules.playbook import Dimension, Scorecard
from rules.table import expression


def add_scorecard(build: Build, judgements: Judgements, card: Scorecard) -> None:
    """Add points and percent of every dimension and of the whole card."""
    points = {each.id: _points(build, judgements, card, each) for each in card.dimensions}
    build.frame.add({deal_column(Score(card.id, name)): value for name, value in points.items()})
    deals = build.frame.table
    total: ir.IntegerValue = ibis.literal(0)
    for each in card.dimensions:
        total = total + deals[deal_column(Score(card.id, each.id))] * each.weight
    build.frame.add({deal_column(Score(card.id)): total})
    deals = build.frame.table
    most = {"": card.most} | {each.id: each.most for each in card.dimensions}
    build.frame.add(
        {
            deal_column(Score(card.id, name, percent=True)): deals[deal_column(Score(card.id, name))]
            * 100.0
            / (limit or 1)
            for name, limit in most.items()
        }
    )


def _points(build: Build, judgements: Judgements, card: Scorecard, dimension: Dimension) -> ir.IntegerValue:
    reader, levels = DealReader(build, NOW), [ibis.literal(0)]
    for number, level in enumerate(dimension.levels, start=1):
        missing = tuple(build.missing(level.when))
        if missing:
            judgements.unjudged[f"{card.id}.{dimension.id} level {number}"] = missing
        else:
            levels.append(ibis.ifelse(surely(expression(level.when, reader)), level.points, 0))
    return ibis.greatest(*levels) if len(levels) > 1 else levels[0]
