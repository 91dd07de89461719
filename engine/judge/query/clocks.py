"""The clocks that every playbook may set: next step, stage age, silences, moved close dates and a clock of one's own.

Each gives a state, a due date and the moment it runs since. Clocks run for open deals in a named stage.
"""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from engine.judge.calendar import column_of
from engine.judge.query.activity import LAST_BUYER, LAST_SELLER, NEXT_PLANNED
from engine.judge.query.deadlines import deadline, has_limit, late
from engine.judge.query.history import add_field_changes, changes_up_to_now
from engine.judge.query.judgement import Judgement, Judgements
from engine.judge.query.proposal_clock import add_proposal_clock
from engine.judge.query.readers import DealReader, deal_column
from engine.judge.query.scope import NOW, WHO_DID_WHAT, Build
from engine.judge.query.truth import NO, surely
from rules.condition import MET, Reference, Value
from rules.playbook import (
    Clock,
    CloseDateClock,
    Kind,
    NextStepClock,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)
from rules.table import UNKNOWN, UNMET, expression
from rules.table_values import durations_of, later, value_expression
from rules.types import FieldType, Unit

NOTHING = ibis.null("int8")
OPEN_LATE = ibis.literal(UNMET, "int8")
UNTOLD = ibis.literal(UNKNOWN, "int8")


def add_clock(build: Build, judgements: Judgements, clock: Clock) -> None:
    """Judge one clock on every open deal in a named stage."""
    match clock:
        case ProposalClock():
            add_proposal_clock(build, judgements, clock)
        case NextStepClock():
            _add_next_step(build, judgements, clock)
        case StageAgeClock():
            _add_stage_age(build, judgements, clock)
        case SilenceClock():
            _add_silence(build, judgements, clock)
        case CloseDateClock():
            _add_close_date(build, judgements, clock)
        case ProgressClock():
            _add_progress(build, judgements, clock)
    judgements.settle(build)


def _standing(build: Build) -> ir.BooleanValue:
    return build.frame.table["_stage"].notnull()


def _add_next_step(build: Build, judgements: Judgements, clock: NextStepClock) -> None:
    missing = tuple(f"deals.{name}" for name in ("next_step", "next_step_date") if not build.delivers("deals", name))
    if missing:
        judgements.unjudged["next_step"] = missing
        return
    deals, stages = build.frame.table, [stage.id for stage in build.playbook.stages]
    today, planned = deals[NOW.column("today")], deals.next_step_date
    overdue = surely(planned < today)
    wrong = deals.next_step.isnull() | planned.isnull() | overdue
    if clock.at_most_ahead is not None:
        wrong = wrong | surely(planned > _furthest(build, clock.at_most_ahead))
    first = stages.index(clock.from_stage) if clock.from_stage else 0
    column = build.name("clock")
    state = ibis.ifelse(surely(deals["_stage"] >= first) & wrong, OPEN_LATE, NOTHING)
    judgement = Judgement(
        "next_step", Kind.NEXT_STEP, column, clock.enforce, source=clock, extras=("due", "value", "text", "open")
    )
    judgements.add(
        judgement,
        {
            column: state,
            f"{column}.due": ibis.ifelse(overdue, planned, ibis.null("date")),
            f"{column}.value": planned,
            f"{column}.text": deals.next_step,
        },
    )


def _furthest(build: Build, ahead: Value) -> ir.DateValue:
    deals = build.frame.table
    listed = [
        (
            name,
            deals[NOW.column(f"today{column_of(duration.amount)}")]
            if duration.unit is Unit.BUSINESS_DAYS
            else later(deals[NOW.column("now")], duration.hours).date(),
        )
        for name, duration in durations_of(ahead)
    ]
    branches = [(deals["_segment"] == name, limit) for name, limit in listed if name is not None]
    rest = next((limit for name, limit in listed if name is None), ibis.null("date"))
    return ibis.cases(*branches, else_=rest) if branches else rest


def _add_stage_age(build: Build, judgements: Judgements, clock: StageAgeClock) -> None:
    if not build.delivers("deals", "stage_entered_at") and not build.delivers("stage_changes"):
        judgements.unjudged["stage_age"] = ("deals.stage_entered_at",)
        return
    start, dues = "_stage_entered_at", []
    limits = [
        (number, clock.limits.get(stage.id, clock.otherwise)) for number, stage in enumerate(build.playbook.stages)
    ]
    for number, limit in limits:
        if limit is not None:
            dues.append((number, deadline(build, start, limit)))
    deals = build.frame.table
    dues = [(number, deadline(build, start, limit)) for number, limit in limits if limit is not None]
    due = ibis.cases(*((deals["_stage"] == number, each) for number, each in dues), else_=ibis.null("date"))
    asked = ibis.or_(
        *((deals["_stage"] == number) & has_limit(build, limit) for number, limit in limits if limit is not None)
    )
    _add_limit(build, judgements, clock, Kind.STAGE_AGE, start=start, due=due, asked=asked)


