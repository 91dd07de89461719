"""How Salesforce's types become ours: Arrow types of what arrives, and SQL that makes the canonical type of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from connectors.mirror.mirror import quoted
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


YES, NO = "('true', 'yes', 'y', '1')", "('false', 'no', 'n', '0')"
"""What a picklist or text says for yes and for no, in small letters; anything else is not known."""


def can_be(salesforce: str, kind: FieldType) -> bool:
    """Whether a field of a Salesforce type can be read as one of ours."""
    return salesforce in TAKEN[kind]


def arrow_type(salesforce: str) -> pa.DataType:
    """Give the Arrow type that a Salesforce type is held as."""
    return ARROW.get(salesforce, pa.string())


def canonical_sql(path: str, kind: FieldType, alias: str) -> str:
    """Give the SQL that makes a canonical value of a held column of a row; blank text is null."""
    column = f"{alias}.{quoted(path)}"
    return MAKERS[kind](column)


def _text(column: str) -> str:
    return f"CASE WHEN trim({column}::VARCHAR) <> '' THEN {column}::VARCHAR END"


def _choices(column: str) -> str:
    parts = f"list_filter(list_transform(string_split({column}, ';'), lambda x: trim(x)), lambda x: x <> '')"
    return f"CASE WHEN trim({column}) <> '' THEN {parts} END"


def _yes_no(column: str) -> str:
    said = f"lower(trim({column}::VARCHAR))"
    return f"CASE WHEN {said} IN {YES} THEN true WHEN {said} IN {NO} THEN false END"


MAKERS: Mapping[FieldType, Callable[[str], str]] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _text,
    FieldType.LINK: _text,
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _yes_no,
    FieldType.NUMBER: lambda column: f"{column}::DOUBLE",
    FieldType.MONEY: lambda column: f"{column}::DECIMAL(18, 2)",
    FieldType.DATE: lambda column: column,
    FieldType.TIME: lambda column: f"{column}::TIMESTAMPTZ",
}
