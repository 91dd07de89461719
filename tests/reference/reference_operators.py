"""What each operator means for two known values, in plain Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import re2

from rules.condition import Operator
from rules.placeholders import is_placeholder
from rules.playbook import Calendar
from rules.types import Duration, Unit
from tests.reference.reference_days import in_zone, local_date, moved, period

ORDER: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUALS: operator.eq,
    Operator.NOT: operator.ne,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
    Operator.ABOVE: operator.gt,
    Operator.BELOW: operator.lt,
    Operator.BEFORE: operator.lt,
    Operator.AFTER: operator.gt,
    Operator.ON_OR_BEFORE: operator.le,
    Operator.ON_OR_AFTER: operator.ge,
}


def ordered(op: Operator, left: Any, right: Any, calendar: Calendar) -> bool:
    """Compare a value; `between` includes both ends."""
    if op is Operator.BETWEEN:
        return compared(operator.ge, left, right[0], calendar) and compared(operator.le, left, right[1], calendar)
    if op in {Operator.ONE_OF, Operator.NONE_OF}:
        return any(compared(operator.eq, left, each, calendar) for each in many(right)) is (op is Operator.ONE_OF)
    return compared(ORDER[op], left, right, calendar)


def compared(compare: Callable[[Any, Any], bool], left: Any, right: Any, calendar: Calendar) -> bool:
    if isinstance(left, date):
        right = in_zone(right, calendar)
        if isinstance(left, datetime) != isinstance(right, datetime):
            left, right = local_date(left, calendar), local_date(right, calendar)
    elif isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    elif isinstance(left, Fraction):
        right = Fraction(right)
    return compare(left, right)


def many(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _contains(text: str, words: Any) -> bool:
    return any(_holds_phrase(text.lower(), word.lower()) for word in many(words))


def _holds_phrase(text: str, phrase: str) -> bool:
    padded = f" {text} "
    ends = range(len(phrase) + 1, len(padded))
    return any(
        padded[end - len(phrase) : end] == phrase
        and not padded[end - len(phrase) - 1].isalnum()
        and not padded[end].isalnum()
        for end in ends
    )


TEXT: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.CONTAINS: _contains,
    Operator.AVOIDS: lambda text, words: not _contains(text, words),
    Operator.MATCHES: lambda text, pattern: re2.search(pattern, text) is not None,
    Operator.MAX_CHARS: lambda text, most: len(text) <= most,
    Operator.PLACEHOLDER: lambda text, wanted: is_placeholder(text) is wanted,
    Operator.INCLUDES_ANY: lambda chosen, wanted: any(each in chosen for each in many(wanted)),
    Operator.INCLUDES_ALL: lambda chosen, wanted: all(each in chosen for each in many(wanted)),
}


def recent(op: Operator, left: date, length: Duration, now: datetime, calendar: Calendar) -> bool:
    today, day = local_date(now, calendar), local_date(left, calendar)
    by_days = length.unit is Unit.BUSINESS_DAYS or not isinstance(left, datetime)
    edge = moved(now, length, calendar, 1 if op is Operator.WITHIN_NEXT else -1)
    seen, limit = (day, local_date(edge, calendar)) if by_days else (left, edge)
    if op is Operator.OLDER_THAN:
        return seen < limit
    if op is Operator.WITHIN:
        return seen >= limit and (left <= now if isinstance(left, datetime) else left <= today)
    return seen <= limit and (left > now if isinstance(left, datetime) else left >= today)


def in_period(words: Any, left: date, now: datetime, calendar: Calendar) -> bool:
    periods = [period(each, local_date(now, calendar), calendar) for each in many(words)]
    return any(first <= local_date(left, calendar) < after for first, after in periods)
