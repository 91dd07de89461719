"""Finds the cheapest way out of one deal of a batch, judging with a playbook's evaluator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from engine.judge.copies import shared_texts
from engine.judge.evaluate import Evaluator
from engine.judge.judged import Judged
from engine.judge.query.scope import NOW
from engine.judge.repair.search import Sight
from engine.judge.repair.way import Way, cheapest_way
from engine.judge.seen import Look, Seen
from engine.judge.tables import Tables
from engine.judge.telling import Columns, look_at, look_for
from engine.judge.verdict_making import verdicts_of
from engine.judge.waivers import Waiver
from rules.condition import Condition


def find_way(
    evaluator: Evaluator,
    tables: Tables,
    as_of: datetime,
    deal_id: str,
    *,
    waivers: Sequence[Waiver] = (),
    texts: pa.Table | None = None,
) -> Way | None:
    """Find the cheapest way to let one deal of a batch advance; see `cheapest_way`.

    `texts` are shared over the whole pipeline (None: the batch is the whole of it).
    """
    if texts is None:
        texts = shared_texts([tables["deals"]], evaluator.compiled.copied)
    shared = texts

    def judge(changed: Tables, granted: Sequence[Waiver]) -> Sight:
        judged = evaluator.evaluate(changed, as_of, granted, shared)
        (verdict,) = verdicts_of(judged, changed, granted)

        @cache
        def observed() -> Judged:
            return evaluator.evaluate(changed, as_of, granted, shared, observing=True)

        return Sight(verdict, lambda criterion: look_for(observed(), deal_id)(criterion, ""), _now(observed))

    alone = one_deal(tables, deal_id)
    playbook, crm = evaluator.playbook, evaluator.crm
    return cheapest_way(judge(alone, waivers), alone, as_of, judge, playbook=playbook, crm=crm, waivers=waivers)


def _now(observed: Callable[[], Judged]) -> Look:
    """See what conditions saw as of now, once it is asked."""

    def look(condition: Condition) -> Seen:
        judged = observed()
        return look_at(judged, Columns(judged.deals), 0, NOW)(condition)

    return look


def one_deal(tables: Tables, deal_id: str) -> Tables:
    """Give the tables with one deal and what belongs to it; owners and accounts stay whole."""
    keys = {name: "id" if name == "deals" else "deal_id" for name in tables.tables}
    kept = {
        name: table.filter(pc.equal(table[keys[name]], deal_id)) if keys[name] in table.column_names else table
        for name, table in tables.tables.items()
    }
    return Tables(kept, tables.tracked)
