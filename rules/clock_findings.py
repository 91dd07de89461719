"""What the findings of clocks are called: built-in clocks have ids of their own, others go by their name."""

from __future__ import annotations

from collections.abc import Mapping

from rules.playbook import (
    Clock,
    CloseDateClock,
    NextStepClock,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)

BUILT_IN: Mapping[type, tuple[str, ...]] = {
    ProposalClock: ("proposal.follow_up", "proposal.silence"),
    NextStepClock: ("next_step",),
    StageAgeClock: ("stage_age",),
    CloseDateClock: ("close_date",),
}


def findings_of(clock: Clock) -> tuple[str, ...]:
    """Give the ids that findings of a clock carry as their criterion."""
    match clock:
        case SilenceClock(kind=kind):
            return (kind.value,)
        case ProgressClock(id=name):
            return (name,)
    return BUILT_IN[type(clock)]
