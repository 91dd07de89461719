"""Alternatives that stop, restart or pause a late clock."""

from __future__ import annotations

from engine.judge.repair.facts import Facts
from engine.judge.repair.needs import Alternative, FieldNeed, RowNeed
from engine.judge.repair.people_ways import BUYERS, HAPPENED_AT, UP_TO_NOW, activity
from engine.judge.tables import canonical_types
from rules.condition import AnyOf, Compare, Condition, Literal, Moment, Operator, Reference, Value
from rules.playbook import Clock, Kind, NextStepClock, Playbook, ProgressClock, ProposalClock, SilenceClock
from rules.types import Duration, FieldType

NEXT_STEP = Reference("deals", "next_step", FieldType.TEXT)
NEXT_STEP_DATE = Reference("deals", "next_step_date", FieldType.DATE)
THERE = Literal(value=True)

OUTBOUND: frozenset[Condition] = frozenset({activity("direction", "outbound"), UP_TO_NOW})
PLANNED: frozenset[Condition] = frozenset(
    {
        activity("status", "planned"),
        activity("kind", ("meeting", "call")),
        Compare(HAPPENED_AT, Operator.AFTER, Moment("now")),
    }
)
SELLERS: frozenset[Condition] = frozenset({AnyOf((activity("direction", "outbound"), BUYERS.parts[1])), UP_TO_NOW})


def clock_ways(clock: Clock, facts: Facts) -> list[Alternative]:
    """Give what would make a late clock no longer late; none where time alone decides."""
    match clock:
        case ProposalClock():
            return [_row(OUTBOUND), _row(PLANNED), _row(frozenset({BUYERS.parts[0], UP_TO_NOW}))]
        case SilenceClock(kind=Kind.BUYER_SILENCE):
            return [_row(PLANNED), _row(frozenset({BUYERS, UP_TO_NOW}))]
        case SilenceClock():
            return [_row(SELLERS), _row(PLANNED)]
        case NextStepClock():
            return [_next_step(clock, facts)]
        case ProgressClock():
            return [_moved(name, facts) for name in clock.since_last if _is_moved_by_hand(name, facts)]
        case _:
            return []


def next_step_tests(clock: NextStepClock, facts: Facts) -> tuple[Compare, ...]:
    """Give what a next step clock asks of the next step's date."""
    at_least = Compare(NEXT_STEP_DATE, Operator.ON_OR_AFTER, Moment("today"))
    ahead = _of_segment(clock.at_most_ahead, facts)
    if ahead is None:
        return (at_least,)
    return (at_least, Compare(NEXT_STEP_DATE, Operator.ON_OR_BEFORE, Moment("now", ahead)))


def _row(tests: frozenset[Condition]) -> Alternative:
    return ((RowNeed("activities", tests),),)


def _next_step(clock: NextStepClock, facts: Facts) -> Alternative:
    needs = []
    if facts.read(NEXT_STEP) is None:
        needs.append(FieldNeed("deals", "next_step", "", frozenset({Compare(NEXT_STEP, Operator.PRESENT, THERE)})))
    tests = next_step_tests(clock, facts)
    if not all(facts.state(test) is True for test in tests):
        needs.append(FieldNeed("deals", "next_step_date", "", frozenset(tests)))
    return tuple((need,) for need in needs)


def _is_moved_by_hand(name: str, facts: Facts) -> bool:
    fixed = name in {"stage", "stage_entered_at", "created_at", "closed_at"}
    return not fixed and "field_changes" in facts.rows and (facts.tracked is None or name in facts.tracked)


def _moved(name: str, facts: Facts) -> Alternative:
    subject = Reference("deals", name, column_type(name, facts.playbook))
    changed = Compare(subject, Operator.CHANGED_SINCE, Moment("now"))
    return ((FieldNeed("deals", name, "", frozenset({changed})),),)


def column_type(name: str, playbook: Playbook) -> FieldType:
    """Give the type of a deal's column."""
    return canonical_types(playbook)["deals"][name]


def _of_segment(value: Value | None, facts: Facts) -> Duration | None:
    if value is None:
        return None
    chosen = facts.resolve(value)
    return chosen if isinstance(chosen, Duration) else None
