"""Lists and records that came as JSON, read as what they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

READ: Mapping[pa.DataType, Callable[[str], object]] = {pa.float64(): float, pa.date32(): date.fromisoformat}


def from_json(text: str | None, kind: pa.DataType) -> object:
    """Read a list or record; None stays None."""
    return None if text is None else _read(json.loads(text, parse_float=Decimal), kind)


def _read(value: object, kind: pa.DataType) -> object:
    if value is None:
        return None
    if isinstance(value, list):
        return [_read(each, kind.value_type) for each in value]
    if isinstance(value, dict):
        return {each.name: _read(value.get(each.name), each.type) for each in kind}
    if pa.types.is_decimal(kind):
        return Decimal(str(value))
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    return READ[kind](str(value)) if kind in READ else value
