"""The words of clocks: what each asks, what was seen against its deadline, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from engine.judge.verdicts import State
from rules.condition import Literal, PerSegment, Value
from rules.moments import in_zone
from rules.names import plain, stage_name
from rules.playbook import (
    Clock,
    CloseDateClock,
    Kind,
    NextStepClock,
    Playbook,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)
from rules.value_words import counted, listed, quoted, value_words


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """What a clock saw on one deal.

    `since` is when it last started and `since_what` what started it, where that is known: `sent`, `viewed` or
    `followed_up` for proposals, `heard` for silences. `value` and `text` are a next step's date and words, `count` how
    often the close date moved later, `step` the (1-based) step of a clock of one's own, `stage` and `segment` ids.
    """

    state: State
    today: date
    since: datetime | None = None
    since_what: str = ""
    due: date | None = None
    count: int = 0
    value: date | None = None
    text: str | None = None
    step: int = 0
    stage: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What was required, what was seen against it, and what to do."""

    says: str
    because: str
    do: str


def clock_words(criterion: str, clock: Clock, seen: ClockSeen, playbook: Playbook) -> Words:
    """Say of one clock's finding what is required, what was seen and what to do."""
    match clock:
        case ProposalClock():
            write: Callable[[_Telling], Words] = _silence_after if criterion == "proposal.silence" else _follow_up
        case NextStepClock():
            write = _next_step
        case StageAgeClock():
            write = _stage_age
        case SilenceClock():
            write = _silence
        case CloseDateClock():
            write = _close_date
        case ProgressClock():
            write = _progress
    return write(_Telling(clock, seen, playbook))


@dataclass(frozen=True, slots=True)
class _Telling:
    """One clock and what it saw, with the words several clocks share."""

    clock: Clock
    seen: ClockSeen
    playbook: Playbook

    @property
    def since(self) -> str:
        """The local day the clock started."""
        start = self.seen.since
        return in_zone(start, ZoneInfo(self.playbook.calendar.timezone)).date().isoformat() if start else ""

    @property
    def ago(self) -> str:
        """How many days ago the clock started."""
        if not self.since:
            return ""
        days = (self.seen.today - date.fromisoformat(self.since)).days
        return "today" if days == 0 else f"{counted(days, 'day')} ago"

    @property
    def was_due(self) -> str:
        """`was due 2026-10-05`, or `is due` while it runs."""
        verb = "is" if self.seen.state is State.UPCOMING else "was"
        return f"{verb} due {self.seen.due}" if self.seen.due else f"{verb} due"

    def limit(self, value: Value | None) -> str:
        """Write a limit as it is for the deal's segment."""
        return "" if value is None else value_words(self.of_segment(value), None, self.playbook)

    def of_segment(self, value: Value) -> Value:
        """Choose the value for the deal's segment."""
        if not isinstance(value, PerSegment):
            return value
        chosen = dict(value.cases).get(self.seen.segment, value.otherwise)
        return value if chosen is None else chosen


SENT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "sent": "the proposal was sent {since} and nobody has followed up",
        "viewed": "the buyer first viewed the proposal {since} and nobody has followed up",
        "followed_up": "our last follow-up on the proposal was {since}",
        "": "the last word on the proposal was ours, {since}",
    }
)


