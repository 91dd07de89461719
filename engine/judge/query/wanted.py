"""What a playbook's conditions want prepared: their moments, business-day offsets and texts to compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.judge.query.criteria import Asked
from engine.judge.query.rows import values_of
from engine.judge.query.scope import NOW, Scope
from rules.condition import (
    MET,
    Compare,
    Condition,
    FieldValue,
    Literal,
    Moment,
    Operator,
    PerSegment,
    Reference,
    Value,
    references,
    walk,
)
from rules.playbook import (
    CloseDateClock,
    NextStepClock,
    Playbook,
    ProgressClock,
    ProposalClock,
    SilenceClock,
    StageAgeClock,
)
from rules.types import Duration, Unit


def deal_conditions(playbook: Playbook, asked: Sequence[Asked]) -> Iterator[tuple[Scope, Condition]]:
    """Yield every condition that is asked of deals, with the moment it is judged at."""
    yield NOW, playbook.applies_to
    yield from ((NOW, segment.when) for segment in playbook.segments)
    for card in playbook.scorecards:
        yield from ((NOW, level.when) for dimension in card.dimensions for level in dimension.levels)
    for each in asked:
        yield each.scope, each.criterion.when
        if each.criterion.for_each is None:
            yield each.scope, each.criterion.require
    yield from ((NOW, clock.when) for clock in playbook.clocks if isinstance(clock, ProgressClock))
    for rule in playbook.rules:
        yield NOW, rule.when
        yield NOW, rule.require or MET


def every_condition(playbook: Playbook) -> Iterator[Condition]:
    """Yield every condition of a playbook."""
    yield from (segment.when for segment in playbook.segments)
    yield playbook.applies_to
    for card in playbook.scorecards:
        yield from (level.when for dimension in card.dimensions for level in dimension.levels)
    for criterion in playbook.criteria():
        yield from (criterion.require, criterion.when)
    yield from (clock.when for clock in playbook.clocks if isinstance(clock, ProgressClock))
    for rule in playbook.rules:
        yield from (rule.when, rule.require or MET)


ALWAYS_READ = frozenset(
    {"id", "stage", "outcome", "owner_id", "account_id", "currency", "created_at", "stage_entered_at", "closed_at"}
)
"""The columns of deals that every judgement needs."""


def columns_read(playbook: Playbook) -> dict[str, frozenset[str]]:
    """Give the columns a playbook reads of deals, and of the deal's account and owner."""
    read: dict[str, set[str]] = {"deals": set(ALWAYS_READ), "accounts": set(), "owners": set()}
    for condition in every_condition(playbook):
        for subject in references(condition):
            if isinstance(subject, Reference) and subject.table in read:
                read[subject.table].add(subject.name)
    for clock in playbook.clocks:
        if isinstance(clock, NextStepClock):
            read["deals"] |= {"next_step", "next_step_date"}
        if isinstance(clock, ProgressClock):
            read["deals"] |= set(clock.since_last)
    return {table: frozenset(names) for table, names in read.items()}


def copied_fields(playbook: Playbook) -> list[Reference]:
    """List the deal fields whose texts are compared with other deals'."""
    found = {
        node.subject.name: node.subject
        for condition in every_condition(playbook)
        for node in walk(condition)
        if isinstance(node, Compare) and node.operator is Operator.COPIED and isinstance(node.subject, Reference)
    }
    return [found[name] for name in sorted(found)]


def business_offsets(playbook: Playbook) -> tuple[int, ...]:
    """Give every offset of business days that a playbook asks for, both ways, sorted."""
    days = {
        duration.amount
        for value in _every_value(playbook)
        for duration in _durations(value)
        if duration.unit is Unit.BUSINESS_DAYS
    }
    return tuple(sorted(days | {-each for each in days}))


def _every_value(playbook: Playbook) -> Iterator[Value]:
    for condition in every_condition(playbook):
        for node in walk(condition):
            yield from values_of(node)
    for clock in playbook.clocks:
        match clock:
            case ProposalClock():
                listed = [clock.first_follow_up, clock.then_every, clock.silence_limit]
            case NextStepClock():
                listed = [clock.at_most_ahead]
            case StageAgeClock():
                listed = [*clock.limits.values(), clock.otherwise]
            case SilenceClock():
                listed = [clock.limit]
            case CloseDateClock():
                listed = [clock.moved_later_at_most]
            case ProgressClock():
                listed = [step.after for step in clock.steps]
        yield from (value for value in listed if value is not None)


def _durations(value: Value) -> Iterator[Duration]:
    match value:
        case Literal(Duration() as duration):
            yield duration
        case FieldValue(_, Duration() as plus) | Moment(_, Duration() as plus):
            yield plus
        case PerSegment(cases, otherwise):
            for _, case in cases:
                yield from _durations(case)
            if otherwise is not None:
                yield from _durations(otherwise)
        case _:
            pass