def _add_silence(build: Build, judgements: Judgements, clock: SilenceClock) -> None:
    name = clock.kind.value
    buyer = clock.kind is Kind.BUYER_SILENCE
    missing = build.lacking("activities", WHO_DID_WHAT)
    if not missing:
        last, paused = (
            build.frame.table[LAST_BUYER if buyer else LAST_SELLER],
            build.frame.table[NEXT_PLANNED].notnull(),
        )
    elif buyer and build.delivers("contacts", "last_buyer_activity_at"):
        contacts = build.source("contacts")
        latest = contacts.group_by("deal_id").agg(_last_seen=contacts.last_buyer_activity_at.max())
        build.frame.join(build.frame.side(latest))
        last, paused = build.frame.table["_last_seen"], NO
    else:
        judgements.unjudged[name] = missing
        return
    start = f"_{name}_since"
    build.frame.add(
        {
            start: ibis.coalesce(last, build.frame.table.created_at),
            f"{start}.heard": last.notnull(),
            f"{start}.paused": paused,
        }
    )
    due = deadline(build, start, clock.limit)
    asked = _standing(build) & ~build.frame.table[f"{start}.paused"] & has_limit(build, clock.limit)
    _add_limit(build, judgements, clock, clock.kind, start=start, due=due, asked=asked, heard=f"{start}.heard")


def _add_limit(
    build: Build,
    judgements: Judgements,
    clock: StageAgeClock | SilenceClock,
    kind: Kind,
    *,
    start: str,
    due: ir.DateValue,
    asked: ir.BooleanValue,
    heard: str | None = None,
) -> None:
    """Add a clock that is late after its due date, and unknown without a start."""
    deals, column = build.frame.table, build.name("clock")
    state = ibis.cases(
        (~surely(asked), NOTHING), (deals[start].isnull(), UNTOLD), (surely(late(build, due)), OPEN_LATE), else_=NOTHING
    )
    extras = ("due", "since", "open") if heard is None else ("due", "since", "heard", "open")
    columns = {column: state, f"{column}.due": due, f"{column}.since": deals[start]}
    if heard is not None:
        columns[f"{column}.heard"] = deals[heard]
    judgement = Judgement(kind.value, kind, column, clock.enforce, source=clock, extras=extras)
    judgements.add(judgement, columns)


def _add_close_date(build: Build, judgements: Judgements, clock: CloseDateClock) -> None:
    missing = build.lacking("field_changes", ("field", "old", "new", "changed_at"))
    if missing:
        judgements.unjudged["close_date"] = missing
        return
    tracked = build.tracked is None or "close_date" in build.tracked
    rows = changes_up_to_now(build, NOW, build.source("field_changes"))
    moved = (rows.field == "close_date") & (rows.new > rows.old)
    column = build.name("clock")
    build.frame.join(build.frame.side(rows.group_by("deal_id").agg(**{f"{column}.moved": rows.count(where=moved)})))
    deals = build.frame.table
    times = deals[f"{column}.moved"].fill_null(0)
    most = value_expression(clock.moved_later_at_most, DealReader(build, NOW), FieldType.NUMBER)
    state = ibis.cases((most.isnull(), NOTHING), (times > most, OPEN_LATE), else_=NOTHING) if tracked else UNTOLD
    judgement = Judgement("close_date", Kind.CLOSE_DATE, column, clock.enforce, source=clock, extras=("value", "open"))
    judgements.add(judgement, {column: ibis.ifelse(_standing(build), state, NOTHING), f"{column}.value": times})


def _add_progress(build: Build, judgements: Judgements, clock: ProgressClock) -> None:
    missing = tuple(dict.fromkeys([*build.missing(clock.when), *_undelivered(build, clock)]))
    if missing:
        judgements.unjudged[clock.id] = missing
        return
    times = [name for name in clock.since_last if _is_time(build, name)]
    add_field_changes(build, NOW, [name for name in clock.since_last if name not in times])
    changed = [build.changed[NOW, name] for name in clock.since_last if (NOW, name) in build.changed]
    deals, column = build.frame.table, build.name("clock")
    moments = [deals[deal_column(Reference("deals", name, FieldType.TIME))] for name in times]
    moments += [deals[name] for name in changed]
    start = f"{column}.since"
    latest = [ibis.greatest(*moments) if len(moments) > 1 else moments[0]] if moments else []
    build.frame.add({start: ibis.coalesce(*latest, deals.created_at)})
    for step in clock.steps:
        deadline(build, start, step.after)
    dues = [deadline(build, start, step.after) for step in clock.steps]
    deals = build.frame.table
    stages = [
        number for number, stage in enumerate(build.playbook.stages) if not clock.stages or stage.id in clock.stages
    ]
    when = surely(expression(clock.when, DealReader(build, NOW))) if clock.when != MET else ~NO
    asked = deals["_stage"].isin(stages) & when
    reached = [(surely(late(build, due)), number) for number, due in enumerate(dues, start=1)]
    step = ibis.cases(*reversed(reached), else_=ibis.null("int8"))
    due = ibis.cases(*((step == number, each) for number, each in enumerate(dues, start=1)), else_=ibis.null("date"))
    judgement = Judgement(
        clock.id, Kind.CLOCK, column, clock.enforce, source=clock, extras=("due", "since", "step", "open")
    )
    state = ibis.ifelse(surely(asked) & step.notnull(), OPEN_LATE, NOTHING)
    judgements.add(judgement, {column: state, f"{column}.due": due, f"{column}.step": step})


def _is_time(build: Build, name: str) -> bool:
    return build.types["deals"][name] is FieldType.TIME


def _undelivered(build: Build, clock: ProgressClock) -> list[str]:
    missing = []
    for name in clock.since_last:
        if _is_time(build, name):
            if not build.delivers("deals", name) and not (
                name == "stage_entered_at" and build.delivers("stage_changes")
            ):
                missing.append(f"deals.{name}")
        elif not build.delivers("field_changes"):
            missing.append("field_changes")
    return missing
