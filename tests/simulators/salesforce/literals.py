"""Reads the values of a query for the field they are held against; one of the wrong type is INVALID_FIELD."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.simulators.salesforce.clock import stamp
from tests.simulators.salesforce.dates import named_days
from tests.simulators.salesforce.ids import id18
from tests.simulators.salesforce.parsing import Literal
from tests.simulators.salesforce.schema import NUMBERS, Field
from tests.simulators.salesforce.wire import Refused


@dataclass(frozen=True)
class Span:
    """What a day's name means: from the first value to the last, both included, as stored texts."""

    first: str
    last: str


def family(field: Field) -> str:
    """Name the group of types whose values compare alike."""
    if field.kind in {"id", "reference"}:
        return "id"
    if field.kind in NUMBERS or field.kind == "int":
        return "number"
    return field.kind if field.kind in {"boolean", "date", "datetime"} else "text"


def value_of(field: Field, literal: Literal, today: date) -> Any:
    """Give the value to compare with: folded text, 18 characters of an id, a number, a stored stamp, a Span, None."""
    kind, text = family(field), literal.text
    if literal.kind == "word" and text.lower() == "null":
        return None
    if literal.kind not in TAKEN[kind]:
        raise _wrong_type(field, kind, quoted=literal.kind == "text")
    if literal.kind == "word":
        return _word(field, kind, text, today)
    match kind:
        case "id":
            return id18(text)
        case "number":
            return float(text)
        case "datetime":
            return stamp(datetime.fromisoformat(text))
    return text.casefold() if kind == "text" else text


def _word(field: Field, kind: str, word: str, today: date) -> Any:
    if kind == "boolean" and word.lower() in {"true", "false"}:
        return word.lower() == "true"
    days = named_days(word, today) if kind in {"date", "datetime"} else None
    if days is None:
        raise _wrong_type(field, kind, quoted=False)
    first, last = (each.isoformat() for each in days)
    return Span(first, last) if kind == "date" else Span(f"{first}T00:00:00.000+0000", f"{last}T23:59:59.999+0000")


def _wrong_type(field: Field, kind: str, *, quoted: bool) -> Refused:
    named = {"id": "id", "number": "double", "datetime": "dateTime", "text": "string"}.get(kind, kind)
    enclosed = ""
    if kind in {"text", "id"}:
        enclosed = " and should be enclosed in quotes"
    elif quoted:
        enclosed = " and should not be enclosed in quotes"
    said = f"value of filter criterion for field '{field.name}' must be of type {named}{enclosed}"
    return Refused("INVALID_FIELD", said)


TAKEN = {
    "id": {"text"}, "text": {"text"}, "number": {"number"}, "boolean": {"word"}, "date": {"day", "word"},
    "datetime": {"moment", "word"},
}  # fmt: skip
