"""Clocks judged one deal at a time: what is late, what is running, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rules.condition import Value
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
)
from rules.types import FieldType
from tests.reference.reference_conditions import changed_rows, holds, resolve, tracked
from tests.reference.reference_days import local_date, moved
from tests.reference.reference_delivered import judgeable
from tests.reference.reference_world import Here, Row, latest, text


@dataclass(frozen=True)
class Found:
    """A finding of the reference, without its words."""

    criterion: str
    kind: Kind
    enforce: Enforce
    state: str
    person: str = ""
    due: date | None = None
    occurrence: str = ""
    flag: str = ""
    stage: str | None = None
    waived: bool = False

    @property
    def open(self) -> bool:
        return not self.waived and self.state != "upcoming"


def clock_findings(clock: Clock, stage: str, here: Here) -> list[Found]:
    """Give what one clock finds on a deal that stands in a named stage."""
    match clock:
        case ProposalClock():
            return list(_proposal(clock, here))
        case NextStepClock():
            return list(_next_step(clock, stage, here))
        case StageAgeClock():
            return list(_stage_age(clock, stage, here))
        case SilenceClock():
            return list(_silence(clock, here))
        case CloseDateClock():
            return list(_close_date(clock, here))
        case ProgressClock():
            return list(_progress(clock, stage, here))


def _due(start: datetime, length: Value | None, here: Here) -> date | None:
    """Give the deadline: the end of this local day (rule 10); None where no length is given."""
    calendar, duration = here.world.playbook.calendar, resolve(length, here)
    end = None if duration is None else moved(start, duration, calendar)
    return None if end is None else local_date(end, calendar)


def _today(here: Here) -> date:
    return local_date(here.now, here.world.playbook.calendar)


def _paused(here: Here) -> bool:
    """Say whether a future step with the buyer is planned (rule 11)."""
    return here.world.tells_who_did_what and any(
        row["status"] == "planned" and row["kind"] in {"meeting", "call"} and row["happened_at"] > here.now
        for row in here.related("activities")
        if row["happened_at"] is not None
    )


def _proposal(clock: ProposalClock, here: Here) -> Iterator[Found]:
    told = here.world.has("proposals", "sent_at", "answered_at") and here.world.tells_who_did_what
    if not told or _paused(here):
        return
    pending = [row for row in here.related("proposals") if _pending(row, here.now)]
    if not pending:
        return
    last = max(pending, key=lambda row: (row["sent_at"], row["id"]))
    start = max(each for each in (last["sent_at"], last["viewed_at"]) if each is not None and each <= here.now)
    ours = _last_activity(here, "outbound", start)
    theirs = _last_activity(here, "inbound", last["sent_at"])
    if theirs is not None and theirs >= (ours or start):
        return
    due = _due(ours, clock.then_every, here) if ours else _due(start, clock.first_follow_up, here)
    kind = Kind.PROPOSAL_FOLLOW_UP
    if due is not None:
        state = "unmet" if _today(here) > due else "upcoming"
        restarted = local_date(ours or start, here.world.playbook.calendar).isoformat()
        yield Found("proposal.follow_up", kind, clock.enforce, state, due=due, occurrence=restarted)
    silent = ours or last["sent_at"]
    limit = _due(silent, clock.silence_limit, here)
    if limit is not None and _today(here) > limit:
        since = local_date(silent, here.world.playbook.calendar).isoformat()
        yield Found("proposal.silence", kind, clock.enforce, "unmet", due=limit, occurrence=since)


def _pending(row: Row, now: datetime) -> bool:
    answered, expires = row["answered_at"], row["expires_at"]
    sent = row["sent_at"] is not None and row["sent_at"] <= now
    return sent and (answered is None or answered > now) and (expires is None or expires > now)


def _last_activity(here: Here, direction: str, after: datetime) -> datetime | None:
    rows = [row for row in here.happened() if row["direction"] == direction]
    return latest(row["happened_at"] for row in rows if row["happened_at"] > after)


def _next_step(clock: NextStepClock, stage: str, here: Here) -> Iterator[Found]:
    ids = [each.id for each in here.world.playbook.stages]
    too_early = clock.from_stage and ids.index(stage) < ids.index(clock.from_stage)
    if too_early or not here.world.has("deals", "next_step", "next_step_date"):
        return
    day, today = here.deal["next_step_date"], _today(here)
    furthest = _due(here.now, clock.at_most_ahead, here)
    past = day is not None and day < today
    too_far = day is not None and furthest is not None and day > furthest
    if text(here.deal["next_step"]) is None or day is None or past or too_far:
        yield Found("next_step", Kind.NEXT_STEP, clock.enforce, "unmet", due=day if past else None)


def _stage_age(clock: StageAgeClock, stage: str, here: Here) -> Iterator[Found]:
    known = here.world.has("deals", "stage_entered_at") or here.world.has("stage_changes")
    limit = clock.limits.get(stage, clock.otherwise)
    if not known or resolve(limit, here) is None:
        return
    yield from _late(Kind.STAGE_AGE, clock.enforce, here.stage_entered(), limit, here)


def _late(kind: Kind, enforce: Enforce, start: datetime | None, limit: Value | None, here: Here) -> Iterator[Found]:
    if start is None:
        yield Found(kind.value, kind, enforce, "unknown")
        return
    due = _due(start, limit, here)
    if due is not None and _today(here) > due:
        yield Found(kind.value, kind, enforce, "unmet", due=due)


def _silence(clock: SilenceClock, here: Here) -> Iterator[Found]:
    world, buyer = here.world, clock.kind is Kind.BUYER_SILENCE
    if world.tells_who_did_what:
        start = latest(row["happened_at"] for row in (here.buyer_activities() if buyer else here.seller_activities()))
    elif buyer and world.has("contacts", "last_buyer_activity_at"):
        start = latest(row["last_buyer_activity_at"] for row in here.related("contacts"))
    else:
        return
    if resolve(clock.limit, here) is not None and not _paused(here):
        start = start or here.deal["created_at"]
        yield from _late(clock.kind, clock.enforce, start, clock.limit, here)


def _close_date(clock: CloseDateClock, here: Here) -> Iterator[Found]:
    limit = resolve(clock.moved_later_at_most, here)
    if limit is None or not here.world.has("field_changes", "old", "new"):
        return
    if not tracked("close_date", here):
        yield Found("close_date", Kind.CLOSE_DATE, clock.enforce, "unknown")
        return
    moves = [row for row in changed_rows("close_date", here) if text(row["old"]) and text(row["new"])]
    if sum(row["new"] > row["old"] for row in moves) > limit:
        yield Found("close_date", Kind.CLOSE_DATE, clock.enforce, "unmet")


def _progress(clock: ProgressClock, stage: str, here: Here) -> Iterator[Found]:
    asked = not clock.stages or stage in clock.stages
    known = judgeable(here.world, clock.when) and all(_restart_known(name, here) for name in clock.since_last)
    if not asked or not known or holds(clock.when, here) is not True:
        return
    start = latest(_restarted(name, here) for name in clock.since_last) or here.deal["created_at"]
    if start is None:
        return
    dues = [(number, step, _due(start, step.after, here)) for number, step in enumerate(clock.steps, start=1)]
    reached = [each for each in dues if each[2] is not None and _today(here) > each[2]]
    if reached:
        number, step, due = reached[-1]
        occurrence = f"{local_date(start, here.world.playbook.calendar).isoformat()}/{number}"
        yield Found(clock.id, Kind.CLOCK, clock.enforce, "unmet", due=due, occurrence=occurrence, flag=step.flag)


def _is_time(name: str, here: Here) -> bool:
    own = {field.id: field.type for field in here.world.playbook.fields if field.table == "deals"}
    return own.get(name) is FieldType.TIME or name in {"created_at", "stage_entered_at", "closed_at"}


def _restart_known(name: str, here: Here) -> bool:
    if name == "stage_entered_at" and here.world.has("stage_changes"):
        return True
    return here.world.has("deals", name) if _is_time(name, here) else here.world.has("field_changes")


def _restarted(name: str, here: Here) -> datetime | None:
    if name == "stage_entered_at":
        return here.stage_entered()
    if _is_time(name, here):
        moment: datetime | None = here.deal.get(name)
        return moment and moment.astimezone(UTC)
    return latest(row["changed_at"] for row in changed_rows(name, here)) if tracked(name, here) else None
