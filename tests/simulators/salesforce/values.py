"""Values as a save takes them: each type reads what the API reads, and refuses what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.simulators.salesforce.clock import stamp
from tests.simulators.salesforce.schema import NUMBERS, Field
from tests.simulators.salesforce.wire import Refused


def checked(field: Field, value: Any) -> Any:
    """Read a value for a field; raises Refused. An empty text is null."""
    if value is None or value == "":
        return False if field.kind == "boolean" else None
    found = READERS.get(field.kind, _text)(field, value)
    if field.kind in NUMBERS and field.precision and abs(found) >= 10 ** (field.precision - field.scale):
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label or field.name}: value outside of valid range on "
                      f"numeric field: {found}", [field.name])  # fmt: skip
    if isinstance(found, str) and field.length and len(found) > field.length and field.kind != "reference":
        shown = f"{field.label or field.name}: data value too large: {found} (max length={field.length})"
        raise Refused("STRING_TOO_LONG", shown, [field.name])
    if field.restricted and field.kind in {"picklist", "multipicklist"}:
        _in_picklist(field, found)
    return found


def _in_picklist(field: Field, found: str) -> None:
    for each in found.split(";") if field.kind == "multipicklist" else [found]:
        if each not in field.choices:
            said = f"{field.label or field.name}: bad value for restricted picklist field: {each}"
            raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", said, [field.name])


def _unreadable(kind: str, value: Any) -> Refused:
    token = "VALUE_STRING" if isinstance(value, str) else "START_OBJECT" if isinstance(value, dict) else "VALUE_NUMBER"
    said = (
        f"Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required field"
    )
    return Refused("JSON_PARSER_ERROR", f"{said} at [line:1, column:2]", whole=True)


def _date(_field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10] if "T" in str(value) else str(value)).isoformat()
    except ValueError:
        raise _unreadable("date", value) from None


def _datetime(_field: Field, value: Any) -> str:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise _unreadable("datetime", value) from None
    if "T" not in str(value) or found.tzinfo is None:
        raise _unreadable("datetime", value)
    return stamp(found)


def _number(field: Field, value: Any) -> float:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise _unreadable(field.kind if field.kind == "currency" else "double", value) from None
    if isinstance(value, bool) or not found.is_finite():
        raise _unreadable("double", value)
    return float(found)


def _int(field: Field, value: Any) -> int:
    found = _number(field, value)
    if found != int(found):
        raise _unreadable("int", value)
    return int(found)


def _boolean(_field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "1", "false", "0"}:
        return str(value).lower() in {"true", "1"}
    raise _unreadable("boolean", value)


def _text(_field: Field, value: Any) -> str | None:
    if isinstance(value, dict | list):
        raise _unreadable("string", value)
    found = ("true" if value else "false") if isinstance(value, bool) else str(value).strip()
    return found or None


READERS: dict[str, Callable[[Field, Any], Any]] = {
    "date": _date, "datetime": _datetime, "currency": _number, "double": _number, "percent": _number, "int": _int,
    "boolean": _boolean,
}  # fmt: skip
