"""SQL that makes a canonical value of a mirrored column, by the field type of the playbook language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.mirror.mirror import quoted
from rules.types import FieldType

YES, NO = "('true', 'yes', 'y', '1')", "('false', 'no', 'n', '0')"
"""What a choice or text says for yes and for no, in small letters; anything else is not known."""


def canonical_sql(path: str, kind: FieldType, alias: str) -> str:
    """Give the SQL that makes a canonical value of a held column of a row; blank text is null."""
    return value_sql(f"{alias}.{quoted(path)}", kind)


def value_sql(column: str, kind: FieldType) -> str:
    """Give the SQL that makes a canonical value of an expression."""
    return MAKERS[kind](column)


def text_sql(value: str) -> str:
    """Write a text for SQL."""
    return "'" + value.replace("'", "''") + "'"


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
