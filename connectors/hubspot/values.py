"""How HubSpot's values become ours: every one arrives as a text, and is typed here, once, or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import isfinite

import pyarrow as pa
import pyarrow.compute as pc

from connectors.mirror.canonical_values import text_sql, value_sql
from rules.types import FieldType

ARROW: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    "number": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
"""How a property of a HubSpot type is held; any other is text."""

TEXTS = frozenset({"string", "enumeration", "phone_number", "json", "object_coordinates"})

TAKEN: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: TEXTS | {"number"},
    FieldType.CHOICE: TEXTS,
    FieldType.CHOICES: TEXTS,
    FieldType.LINK: TEXTS,
    FieldType.YES_NO: frozenset({"bool", "enumeration", "string"}),
    FieldType.NUMBER: frozenset({"number"}),
    FieldType.MONEY: frozenset({"number"}),
    FieldType.DATE: frozenset({"date", "datetime"}),
    FieldType.TIME: frozenset({"date", "datetime"}),
}
"""The HubSpot types that a field of the playbook language can be read from without a guess."""

NAMED = frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.CHOICES})
"""The field types that a value of an enumeration is read into by its label, as people see it."""

MILLISECONDS = re.compile(r"-?\d{10,14}")
"""A moment as HubSpot's older answers write it: milliseconds since 1970."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_WHOLE_NUMBER = "abs({0}) < 1e15 AND {0} = trunc({0})"


def can_be(hubspot: str, kind: FieldType) -> bool:
    """Whether a property of a HubSpot type can be read as one of ours."""
    return hubspot in TAKEN[kind]


def arrow_type(hubspot: str) -> pa.DataType:
    """Give the Arrow type that a HubSpot type is held as."""
    return ARROW.get(hubspot, pa.string())


def typed(texts: Sequence[str | None], hubspot: str) -> tuple[pa.Array, list[int]]:
    """Type some values of one property; gives the places of those that do not parse too, which are null."""
    wanted, given = arrow_type(hubspot), pa.array(texts, pa.string())
    if wanted == pa.string():
        return given, []
    try:
        return _all_at_once(given, wanted), []
    except pa.ArrowInvalid:
        values = [None if text is None else _parsed(text, hubspot) for text in texts]
    wrong = [n for n, (text, value) in enumerate(zip(texts, values, strict=True)) if text is not None and value is None]
    return pa.array(values, wanted), wrong


def canonical_sql(column: str, hubspot: str, kind: FieldType, zone: str, names: Mapping[str, str]) -> str:
    """Give the SQL that makes a canonical value of a held property.

    `zone` is the account's time zone, in which a moment has its day; `names` are what values are called, where that is
    something else.
    """
    if hubspot == "datetime" and kind is FieldType.DATE:
        return day_sql(column, zone)
    if hubspot == "number" and kind is FieldType.TEXT:
        whole = A_WHOLE_NUMBER.format(column)
        return f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    made = value_sql(column, kind)
    if not names or kind not in NAMED:
        return made
    return renamed(made, names) if kind is FieldType.CHOICES else f"coalesce({_called(names)}[{made}], {made})"


def renamed(listed: str, names: Mapping[str, str]) -> str:
    """Give the SQL that calls the values of a list by other names; those without one stay."""
    return f"list_transform({listed}, lambda x: coalesce({_called(names)}[x], x))" if names else listed


def day_sql(column: str, zone: str) -> str:
    """Give the SQL of a moment's day in the account's time zone; midnight in UTC is a day that came without an hour."""
    plain = f"({column} AT TIME ZONE 'UTC')"
    local = f"({column} AT TIME ZONE {text_sql(zone)})::DATE"
    return f"CASE WHEN {plain} = date_trunc('day', {plain}) THEN {plain}::DATE ELSE {local} END"


def _called(names: Mapping[str, str]) -> str:
    return f"MAP {{{', '.join(f'{text_sql(value)}: {text_sql(label)}' for value, label in sorted(names.items()))}}}"


def _all_at_once(given: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Type values that are all well written; raises ArrowInvalid where one is not."""
    found = given.cast(wanted)
    if pa.types.is_floating(wanted) and not pc.all(pc.is_finite(found)).as_py() and len(found) > found.null_count:
        raise pa.ArrowInvalid("not a number")
    return found


def _parsed(text: str, hubspot: str) -> object:
    """Read one value however HubSpot may write it; None where it is no such value."""
    try:
        return PARSERS[hubspot](text.strip())
    except (ValueError, OverflowError, KeyError):
        return None


def _number(text: str) -> float:
    found = float(text)
    if not isfinite(found) or "_" in text:
        raise ValueError(text)
    return found


def _moment(text: str) -> datetime:
    if MILLISECONDS.fullmatch(text):
        return EPOCH + timedelta(milliseconds=int(text))
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _day(text: str) -> date:
    """Read a day; HubSpot keeps one as midnight in UTC where it writes a moment."""
    return _moment(text).date()


def _yes_no(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


PARSERS: Mapping[str, Callable[[str], object]] = {
    "number": _number,
    "datetime": _moment,
    "date": _day,
    "bool": _yes_no,
}
