"""How Salesforce's types become ours: Arrow types of what arrives, and which field types can be read from each."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from rules.types import FieldType

TEXTS = frozenset(
    {"id", "reference", "string", "textarea", "picklist", "phone", "email", "url", "combobox", "encryptedstring",
     "multipicklist", "anyType", "time", "base64"}
)  # fmt: skip
ARROW: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "int": pa.float64(),
    "long": pa.float64(),
    "double": pa.float64(),
    "percent": pa.float64(),
    "currency": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
"""How a field of a Salesforce type is held; any other is text."""

NUMBERS = frozenset({"int", "long", "double", "percent", "currency"})

TAKEN: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: TEXTS | NUMBERS,
    FieldType.CHOICE: TEXTS,
    FieldType.CHOICES: TEXTS,
    FieldType.LINK: TEXTS,
    FieldType.YES_NO: frozenset({"boolean", "picklist", "string"}),
    FieldType.NUMBER: NUMBERS,
    FieldType.MONEY: NUMBERS,
    FieldType.DATE: frozenset({"date"}),
    FieldType.TIME: frozenset({"datetime", "date"}),
}
"""The Salesforce types that a field of the playbook language can be read from without a guess."""


def can_be(salesforce: str, kind: FieldType) -> bool:
    """Whether a field of a Salesforce type can be read as one of ours."""
    return salesforce in TAKEN[kind]


def arrow_type(salesforce: str) -> pa.DataType:
    """Give the Arrow type that a Salesforce type is held as."""
    return ARROW.get(salesforce, pa.string())
