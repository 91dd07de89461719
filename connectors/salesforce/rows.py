"""Makes typed Arrow rows of what Salesforce sends: JSON records of a query, or pages of CSV of a bulk job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv

from connectors.mirror.mirror import DELETED
from connectors.salesforce.errors import SalesforceError
from connectors.salesforce.values import arrow_type
from connectors.salesforce.wanted import Source

IS_DELETED = "IsDeleted"


def schema_of(source: Source) -> pa.Schema:
    """Give the schema an object's rows are held in: a column a field path, and whether the row is deleted."""
    columns = [(path, arrow_type(kind)) for path, kind in source.kinds.items()]
    return pa.schema([*columns, (DELETED, pa.bool_())])


def rows_of_records(records: Sequence[Mapping[str, Any]], source: Source) -> pa.Table:
    """Type the records of a query."""
    columns = [_column([_value(record, path) for record in records], kind) for path, kind in source.kinds.items()]
    deleted = pa.array([bool(record.get(IS_DELETED)) for record in records], pa.bool_())
    return pa.table([*columns, deleted], schema=schema_of(source))


def rows_of_csv(page: bytes, source: Source) -> pa.Table:
    """Type a page of CSV; raises SalesforceError where it is cut off or not what was asked for."""
    types = {path: arrow_type(kind) for path, kind in source.kinds.items()} | {IS_DELETED: pa.bool_()}
    convert = csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
    )
    parse = csv.ParseOptions(newlines_in_values=True)
    try:
        table = csv.read_csv(pa.BufferReader(page), parse_options=parse, convert_options=convert)
        deleted = (
            table[IS_DELETED] if IS_DELETED in table.column_names else pa.repeat(pa.scalar(value=False), len(table))
        )
        return table.select(list(source.kinds)).append_column(DELETED, deleted)
    except (pa.ArrowInvalid, KeyError) as error:
        raise SalesforceError(f"a page of {source.object} came damaged: {_short(error)}", passing=True) from None


def _value(record: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
    found: Any = record
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _column(values: list[Any], kind: str) -> pa.Array:
    wanted = arrow_type(kind)
    if pa.types.is_floating(wanted) or pa.types.is_boolean(wanted):
        return pa.array(values, wanted)
    return pa.array([_text(value) for value in values], pa.string()).cast(wanted)


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Write a value of no fixed type, such as one in a history, as a bulk job does."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
