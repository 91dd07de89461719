"""A playbook compiled for one CRM and the columns it delivers: one query, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from engine.judge.dialects.arrow import arrow_schema
from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.duckdb import DUCKDB
from engine.judge.query.activity import add_activity_facts
from engine.judge.query.base import start
from engine.judge.query.clocks import add_clock
from engine.judge.query.criteria import Asked, add_criteria
from engine.judge.query.deadlines import join_business_day
from engine.judge.query.frame import Script
from engine.judge.query.gate import add_gate
from engine.judge.query.history import add_last_changes, add_stage_history
from engine.judge.query.judgement import Judgement, Judgements
from engine.judge.query.named import add_names
from engine.judge.query.observe import Observed, observe
from engine.judge.query.placed import add_moves, add_position_facts, add_won_too_early, asked_criteria
from engine.judge.query.readers import DealReader, deal_column, join_shared_texts
from engine.judge.query.related import prepare_related
from engine.judge.query.rows import business_bases
from engine.judge.query.rules import add_rules
from engine.judge.query.scope import NOW, WHO_DID_WHAT, Build, Scope
from engine.judge.query.scorecards import add_scorecard
from engine.judge.query.segments import add_segment
from engine.judge.query.wanted import business_offsets, columns_read, copied_fields, deal_conditions
from rules.condition import Condition, Score
from rules.playbook import Playbook
from rules.table import expression, state_number

POSITION = ("id", "_stage", "_standing", "_outcome", "_segment", "_allowed", "_status", "_applies")


@dataclass(frozen=True)
class Compiled:
    """The query of a playbook: its text and columns, its judgements, and what it could not judge for want of data.

    The query reads the canonical tables, `_as_of` (one row), `_calendar`, `_waivers` and `_shared_texts`. It gives
    one row per deal: position, scores, and the columns of every judgement; `observed` names what each condition saw,
    where the query was compiled to tell.
    """

    playbook: Playbook
    crm: str
    script: Script
    schema: pa.Schema
    judgements: tuple[Judgement, ...]
    unjudged: Mapping[str, tuple[str, ...]]
    offsets: tuple[int, ...]
    copied: tuple[str, ...]
    observed: Observed
    observing: bool = False

    @property
    def sql(self) -> str:
        """The query as one text."""
        return self.script.sql

    @property
    def zone(self) -> ZoneInfo:
        """The playbook's time zone."""
        return ZoneInfo(self.playbook.calendar.timezone)

    @property
    def endings(self) -> frozenset[str]:
        """What the CRM calls the stages in which deals have ended."""
        return frozenset(each.crm.get(self.crm, each.id) for each in self.playbook.outcomes)


def compile_playbook(
    playbook: Playbook,
    crm: str,
    delivered: Mapping[str, frozenset[str]],
    tracked: frozenset[str] | None = None,
    *,
    observing: bool = False,
    waiving: bool = True,
    naming: bool = False,
    dialect: Dialect = DUCKDB,
) -> Compiled:
    """Compile a playbook for a CRM; with `observing` the query also tells what every condition saw.

    Without `waiving` it knows of no waivers and runs a little faster. With `naming` it also gives the names verdicts
    are told with (see `named`). `dialect` is whose SQL it is written in.
    """
    asked = tuple(asked_criteria(playbook))
    offsets = business_offsets(playbook)
    read = columns_read(playbook)
    build = Build(playbook, crm, delivered, tracked, observing, offsets, read, waiving=waiving, dialect=dialect)
    judgements = Judgements()
    _add_facts(build, asked)
    for card in playbook.scorecards:
        add_scorecard(build, judgements, card)
    add_criteria(build, judgements, asked)
    for clock in playbook.clocks:
        add_clock(build, judgements, clock)
    add_moves(build, judgements)
    add_won_too_early(build, judgements)
    add_rules(build, judgements)
    add_gate(build, judgements)
    wanted = ((scope, each) for scope, each in deal_conditions(playbook, asked) if not any(build.missing(each)))
    observed = observe(build, wanted) if observing else Observed()
    names = add_names(build) if naming else ()
    return _finished(build, judgements, observed, names)


def _add_facts(build: Build, asked: tuple[Asked, ...]) -> None:
    """Put beside each deal all that conditions read: history, activity, related rows, changes, copies, segment."""
    playbook = build.playbook
    start(build)
    left = sorted({each.scope.stage for each in asked if each.scope != NOW})
    add_stage_history(build, left)
    if not build.lacking("activities", WHO_DID_WHAT):
        add_activity_facts(build)
    wanted = [(scope, each) for scope, each in deal_conditions(playbook, asked) if not any(build.missing(each))]
    of_people = [(each.scope, each.criterion.require) for each in asked if each.criterion.for_each is not None]
    read = wanted + [(scope, each) for scope, each in of_people if not any(build.missing(each))]
    add_last_changes(build, read)
    _add_business_days(build, read)
    join_shared_texts(build, copied_fields(playbook))
    add_segment(build)
    prepare_related(build, wanted)
    applies = playbook.applies_to
    told = state_number(expression(applies, DealReader(build, NOW))) if not any(build.missing(applies)) else None
    build.frame.add({"_applies": ibis.literal(-1, "int8") if told is None else told})
    add_position_facts(build)


def _add_business_days(build: Build, wanted: list[tuple[Scope, Condition]]) -> None:
    for base, days in sorted(business_bases([each for _, each in wanted]), key=lambda each: (str(each[0]), each[1])):
        if base.of_deal:
            build.business[base, days] = join_business_day(build, deal_column(base), days)


def _finished(build: Build, judgements: Judgements, observed: Observed, names: tuple[str, ...]) -> Compiled:
    columns = [*POSITION, *_score_columns(build.playbook)]
    columns += [name for each in judgements.items for name in each.columns()]
    columns += [*observed.columns(), *names]
    output = build.frame.table.select(*dict.fromkeys(columns))
    return Compiled(
        build.playbook,
        build.crm,
        build.frame.script(output),
        arrow_schema(output.schema(), build.playbook.calendar.timezone),
        tuple(judgements.items),
        judgements.unjudged,
        tuple(build.offsets),
        tuple(each.name for each in copied_fields(build.playbook)),
        observed,
        build.counting,
    )


def _score_columns(playbook: Playbook) -> Iterator[str]:
    for card in playbook.scorecards:
        yield deal_column(Score(card.id))
        yield from (deal_column(Score(card.id, each.id)) for each in card.dimensions)
