"""Dates and times as comparisons of facts: instants with instants, else local dates (docs/language.md, rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rules.condition import FieldValue, Literal, Moment, Operator, Reference, Value
from rules.moments import in_zone
from rules.playbook import Calendar
from rules.ruleset_comparisons import (
    UNKNOWN,
    Comparison,
    Edge,
    Fact,
    Form,
    LastChange,
    Relation,
    Tree,
    all_of,
    any_of,
    opposite,
)
from rules.ruleset_numbers import RELATIONS
from rules.ruleset_values import LEAST, MOST, day_number, microseconds
from rules.types import Duration, FieldType, Unit

NOW = Edge()
Read = Callable[[Form], Fact]
"""Gives what is compared, as an instant or as a local date."""
MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
STEPS: Mapping[str, int] = {"last": -1, "this": 0, "next": 1}


def ordered_times(subject: Reference, operator: Operator, value: Value, calendar: Calendar) -> Tree:
    """Compare a date or time with one value, or several."""
    return _spread(lambda form: Fact(form, subject), operator, value, calendar, instant=_is_instant(subject))


def _spread(left: Read, operator: Operator, value: Value, calendar: Calendar, *, instant: bool) -> Tree:
    listed = _listed(value)
    match operator:
        case Operator.EQUALS | Operator.ONE_OF:
            return any_of(*(_compared(left, Relation.EQUAL, each, calendar, instant=instant) for each in listed))
        case Operator.NOT | Operator.NONE_OF:
            return opposite(_spread(left, Operator.ONE_OF, value, calendar, instant=instant))
        case Operator.BETWEEN:
            low = _compared(left, Relation.AT_LEAST, listed[0], calendar, instant=instant)
            return all_of(low, _compared(left, Relation.AT_MOST, listed[-1], calendar, instant=instant))
        case _:
            return _compared(left, RELATIONS[operator], value, calendar, instant=instant)


def _compared(left: Read, relation: Relation, value: Value, calendar: Calendar, *, instant: bool) -> Tree:
    form = Form.INSTANT if instant and _gives_instant(value) else Form.DAY
    return Comparison(left(form), relation, _right(value, form, calendar))


def _right(value: Value, form: Form, calendar: Calendar) -> Fact | int:
    match value:
        case Literal(datetime() as moment):
            local = in_zone(moment, ZoneInfo(calendar.timezone))
            return microseconds(moment) if form is Form.INSTANT else day_number(local.date())
        case Literal(date() as day):
            return day_number(day)
        case _:
            return Fact(form, value)


def _listed(value: Value) -> list[Value]:
    if isinstance(value, Literal) and isinstance(value.value, tuple):
        return [Literal(each) for each in value.value]
    return [value]


def _is_instant(reference: Reference) -> bool:
    return reference.type is FieldType.TIME


def _gives_instant(value: Value) -> bool:
    match value:
        case Literal(written):
            return isinstance(written, datetime)
        case FieldValue(reference, plus):
            return _is_instant(reference) and not _by_calendar(plus)
        case Moment(base, plus):
            return base == "now" and not _by_calendar(plus)
        case _:
            return False


def _by_calendar(plus: Duration | None) -> bool:
    return plus is not None and plus.unit is Unit.BUSINESS_DAYS


def _length(value: Value) -> Duration | None:
    return value.value if isinstance(value, Literal) and isinstance(value.value, Duration) else None


def _back(length: Duration) -> Duration:
    return Duration(-length.amount, length.unit)


def _within(subject: Reference, value: Value, _: Calendar) -> Tree:
    length = _length(value)
    return (
        UNKNOWN
        if length is None
        else _in_window(lambda form: Fact(form, subject), length, instant=_is_instant(subject))
    )


def _in_window(left: Read, length: Duration, *, instant: bool, otherwise: int | None = None) -> Tree:
    """Ask for the time that ends now and began so long ago, both ends included."""
    form = Form.INSTANT if instant and not _by_calendar(length) else Form.DAY
    began = Comparison(left(form), Relation.AT_LEAST, Fact(form, Edge(_back(length)), otherwise=otherwise))
    ended = Comparison(left(form), Relation.AT_MOST, Fact(form, NOW))
    exactly = [Comparison(left(Form.INSTANT), Relation.AT_MOST, Fact(Form.INSTANT, NOW))] if instant else []
    return all_of(began, ended, *(exactly if form is Form.DAY else ()))


def _within_next(subject: Reference, value: Value, _: Calendar) -> Tree:
    length, instant = _length(value), _is_instant(subject)
    if length is None:
        return UNKNOWN
    form = Form.INSTANT if instant and not _by_calendar(length) else Form.DAY
    ends = Comparison(Fact(form, subject), Relation.AT_MOST, Fact(form, Edge(length)))
    begins = [Comparison(Fact(Form.INSTANT, subject), Relation.ABOVE, Fact(Form.INSTANT, NOW))] if instant else []
    today = [Comparison(Fact(Form.DAY, subject), Relation.AT_LEAST, Fact(Form.DAY, NOW))] if form is Form.DAY else []
    return all_of(*begins, *today, ends)


def _older_than(subject: Reference, value: Value, _: Calendar) -> Tree:
    length = _length(value)
    if length is None:
        return UNKNOWN
    form = Form.INSTANT if _is_instant(subject) and not _by_calendar(length) else Form.DAY
    return Comparison(Fact(form, subject), Relation.BELOW, Fact(form, Edge(_back(length))))


def _changed_within(subject: Reference, value: Value, _: Calendar) -> Tree:
    """Ask when a field last changed; one that never did has not changed lately, which is known."""
    length = _length(value)
    return UNKNOWN if length is None else _in_window(_change(subject), length, instant=True, otherwise=MOST)


def _changed_since(subject: Reference, value: Value, calendar: Calendar) -> Tree:
    return _spread(_change(subject), Operator.ON_OR_AFTER, value, calendar, instant=True)


def _change(subject: Reference) -> Callable[[Form], Fact]:
    return lambda form: Fact(form, LastChange(subject), otherwise=LEAST)


def _in_periods(subject: Reference, value: Value, _: Calendar) -> Tree:
    return any_of(*(_in_period(subject, str(each.value)) for each in _listed(value) if isinstance(each, Literal)))


def _in_period(subject: Reference, words: str) -> Tree:
    which, unit = words.split()
    form, months = (Form.WEEK, 0) if unit == "week" else (Form.MONTHS, MONTHS[unit])
    present = Fact(form, Edge(), f"{months}{STEPS[which]:+d}")
    return Comparison(Fact(form, subject, f"{months}+0"), Relation.EQUAL, present)


TIMES: Mapping[Operator, Callable[[Reference, Value, Calendar], Tree]] = {
    Operator.WITHIN: _within,
    Operator.WITHIN_NEXT: _within_next,
    Operator.OLDER_THAN: _older_than,
    Operator.CHANGED_WITHIN: _changed_within,
    Operator.CHANGED_SINCE: _changed_since,
    Operator.IN: _in_periods,
}
