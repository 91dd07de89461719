"""The proposal clock by rules (rule 11): the latest open proposal, and who had the last word since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.judge.ruleset.asking import Asking
from engine.judge.ruleset.deadlines import due_after
from engine.judge.ruleset.sight import Sight
from engine.judge.ruleset.talks import Talks
from engine.judge.ruleset.wording import instant
from rules.condition import AllOf, FieldValue, Operator, Reference
from rules.playbook import ProposalClock
from rules.types import FieldType


def _moment(name: str) -> FieldValue:
    return FieldValue(Reference("clock", name, FieldType.TIME))


FOLLOWED = instant("clock", "ours", Operator.AFTER, _moment("start"))
ANSWERED = AllOf(
    (
        instant("clock", "theirs", Operator.AFTER, _moment("sent")),
        instant("clock", "theirs", Operator.ON_OR_AFTER, _moment("last")),
    )
)
"""The last word is the buyer's."""


@dataclass(frozen=True, slots=True)
class Running:
    """A proposal whose clock runs: when it was sent, when its clock started, and our last word since."""

    sent: datetime
    start: datetime
    followed: datetime | None

    def follow_up(self, clock: ProposalClock, sight: Sight) -> tuple[date | None, datetime]:
        """Give the day the next follow-up is due, and since when it is waited for."""
        if self.followed is not None:
            return due_after(self.followed, clock.then_every, sight), self.followed
        return due_after(self.start, clock.first_follow_up, sight), self.start

    def silence(self, clock: ProposalClock, sight: Sight) -> tuple[date | None, datetime]:
        """Give the day our silence ends its limit, and since when we are silent."""
        since = self.followed or self.sent
        return due_after(since, clock.silence_limit, sight), since


def running(asking: Asking, talks: Talks, deals: Sequence[Sight]) -> list[Running | None]:
    """Give each deal's proposal whose clock runs: it waits, no step is planned, and the last word is ours."""
    parts = zip(talks.waiting(), talks.outbound(), talks.inbound(), talks.planned(), deals, strict=True)
    facts = [_facts(proposal, ours, theirs, planned, sight) for proposal, ours, theirs, planned, sight in parts]
    followed = asking.truths(FOLLOWED, _beside(deals, facts))
    facts = [{**row, "followed": row["ours"] if each else None} for row, each in zip(facts, followed, strict=True)]
    facts = [{**row, "last": row["followed"] or row["start"]} for row in facts]
    answered = asking.truths(ANSWERED, _beside(deals, facts))
    return [
        Running(row["sent"], row["start"], row["followed"])
        if row["sent"] is not None and row["planned"] is None and not each
        else None
        for row, each in zip(facts, answered, strict=True)
    ]


def _facts(
    proposal: Mapping[str, Any] | None,
    ours: datetime | None,
    theirs: datetime | None,
    planned: datetime | None,
    sight: Sight,
) -> dict[str, Any]:
    sent = proposal["sent_at"] if proposal else None
    viewed = proposal["viewed_at"] if proposal else None
    seen = [each for each in (sent, viewed) if each is not None and each <= sight.now]
    return {"sent": sent, "start": max(seen, default=None), "ours": ours, "theirs": theirs, "planned": planned}


def _beside(deals: Sequence[Sight], facts: Sequence[Mapping[str, Any]]) -> list[Sight]:
    return [sight.at("clock", row) for sight, row in zip(deals, facts, strict=True)]
