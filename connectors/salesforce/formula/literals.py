"""Values as formulas write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from rules.condition import Moment
from rules.types import FieldType, Unit


class CannotTranslateError(Exception):
    """A condition that no formula says exactly; the message says why, to follow on `since`."""


def text_literal(value: object) -> str:
    """Write a text; one with characters that a formula cannot hold is refused."""
    text = str(value)
    if not text.strip() or text != text.strip():
        raise CannotTranslateError("it compares with a text that begins or ends in white space")
    if any(not each.isprintable() for each in text):
        raise CannotTranslateError("it compares with a text of characters that cannot be seen")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literal(value: object, kind: FieldType) -> str:
    """Write a number, day or moment for a field of a type."""
    if kind in {FieldType.NUMBER, FieldType.MONEY} and isinstance(value, int | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if kind is FieldType.TIME and isinstance(value, datetime):
        return f'DATETIMEVALUE("{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}")'
    if kind is FieldType.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return f"DATE({value.year}, {value.month}, {value.day})"
    raise CannotTranslateError("it compares a day with a moment, for which a time zone is needed")


def moment(value: Moment, kind: FieldType) -> str:
    """Write now, moved by a length; today depends on a time zone and is refused."""
    if value.base != "now" or kind is not FieldType.TIME:
        raise CannotTranslateError("it asks for today, which is another day in another time zone")
    if value.plus is None:
        return "NOW()"
    if value.plus.unit is Unit.BUSINESS_DAYS:
        raise CannotTranslateError("it counts business days")
    return f"(NOW() + {value.plus.hours} / 24)"