def _follow_up(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    if not isinstance(clock, ProposalClock):
        return _nothing(telling)
    asked = [f"within {telling.limit(clock.first_follow_up)}"] if clock.first_follow_up else []
    asked += [f"then every {telling.limit(clock.then_every)} until the buyer answers"] if clock.then_every else []
    which = {"sent": "first", "viewed": "first"}.get(seen.since_what, "next")
    started = SENT_WORDS.get(seen.since_what, SENT_WORDS[""]).format(since=telling.since)
    when = f" by {seen.due}" if seen.state is State.UPCOMING and seen.due else " today"
    return Words(
        f"a proposal is followed up {', '.join(asked)}",
        f"{started}; the {which} follow-up {telling.was_due}",
        f"follow up on the proposal{when} and agree the next step",
    )


def _silence_after(telling: _Telling) -> Words:
    clock = telling.clock
    limit = telling.limit(clock.silence_limit) if isinstance(clock, ProposalClock) else ""
    return Words(
        f"a buyer with a proposal is never left alone for more than {limit}",
        f"our last word on the proposal was {telling.since}, {telling.ago}; the limit is {limit}",
        "call the buyer about the proposal, or plan a meeting or call with them",
    )


def _next_step(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    ahead = telling.limit(clock.at_most_ahead) if isinstance(clock, NextStepClock) else ""
    says = f"a next step is agreed, dated today or later{f' and at most {ahead} ahead' if ahead else ''}"
    lacking = [
        name for name, there in (("next step", _says_something(seen.text)), ("next step date", seen.value)) if not there
    ]
    step = f" ({quoted(seen.text)})" if seen.text and _says_something(seen.text) else ""
    if lacking:
        verb = "is" if len(lacking) == 1 else "are"
        names = listed(lacking, "and")
        return Words(says, f"{names} {verb} not filled in", f"agree the next step with the buyer and fill in {names}")
    if seen.value is not None and seen.value < seen.today:
        because = f"the next step{step} was due {seen.value} and no later one is agreed"
        return Words(says, because, "agree a new next step with the buyer, dated today or later")
    because = f"the next step{step} is on {seen.value}, more than {ahead} ahead"
    return Words(says, because, f"agree an earlier step with the buyer, at most {ahead} ahead")


def _stage_age(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    value = clock.limits.get(seen.stage, clock.otherwise) if isinstance(clock, StageAgeClock) else None
    limit, stage = telling.limit(value), stage_name(seen.stage, telling.playbook)
    says = f"a deal stands in {stage} for at most {limit}" if limit else f"a deal moves on from {stage} in time"
    if not telling.since:
        return Words(says, f"it is not known when the deal entered {stage}", "fill in when the deal entered its stage")
    return Words(
        says,
        f"the deal entered {stage} {telling.since}, {telling.ago}; the limit is {limit}",
        f"finish what {stage} asks for and move the deal on, move it back, or close it",
    )


def _silence(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    if not isinstance(clock, SilenceClock):
        return _nothing(telling)
    limit, buyer = telling.limit(clock.limit), clock.kind is Kind.BUYER_SILENCE
    says = f"{'the buyer is heard from' if buyer else 'we are in touch with the buyer'} at least every {limit}"
    do = "get a reply or plan a meeting or call" if buyer else "call or write to the buyer, or plan a meeting or call"
    if not telling.since:
        return Words(says, "no activity and no date of creation are known", f"{do} with the buyer" if buyer else do)
    heard = "the buyer was last heard" if buyer else "we were last in touch"
    if seen.since_what == "created":
        heard = (
            f"{'the buyer has never been heard' if buyer else 'we have never been in touch'} since the deal was created"
        )
    because = f"{heard} {telling.since}, {telling.ago}; the limit is {limit}"
    return Words(says, because, f"{do} with the buyer" if buyer else do)


def _close_date(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    most = telling.of_segment(clock.moved_later_at_most) if isinstance(clock, CloseDateClock) else None
    allowed = int(str(most.value)) if isinstance(most, Literal) else 0
    says = f"the close date is moved later at most {counted(allowed, 'time')}"
    do = "agree a close date with the buyer, step by step, or close the deal as lost"
    if seen.state is State.UNKNOWN:
        return Words(says, "moves of the close date are not on record", "have changes of the close date tracked")
    verb = "is" if allowed == 1 else "are"
    because = f"close date was moved later {counted(seen.count, 'time')}; {allowed} {verb} allowed"
    return Words(says, because, do)


def _progress(telling: _Telling) -> Words:
    clock, seen = telling.clock, telling.seen
    if not isinstance(clock, ProgressClock):
        return _nothing(telling)
    names = {"stage_entered_at": "stage", "created_at": "the deal"}
    moved = listed((names.get(each, plain(each)) for each in clock.since_last), "or")
    step = clock.steps[seen.step - 1] if 0 < seen.step <= len(clock.steps) else clock.steps[0]
    limit = telling.limit(step.after)
    says = clock.says or f"{moved} moves at least every {limit}"
    because = f"neither {' nor '.join(moved.replace(' or ', ', ').split(', '))}" if len(clock.since_last) > 1 else moved
    verb = "has moved" if len(clock.since_last) > 1 else "has not moved"
    told = f"{because} {verb} since {telling.since}, {telling.ago}; the limit is {limit}"
    return Words(says, told, f"move the deal on: bring {moved} up to date, or close the deal")


def _nothing(telling: _Telling) -> Words:
    return Words("", telling.was_due, "")


def _says_something(text: str | None) -> bool:
    return bool(text and text.strip())
