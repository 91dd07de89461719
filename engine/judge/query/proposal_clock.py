"""The proposal clock (rule 11): follow up soon after sending, then regularly, and never fall silent.

It runs for the latest proposal neither answered nor expired. The last word decides: after the buyer's it stops,
after ours it runs again.
"""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from engine.judge.query.activity import LAST_INBOUND, LAST_OUTBOUND, NEXT_PLANNED
from engine.judge.query.deadlines import deadline, late
from engine.judge.query.judgement import UPCOMING, Judgement, Judgements
from engine.judge.query.scope import NOW, WHO_DID_WHAT, Build
from engine.judge.query.truth import surely
from rules.condition import Value
from rules.playbook import Kind, ProposalClock
from rules.table import UNMET

SENT, START, FOLLOWED = "_proposal.sent", "_proposal.start", "_proposal.followed"
NOTHING = ibis.null("int8")


def add_proposal_clock(build: Build, judgements: Judgements, clock: ProposalClock) -> None:
    """Judge the next follow-up and the silence after the latest open proposal."""
    missing = build.lacking("proposals", ("sent_at", "answered_at")) + build.lacking("activities", WHO_DID_WHAT)
    if missing:
        judgements.unjudged["proposal"] = missing
        return
    _join_open_proposal(build)
    _add_last_words(build)
    if clock.first_follow_up is not None or clock.then_every is not None:
        _add_follow_up(build, judgements, clock)
    if clock.silence_limit is not None:
        _add_silence(build, judgements, clock)


def _join_open_proposal(build: Build) -> None:
    proposals = build.frame.side(build.source("proposals").cross_join(build.moment))
    now = proposals[NOW.column("now")]
    unanswered = proposals.answered_at.isnull() | (proposals.answered_at > now)
    unexpired = proposals.expires_at.isnull() | (proposals.expires_at > now)
    waiting = build.frame.side(proposals.filter((proposals.sent_at <= now) & unanswered & unexpired))
    window = ibis.window(group_by=waiting.deal_id, order_by=[ibis.desc(waiting.sent_at), ibis.desc(waiting.id)])
    ranked = build.frame.side(waiting.mutate(_rank=ibis.row_number().over(window)))
    latest = ranked.filter(ranked["_rank"] == 0)
    seen = ibis.ifelse(latest.viewed_at <= latest[NOW.column("now")], latest.viewed_at, latest.sent_at)
    start = ibis.greatest(latest.sent_at, ibis.coalesce(seen, latest.sent_at))
    build.frame.join(build.frame.side(latest.select("deal_id", **{SENT: latest.sent_at, START: start})))


def _add_last_words(build: Build) -> None:
    deals = build.frame.table
    ours = ibis.ifelse(deals[LAST_OUTBOUND] > deals[START], deals[LAST_OUTBOUND], ibis.null("timestamp('UTC')"))
    build.frame.add({FOLLOWED: ours})
    deals = build.frame.table
    theirs = ibis.ifelse(deals[LAST_INBOUND] > deals[SENT], deals[LAST_INBOUND], ibis.null("timestamp('UTC')"))
    last_of_ours = ibis.coalesce(deals[FOLLOWED], deals[START])
    runs = deals["_stage"].notnull() & deals[SENT].notnull() & deals[NEXT_PLANNED].isnull()
    build.frame.add(
        {
            "_proposal.runs": runs & ~surely(theirs >= last_of_ours),
            "_proposal.silent_since": ibis.coalesce(deals[FOLLOWED], deals[SENT]),
        }
    )


def _add_follow_up(build: Build, judgements: Judgements, clock: ProposalClock) -> None:
    first = _deadline(build, START, clock.first_follow_up)
    following = _deadline(build, FOLLOWED, clock.then_every)
    first = _deadline(build, START, clock.first_follow_up)
    deals = build.frame.table
    due = ibis.ifelse(deals[FOLLOWED].notnull(), following, first)
    state = ibis.cases(
        (~deals["_proposal.runs"] | due.isnull(), NOTHING),
        (late(build, due), ibis.literal(UNMET, "int8")),
        else_=ibis.literal(UPCOMING, "int8"),
    )
    since = ibis.coalesce(deals[FOLLOWED], deals[START])
    _add(build, judgements, clock, name="proposal.follow_up", state=state, due=due, since=since)


def _add_silence(build: Build, judgements: Judgements, clock: ProposalClock) -> None:
    due = _deadline(build, "_proposal.silent_since", clock.silence_limit)
    deals = build.frame.table
    silent = deals["_proposal.runs"] & surely(late(build, due))
    state = ibis.ifelse(silent, ibis.literal(UNMET, "int8"), NOTHING)
    since = deals["_proposal.silent_since"]
    _add(build, judgements, clock, name="proposal.silence", state=state, due=due, since=since)


def _deadline(build: Build, start: str, limit: Value | None) -> ir.DateValue:
    return ibis.null("date") if limit is None else deadline(build, start, limit)


def _add(
    build: Build,
    judgements: Judgements,
    clock: ProposalClock,
    *,
    name: str,
    state: ir.IntegerValue,
    due: ir.DateValue,
    since: ir.TimestampValue,
) -> None:
    deals, column = build.frame.table, build.name("clock")
    judgement = Judgement(
        name,
        Kind.PROPOSAL_FOLLOW_UP,
        column,
        clock.enforce,
        source=clock,
        extras=("due", "since", "sent", "followed", "open"),
    )
    columns = {
        column: state,
        f"{column}.due": due,
        f"{column}.since": since,
        f"{column}.sent": deals[SENT],
        f"{column}.followed": deals[FOLLOWED],
    }
    judgements.add(judgement, columns)
    judgements.settle(build)
