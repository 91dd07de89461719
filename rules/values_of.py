"""Lists the values of a playbook that differ by segment, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator

from rules.condition import Compare, PerSegment, Related, Value, walk
from rules.lint_source import all_conditions
from rules.playbook import (
    Clock,
    CloseDateClock,
    NextStepClock,
    Playbook,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)


def values_of(playbook: Playbook) -> Iterator[PerSegment]:
    """Yield every value that is given per segment."""
    for _, value in placed_values(playbook):
        if isinstance(value, PerSegment):
            yield value


def placed_values(playbook: Playbook) -> Iterator[tuple[tuple[str, str], Value]]:
    """Yield every right-hand side, count and duration with what asks it."""
    for asked in all_conditions(playbook):
        for node in walk(asked.condition):
            if isinstance(node, Compare):
                yield (asked.what, asked.id), node.value
            elif isinstance(node, Related):
                yield from (((asked.what, asked.id), value) for value in (node.at_least, *(v for _, v in node.count)))
    for criterion in playbook.criteria():
        if criterion.for_each is not None:
            yield ("criterion", criterion.id), criterion.for_each.at_least
    for clock in playbook.clocks:
        yield from ((("clock", clock_id(clock)), value) for value in limits_of(clock) if value is not None)


def clock_id(clock: Clock) -> str:
    """Give the id a clock has in its playbook."""
    match clock:
        case ProgressClock(id=name):
            return name
        case SilenceClock(kind=kind):
            return kind.value
        case ProposalClock():
            return "proposal"
        case NextStepClock():
            return "next_step"
        case StageAgeClock():
            return "stage_age"
        case CloseDateClock():
            return "close_date"


def limits_of(clock: Clock) -> tuple[Value | None, ...]:
    """List the durations and counts of a clock."""
    match clock:
        case ProgressClock(steps=steps):
            return tuple(step.after for step in steps)
        case SilenceClock(limit=limit):
            return (limit,)
        case ProposalClock(first_follow_up=first, then_every=every, silence_limit=silence):
            return (first, every, silence)
        case NextStepClock(at_most_ahead=ahead):
            return (ahead,)
        case StageAgeClock(limits=limits, otherwise=otherwise):
            return (*limits.values(), otherwise)
        case CloseDateClock(moved_later_at_most=at_most):
            return (at_most,)
