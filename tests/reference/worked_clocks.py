"""Worked examples of clocks: rules 11 to 13, and deadlines as rule 10 has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from rules.condition import Literal, PerSegment
from rules.playbook import (
    Clock,
    CloseDateClock,
    Enforce,
    Kind,
    NextStepClock,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
    Step,
)
from rules.types import Duration, Unit
from tests.reference.worked import NOW, PLAYBOOK, Example, at, in_

DAY = timedelta(days=1)
ADVISE = Enforce.ADVISE


def _days(count: int) -> Literal:
    return Literal(Duration(count, Unit.DAYS))


def _business(count: int) -> Literal:
    return Literal(Duration(count, Unit.BUSINESS_DAYS))


def _example(
    rule: int,
    says: str,
    clock: Clock,
    found: Mapping[str, str],
    *,
    deal: Mapping[str, Any] | None = None,
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    timezone: str = "UTC",
    **more: Any,
) -> Example:
    playbook = replace(PLAYBOOK, clocks=(clock,), calendar=in_(timezone, "US"))
    return Example(rule, says, found, playbook, deal or {}, rows or {}, **more)


PROPOSAL = ProposalClock(_business(2), _business(3), _days(7), ADVISE)


def _sent(says: str, found: Mapping[str, str], *activities: Mapping[str, Any], **proposal: Any) -> Example:
    """Send a proposal on Friday 2026-06-12 (unless told) and look at it on Wednesday 2026-06-17."""
    sent = {"id": "p1", "sent_at": at("2026-06-12T10:00Z"), **proposal}
    rows = {"proposals": [sent], "activities": [{"id": str(number), **row} for number, row in enumerate(activities)]}
    return _example(11, says, PROPOSAL, found, rows=rows)


def _act(direction: str, moment: str, **more: Any) -> Mapping[str, Any]:
    return {"kind": "email", "direction": direction, "happened_at": at(moment), **more}


FOLLOW_UPS = [
    # two business days after Friday the 12th is Tuesday the 16th; a week without a word ends on the 19th
    _sent("the first follow-up is late", {"proposal.follow_up": "unmet 2026-06-16"}),
    _sent("a first view restarts it", {"proposal.follow_up": "upcoming 2026-06-17"}, viewed_at=at("2026-06-15T09:00Z")),
    _sent(
        "a view before it was sent does not",
        {"proposal.follow_up": "unmet 2026-06-16"},
        viewed_at=at("2026-06-11T09:00Z"),
    ),
    _sent(
        "each of our activities restarts it",  # 16, 17 and 18 June
        {"proposal.follow_up": "upcoming 2026-06-18"},
        _act("outbound", "2026-06-15T09:00Z"),
    ),
    _sent(
        "one before the view does not",
        {"proposal.follow_up": "upcoming 2026-06-17"},
        _act("outbound", "2026-06-13T09:00Z"),
        viewed_at=at("2026-06-15T09:00Z"),
    ),
    _sent("their answer stops it", {}, _act("inbound", "2026-06-15T09:00Z")),
    _sent(
        "until we speak again",
        {"proposal.follow_up": "upcoming 2026-06-18"},
        _act("inbound", "2026-06-15T09:00Z"),
        _act("outbound", "2026-06-15T09:30Z"),
    ),
    _sent(
        "what was planned and missed is no word of theirs",
        {"proposal.follow_up": "unmet 2026-06-16"},
        _act("inbound", "2026-06-15T09:00Z", status="missed"),
    ),
    _sent("an answered proposal is over", {}, answered_at=at("2026-06-15T09:00Z")),
    _sent("so is an expired one", {}, expires_at=at("2026-06-17T15:30Z")),
    _sent(
        "one that expires later is not", {"proposal.follow_up": "unmet 2026-06-16"}, expires_at=at("2026-06-18T00:00Z")
    ),
    _sent("a planned meeting pauses it", {}, _act("outbound", "2026-06-19T09:00Z", kind="meeting", status="planned")),
    _sent(
        "a planned email does not",
        {"proposal.follow_up": "unmet 2026-06-16"},
        _act("outbound", "2026-06-19T09:00Z", status="planned"),
    ),
    # sent on Tuesday the 9th: follow-up by the 11th, silent since the 16th
    _sent(
        "a week without a word is silence",
        {"proposal.follow_up": "unmet 2026-06-11", "proposal.silence": "unmet 2026-06-16"},
        sent_at=at("2026-06-09T10:00Z"),
    ),
    _sent(
        "not on the seventh day",
        {"proposal.follow_up": "unmet 2026-06-12"},
        sent_at=at("2026-06-10T10:00Z"),
    ),
    # silence counts from our last word, not from their view
    _sent(
        "a view does not break our silence",
        {"proposal.follow_up": "upcoming 2026-06-17", "proposal.silence": "unmet 2026-06-16"},
        sent_at=at("2026-06-09T10:00Z"),
        viewed_at=at("2026-06-15T09:00Z"),
    ),
]

NEXT = NextStepClock("talk", _days(14), ADVISE)
AHEAD = NextStepClock("offer", None, ADVISE)


def _next(says: str, found: Mapping[str, str], day: date | None, step: str = "call", clock: Clock = NEXT) -> Example:
    return _example(12, says, clock, found, deal={"next_step": step, "next_step_date": day})


NEXT_STEPS = [
    _next("a next step today will do", {}, date(2026, 6, 17)),
    _next("yesterday is a broken promise", {"next_step": "unmet 2026-06-16"}, date(2026, 6, 16)),
    _next("14 days ahead will do", {}, date(2026, 7, 1)),
    _next("15 will not", {"next_step": "unmet"}, date(2026, 7, 2)),
    _next("it needs a date", {"next_step": "unmet"}, None),
    _next("and words", {"next_step": "unmet"}, date(2026, 6, 18), " "),
    _next("it is asked for from its stage on", {}, None, clock=AHEAD),
]

AGE = StageAgeClock({"talk": _days(7), "offer": _business(5)}, None, ADVISE)
ENTERED = {"from_stage": None, "to_stage": "talk", "changed_at": NOW - 9 * DAY}
AGES = [
    _example(12, "the seventh day is still in time", AGE, {}, deal={"stage_entered_at": NOW - 7 * DAY}),
    _example(
        12, "the eighth is late", AGE, {"stage_age": "unmet 2026-06-16"}, deal={"stage_entered_at": NOW - 8 * DAY}
    ),
    _example(12, "history tells it too", AGE, {"stage_age": "unmet 2026-06-15"}, rows={"stage_changes": [ENTERED]}),
    _example(12, "nothing tells it", AGE, {"stage_age": "unknown"}),
    _example(12, "nothing could tell it", AGE, {"stage_age": "unknown"}, lacking=("stage_changes",)),
    _example(12, "no limit, no question", AGE, {}, deal={"stage": "trial"}),
    # 23:30 on Sunday 2026-03-01 in New York; seven days of 24 hours later it is 00:30 EDT on Monday the 9th
    _example(
        10,
        "a deadline after the clocks spring forward",
        AGE,
        {},
        deal={"stage_entered_at": at("2026-03-01T23:30-05:00")},
        timezone="America/New_York",
        as_of=at("2026-03-09T23:59-04:00"),
    ),
    _example(
        10,
        "and the day after",
        AGE,
        {"stage_age": "unmet 2026-03-09"},
        deal={"stage_entered_at": at("2026-03-01T23:30-05:00")},
        timezone="America/New_York",
        as_of=at("2026-03-10T00:00-04:00"),
    ),
    # entered on Monday 2026-06-29 in New York, Tuesday in UTC: 30 June, 1, 2, 6 and 7 July (the 3rd is a holiday)
    _example(
        10,
        "business days start from the local day",
        AGE,
        {"stage_age": "unmet 2026-07-07"},
        deal={"stage": "offer", "stage_entered_at": at("2026-06-29T22:00-04:00")},
        timezone="America/New_York",
        as_of=at("2026-07-08T00:00-04:00"),
    ),
    _example(
        10,
        "and end with the local day",
        AGE,
        {},
        deal={"stage": "offer", "stage_entered_at": at("2026-06-29T22:00-04:00")},
        timezone="America/New_York",
        as_of=at("2026-07-07T23:59:59-04:00"),
    ),
]

BUYER = SilenceClock(Kind.BUYER_SILENCE, _days(7), ADVISE)
SELLER = SilenceClock(Kind.SELLER_SILENCE, _days(7), ADVISE)


def _silent(says: str, clock: Clock, found: Mapping[str, str], *activities: Mapping[str, Any], **more: Any) -> Example:
    rows = {"activities": [{"id": str(number), **row} for number, row in enumerate(activities)]}
    return _example(12, says, clock, found, deal={"created_at": NOW - 20 * DAY}, rows=rows, **more)


OLD, NEWER = "2026-06-08T10:00Z", "2026-06-15T10:00Z"
SILENCES = [
    _silent("the buyer never spoke", BUYER, {"buyer_silence": "unmet 2026-06-04"}),
    _silent("the buyer's last word is old", BUYER, {"buyer_silence": "unmet 2026-06-15"}, _act("inbound", OLD)),
    _silent(
        "our words do not break the buyer's silence",
        BUYER,
        {"buyer_silence": "unmet 2026-06-15"},
        _act("inbound", OLD),
        _act("outbound", NEWER),
    ),
    _silent("a meeting held does", BUYER, {}, _act("inbound", OLD), _act("outbound", NEWER, kind="meeting")),
    _silent(
        "a meeting missed does not",
        BUYER,
        {"buyer_silence": "unmet 2026-06-15"},
        _act("inbound", OLD),
        _act("outbound", NEWER, kind="meeting", status="missed"),
    ),
    _silent(
        "a planned call pauses it", BUYER, {}, _act("outbound", "2026-06-18T10:00Z", kind="call", status="planned")
    ),
    _silent(
        "one that was due does not",
        BUYER,
        {"buyer_silence": "unmet 2026-06-04"},
        _act("outbound", NEWER, kind="call", status="planned"),
    ),
    _silent(
        "we are silent too",
        SELLER,
        {"seller_silence": "unmet 2026-06-15"},
        _act("outbound", OLD),
        _act("inbound", NEWER),
    ),
    _silent("we spoke", SELLER, {}, _act("outbound", NEWER)),
    _silent(
        "a planned call pauses ours too",
        SELLER,
        {},
        _act("outbound", "2026-06-18T10:00Z", kind="call", status="planned"),
    ),
    _silent("without activities nothing is said of us", SELLER, {}, lacking=("activities",)),
    _example(
        12,
        "without activities the CRM's own column tells",
        BUYER,
        {"buyer_silence": "unmet 2026-06-15"},
        rows={"contacts": [{"id": "p1", "last_buyer_activity_at": at(OLD)}]},
        lacking=("activities",),
    ),
]

MOVED = CloseDateClock(Literal(1), ADVISE)


def _close(old: str | None, new: str | None, field: str = "close_date") -> dict[str, Any]:
    return {"field": field, "old": old, "new": new, "changed_at": NOW - DAY}


LATER = _close("2026-06-30", "2026-07-31")
CLOSE_DATES = [
    _example(13, "moved later twice", MOVED, {"close_date": "unmet"}, rows={"field_changes": [LATER, LATER]}),
    _example(13, "moved later once", MOVED, {}, rows={"field_changes": [LATER, _close("2026-07-31", "2026-07-30")]}),
    _example(
        13,
        "first dates and other fields do not count",
        MOVED,
        {},
        rows={
            "field_changes": [LATER, _close(None, "2026-07-01"), _close("2026-06-30", "2026-07-31", "next_step_date")]
        },
    ),
    _example(
        13, "where moves are not tracked it is unknown", MOVED, {"close_date": "unknown"}, tracked=frozenset({"pain"})
    ),
    _example(13, "undelivered changes leave it unjudged", MOVED, {}, lacking=("field_changes",)),
]

STEPS = (Step(_days(7), flag="slow"), Step(_days(14), flag="dead"))
PROGRESS = ProgressClock("progress", "", ("talk",), ("stage_entered_at", "pain"), STEPS, ADVISE)


def _moved(pain_days_ago: int) -> dict[str, Any]:
    return {"field_changes": [{"field": "pain", "changed_at": NOW - pain_days_ago * DAY}]}


OWN_CLOCKS = [
    _example(
        12,
        "the latest step reached holds",
        PROGRESS,
        {"progress": "unmet 2026-06-16"},
        deal={"stage_entered_at": NOW - 15 * DAY},
    ),
    _example(
        12,
        "whichever moved last restarts it",
        PROGRESS,
        {"progress": "unmet 2026-06-16"},
        deal={"stage_entered_at": NOW - 15 * DAY},
        rows=_moved(8),
    ),
    _example(12, "a fresh move is in time", PROGRESS, {}, deal={"stage_entered_at": NOW - 15 * DAY}, rows=_moved(7)),
    _example(
        12,
        "nothing moved: since it was created",
        PROGRESS,
        {"progress": "unmet 2026-06-14"},
        deal={"created_at": NOW - 10 * DAY},
    ),
    _example(
        12, "other stages are not asked", PROGRESS, {}, deal={"stage": "offer", "stage_entered_at": NOW - 15 * DAY}
    ),
]

CHANGES_ONLY = ProgressClock("progress", "", (), ("pain",), STEPS, ADVISE)
OF_BIG_DEALS = PerSegment((("big", _days(7)),))
SILENT_BIG = SilenceClock(Kind.BUYER_SILENCE, OF_BIG_DEALS, ADVISE)
LIMITS = [
    _example(
        12,
        "where no restart can be known it runs since the deal was created",
        CHANGES_ONLY,
        {"progress": "unmet 2026-06-14"},
        deal={"created_at": NOW - 10 * DAY},
        rows=_moved(1),
        tracked=frozenset({"close_date"}),
    ),
    _example(12, "no limit for a segment, no stage age", StageAgeClock({}, OF_BIG_DEALS, ADVISE), {}),
    _example(12, "no limit for a segment, no silence", SILENT_BIG, {}, deal={"created_at": None}),
]

CLOCKS = [*LIMITS, *FOLLOW_UPS, *NEXT_STEPS, *AGES, *SILENCES, *CLOSE_DATES, *OWN_CLOCKS]
