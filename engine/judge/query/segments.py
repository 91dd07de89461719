"""A deal's segment: the first whose condition is met; unknown counts as not met."""

from __future__ import annotations

import ibis

from engine.judge.query.readers import DealReader
from engine.judge.query.related import prepare_related
from engine.judge.query.scope import NOW, Build
from engine.judge.query.truth import surely
from rules.table import expression


def add_segment(build: Build) -> None:
    """Add `_segment`: the id of the deal's segment, "" for none."""
    build.frame.add({"_segment": ibis.literal("")})
    segments = [each for each in build.playbook.segments if not any(build.missing(each.when))]
    if not segments:
        return
    prepare_related(build, [(NOW, each.when) for each in segments])
    reader = DealReader(build, NOW)
    branches = [(surely(expression(each.when, reader)), each.id) for each in segments]
    build.frame.add({"_segment": ibis.cases(*branches, else_="")})
