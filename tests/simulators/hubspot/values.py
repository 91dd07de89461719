"""What a value has to look like to be taken, and how it comes back: always a string."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.simulators.hubspot.schema import Option, Property
from tests.simulators.hubspot.times import date_of, moment_of, stamp
from tests.simulators.hubspot.wire import Refused

LONGEST = 65_536


@dataclass(frozen=True)
class Fault:
    """Why a value is not taken."""

    error: str
    message: str
    name: str

    def inside(self, portal: int) -> dict[str, Any]:
        """Lay it out as it stands in the JSON within the message."""
        return {"isValid": False, "message": self.message, "error": self.error, "name": self.name,
                "localizedErrorMessage": self.message, "portalId": portal}  # fmt: skip

    def beside(self) -> dict[str, Any]:
        """Lay it out as it stands in the list of errors."""
        return {"message": self.message, "code": self.error, "context": {"propertyName": [self.name]}}


def refusal(faults: Iterable[Fault], portal: int) -> Refused:
    """Say what is wrong with some values in the one error HubSpot gives for them."""
    faults = list(faults)
    inside = json.dumps([each.inside(portal) for each in faults], separators=(",", ":"))
    return Refused("VALIDATION_ERROR", f"Property values were not valid: {inside}",
                   errors=[each.beside() for each in faults])  # fmt: skip


def written(property_: Property, value: Any, options: Iterable[Option]) -> str | Fault | None:
    """Give the value as it will be read, None where it clears the property, or what is wrong with it."""
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        return Fault("INVALID_STRING", f"{json.dumps(value)} was not a valid value.", property_.name)
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    try:
        return _written(property_, text, tuple(options))
    except (ValueError, InvalidOperation, OverflowError):
        error, named = _ERRORS[property_.type]
        return Fault(error, f"{text} was not a valid {named}.", property_.name)


_ERRORS: Mapping[str, tuple[str, str]] = {
    "number": ("INVALID_LONG", "long"), "date": ("INVALID_DATE", "date"), "datetime": ("INVALID_DATE", "date"),
    "bool": ("INVALID_OPTION", "boolean"),
}  # fmt: skip


def _written(property_: Property, text: str, options: tuple[Option, ...]) -> str | Fault | None:
    match property_.type:
        case "number":
            return _number(text)
        case "datetime":
            return stamp(moment_of(text))
        case "date":
            return date_of(text).isoformat()
        case "bool":
            if text.lower() not in {"true", "false"}:
                raise ValueError(text)
            return text.lower()
        case "enumeration":
            return _chosen(property_, text, options)
    if len(text) > LONGEST:
        said = f"The value is {len(text)} characters long, which is more than {LONGEST}."
        return Fault("INVALID_STRING_LENGTH", said, property_.name)
    return text


def _number(text: str) -> str:
    if not Decimal(text).is_finite():
        raise ValueError(text)
    return text.removesuffix(".0")


def _chosen(property_: Property, text: str, options: tuple[Option, ...]) -> str | Fault:
    several = property_.field_type == "checkbox"
    chosen = [each.strip() for each in text.strip(";").split(";")] if several else [text]
    known = {each.value for each in options}
    for each in chosen:
        if each not in known and not (property_.external and not known):
            told = ", ".join(f'label: "{one.label}"\nvalue: "{one.value}"\n' for one in options)
            return Fault("INVALID_OPTION", f"{each} was not one of the allowed options: [{told}]", property_.name)
    return ";".join(dict.fromkeys(chosen))
