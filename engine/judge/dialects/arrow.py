"""How the types of a query travel as Arrow, which every database's answer is turned into."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from ibis.expr import datatypes as dt

PLAIN: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "float64": pa.float64(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "null": pa.null(),
    "string": pa.string(),
}
WIDEST = (38, 2)


def arrow_type(kind: dt.DataType, zone: str) -> pa.DataType:
    """Give the Arrow type of a column; instants are of microseconds, and shown in a time zone."""
    if isinstance(kind, dt.Array):
        return pa.list_(arrow_type(kind.value_type, zone))
    if isinstance(kind, dt.Struct):
        return pa.struct([(name, arrow_type(each, zone)) for name, each in kind.items()])
    if isinstance(kind, dt.Timestamp):
        return pa.timestamp("us", zone)
    if isinstance(kind, dt.Decimal):
        return pa.decimal128(kind.precision or WIDEST[0], WIDEST[1] if kind.scale is None else kind.scale)
    return PLAIN[str(kind.copy(nullable=True))]


def arrow_schema(columns: Mapping[str, dt.DataType], zone: str) -> pa.Schema:
    """Give the Arrow schema of a query's columns; the zone is the session's, as DuckDB gives instants."""
    return pa.schema([(name, arrow_type(kind, zone)) for name, kind in columns.items()])
