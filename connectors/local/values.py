"""The canonical forms of values in a local CRM, read one by one; whatever has another form is refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from rules.problems import did_you_mean
from rules.types import FieldType

FIRST_YEAR = 1900
LAST_YEAR = 2199
"""Dates outside these years are a way to say `never` or a slip; they would overflow a time zone or a calendar."""

CENTS = Decimal("0.01")
MOST_MONEY = Decimal(10) ** 16

DATE_FORM = r"\d{4}-\d{2}-\d{2}"
TIME_FORM = DATE_FORM + r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})"
NUMBER_FORM = r"-?\d+(\.\d+)?"

FORMS: Mapping[FieldType, str] = {
    FieldType.YES_NO: "true|false",
    FieldType.NUMBER: NUMBER_FORM,
    FieldType.MONEY: NUMBER_FORM,
    FieldType.DATE: DATE_FORM,
    FieldType.TIME: TIME_FORM,
}
"""How a cell of each type must be written; other types are any text."""

COMPILED = {kind: re.compile(form, re.ASCII) for kind, form in FORMS.items()}
ZONELESS = re.compile(DATE_FORM + r"[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)

WANTED: Mapping[FieldType, tuple[str, str]] = {
    FieldType.YES_NO: ("neither `true` nor `false`", "write `true` or `false`"),
    FieldType.NUMBER: ("not a number", "write digits and a point, such as `1234.5`"),
    FieldType.MONEY: ("not an amount", "write digits and a point, such as `1234.50`"),
    FieldType.DATE: ("not a date", "write `2026-01-31`"),
    FieldType.TIME: ("not a time", "write `2026-01-31T09:30:00Z`, or an offset such as `-05:00` instead of `Z`"),
}


class RefusedValueError(ValueError):
    """A cell does not have the form its column asks for; `help` says what would."""

    def __init__(self, reason: str, advice: str = "") -> None:
        self.reason = reason
        self.help = advice
        super().__init__(reason)


def read_value(text: str, kind: FieldType, known: Iterable[str] = ()) -> Any:  # noqa: ANN401 - what the type asks for
    """Read one cell that is not blank; `known` is the closed vocabulary of a choice, where it has one."""
    if (form := COMPILED.get(kind)) is not None and not form.fullmatch(text):
        raise _misshapen(text, kind)
    match kind:
        case FieldType.CHOICES:
            return split_list(text)
        case FieldType.YES_NO:
            return text == "true"
        case FieldType.NUMBER:
            return _number(text)
        case FieldType.MONEY:
            return _money(text)
        case FieldType.DATE | FieldType.TIME:
            return _moment(text, kind)
    if known and text not in known:
        raise RefusedValueError("not a value this column may have", did_you_mean(text, known))
    return text


def split_list(text: str) -> list[str]:
    """Split a list separated by `;`; a lone `;` is a list of nothing."""
    return [item for part in text.split(";") if (item := part.strip())]


def _misshapen(text: str, kind: FieldType) -> RefusedValueError:
    reason, advice = WANTED[kind]
    if kind is FieldType.TIME and ZONELESS.fullmatch(text):
        return RefusedValueError("a time without a time zone", "end it with `Z` or an offset such as `-05:00`")
    return RefusedValueError(reason, advice)


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise RefusedValueError("too large a number")
    return value


def _money(text: str) -> Decimal:
    value = Decimal(text)
    if abs(value) >= MOST_MONEY:
        raise RefusedValueError("too large an amount", "an amount has at most 16 digits before the point")
    if value != value.quantize(CENTS):
        raise RefusedValueError("an amount with more than two decimals", "round it to cents")
    return value.quantize(CENTS)


def _moment(text: str, kind: FieldType) -> date | datetime:
    try:
        if kind is FieldType.DATE:
            moment: date | datetime = date.fromisoformat(text)
        else:
            moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedValueError(*_outside(text) or ("not a day or hour that exists", WANTED[kind][1])) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise RefusedValueError(*_outside(f"{moment.year:04}"))
    return moment


def _outside(text: str) -> tuple[str, ...]:
    """Say that a year is out of range, where it is."""
    if FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return ()
    return (
        f"outside the years {FIRST_YEAR} to {LAST_YEAR}",
        "leave the cell empty where there is no such day",
    )
