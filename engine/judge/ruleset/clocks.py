"""Clocks by rules: their dates are facts, and what is late, running or missing is asked of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.judge.query.judgement import UPCOMING, Judgement
from engine.judge.ruleset.answer import Answer
from engine.judge.ruleset.asking import Asking, Truth
from engine.judge.ruleset.deadlines import due_after, has_length
from engine.judge.ruleset.proposal import running
from engine.judge.ruleset.sight import Sight
from engine.judge.ruleset.talks import Talks
from engine.judge.ruleset.wording import LATE, TODAY, absent, day, number, number_of
from rules.condition import AllOf, AnyOf, Condition, FieldValue, Not, Operator, Reference, Value
from rules.playbook import (
    CloseDateClock,
    Kind,
    NextStepClock,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)
from rules.table import UNKNOWN, UNMET
from rules.types import FieldType

STANDS = Not(absent("place", "stage", FieldType.NUMBER))
Facts = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Clocks:
    """Judges the clocks of a batch; `talks` tell when either side was last active."""

    answer: Answer
    asking: Asking
    talks: Talks
    stages: tuple[str, ...]
    tracked: frozenset[str] | None

    def put(self, judgement: Judgement) -> None:
        """Judge one clock on every open deal in a named stage."""
        match judgement.source:
            case ProposalClock() as clock:
                self._proposal(judgement, clock)
            case NextStepClock() as clock:
                self._next_step(judgement, clock)
            case StageAgeClock() as clock:
                self._stage_age(judgement, clock)
            case SilenceClock() as clock:
                self._silence(judgement, clock)
            case CloseDateClock() as clock:
                self._close_date(judgement, clock)
            case ProgressClock() as clock:
                self._progress(judgement, clock)

    def _ask(self, condition: Condition, facts: Facts) -> list[Truth]:
        """Ask a condition of each deal with computed facts beside it."""
        deals = self.answer.deals
        return self.asking.truths(condition, [sight.at("clock", row) for sight, row in zip(deals, facts, strict=True)])

    def _next_step(self, judgement: Judgement, clock: NextStepClock) -> None:
        first = self.stages.index(clock.from_stage) if clock.from_stage else 0
        missing = [absent("deals", name, kind) for name, kind in NEXT_STEP.items()]
        overdue = day("deals", "next_step_date", Operator.BEFORE, TODAY)
        furthest = [{"furthest": due_after(sight.now, clock.at_most_ahead, sight)} for sight in self.answer.deals]
        too_far = day(
            "clock", "furthest", Operator.BEFORE, FieldValue(Reference("deals", "next_step_date", FieldType.DATE))
        )
        wrong = AnyOf((*missing, overdue, too_far))
        asked = self._ask(AllOf((number("place", "stage", Operator.AT_LEAST, first), wrong)), furthest)
        late = self._ask(overdue, furthest)
        steps = [sight.deal["next_step_date"] for sight in self.answer.deals]
        self.answer.put(
            judgement,
            [UNMET if each else None for each in asked],
            due=[step if each else None for step, each in zip(steps, late, strict=True)],
        )

    def _stage_age(self, judgement: Judgement, clock: StageAgeClock) -> None:
        def limit(sight: Sight) -> Value | None:
            stage = sight.rows["place"]["stage"]
            return None if stage is None else clock.limits.get(self.stages[stage], clock.otherwise)

        since = [sight.deal["stage_entered_at"] for sight in self.answer.deals]
        asked = [has_length(limit(sight), sight) for sight in self.answer.deals]
        self._limit(judgement, limit, since, asked)

    def _silence(self, judgement: Judgement, clock: SilenceClock) -> None:
        buyer = clock.kind is Kind.BUYER_SILENCE
        heard, paused = self.talks.heard(buyer=buyer)
        created = [sight.deal["created_at"] for sight in self.answer.deals]
        since = [last or first for last, first in zip(heard, created, strict=True)]
        deals = zip(paused, self.answer.deals, strict=True)
        asked = [not waits and has_length(clock.limit, sight) for waits, sight in deals]
        self._limit(judgement, lambda _: clock.limit, since, asked)

    def _limit(
        self,
        judgement: Judgement,
        limit: Callable[[Sight], Value | None],
        since: Sequence[datetime | None],
        asked: Sequence[bool],
    ) -> None:
        """Judge a clock that is late after its due date, and unknown without a start."""
        deals = self.answer.deals
        dues = [due_after(start, limit(sight), sight) for start, sight in zip(since, deals, strict=True)]
        facts = [{"due": due} for due in dues]
        states = [
            None if not (stands and wanted) else UNKNOWN if start is None else UNMET if late else None
            for stands, wanted, start, late in zip(
                self._ask(STANDS, facts), asked, since, self._ask(LATE, facts), strict=True
            )
        ]
        self.answer.put(judgement, states, due=dues, since=since)

    def _close_date(self, judgement: Judgement, clock: CloseDateClock) -> None:
        times = self.talks.moved_later()
        tracked = self.tracked is None or "close_date" in self.tracked
        most = [sight.resolved(clock.moved_later_at_most) for sight in self.answer.deals]
        facts = [{"times": each, "most": limit} for each, limit in zip(times, most, strict=True)]
        stands = self._ask(STANDS, facts)
        over = self._ask(number("clock", "times", Operator.ABOVE, number_of("clock", "most")), facts)
        states = [
            None if not standing else UNKNOWN if not tracked else UNMET if each else None
            for standing, each in zip(stands, over, strict=True)
        ]
        self.answer.put(judgement, states, value=times)

    def _progress(self, judgement: Judgement, clock: ProgressClock) -> None:
        deals = self.answer.deals
        named = [index for index, stage in enumerate(self.stages) if not clock.stages or stage in clock.stages]
        place = AnyOf(tuple(number("place", "stage", Operator.EQUALS, index) for index in named))
        asked = self.asking.truths(AllOf((place, clock.when)), deals)
        since = [self.talks.restarted(clock.since_last, sight) for sight in deals]
        dues = [
            [due_after(start, step.after, sight) for start, sight in zip(since, deals, strict=True)]
            for step in clock.steps
        ]
        late = [self._ask(LATE, [{"due": due} for due in each]) for each in dues]
        steps = [_latest_step([each[row] for each in late]) for row in range(len(deals))]
        states = [UNMET if each and step else None for each, step in zip(asked, steps, strict=True)]
        due = [dues[step - 1][row] if step else None for row, step in enumerate(steps)]
        self.answer.put(judgement, states, due=due, since=since, step=steps)

    def _proposal(self, judgement: Judgement, clock: ProposalClock) -> None:
        """Judge the next follow-up, or the silence after the latest open proposal."""
        following = judgement.id == "proposal.follow_up"
        deals = self.answer.deals
        told: list[tuple[date | None, datetime | None]] = [
            (None, None) if each is None else each.follow_up(clock, sight) if following else each.silence(clock, sight)
            for each, sight in zip(running(self.asking, self.talks, deals), deals, strict=True)
        ]
        facts = [{"due": due} for due, _ in told]
        states = [
            None if not stands or due is None else UNMET if late else UPCOMING if following else None
            for (due, _), stands, late in zip(told, self._ask(STANDS, facts), self._ask(LATE, facts), strict=True)
        ]
        self.answer.put(judgement, states, due=[due for due, _ in told], since=[since for _, since in told])


NEXT_STEP: Mapping[str, FieldType] = {"next_step": FieldType.TEXT, "next_step_date": FieldType.DATE}


def _latest_step(late: Sequence[Truth]) -> int | None:
    reached = [number for number, each in enumerate(late, start=1) if each]
    return max(reached, default=None)
