"""Columns of an answer as Python values: a query reckons beyond the years that Python knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def cells_of(column: pa.ChunkedArray) -> list[Any]:
    """Give a column's values; a date or moment outside the years 1 to 9999 as the nearest within."""
    try:
        listed: list[Any] = column.to_pylist()
    except OverflowError:
        return [_cell(each) for each in column]
    return listed


def moved(start: Any, length: timedelta) -> Any:  # noqa: ANN401 -- a date gives a date, a moment a moment
    """Move a date or a moment in UTC, to the end of the years that Python knows where it would lie beyond."""
    try:
        return start + length
    except OverflowError:
        ends = (FIRST, LAST) if isinstance(start, datetime) else (date.min, date.max)
        return ends[length > timedelta()]


def _cell(scalar: pa.Scalar) -> Any:  # noqa: ANN401 -- a cell of any type
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.ListScalar):
        return [_cell(each) for each in scalar.values]
    if isinstance(scalar, pa.StructScalar):
        return {name: _cell(each) for name, each in scalar.items()}
    try:
        return scalar.as_py()
    except OverflowError:
        return _nearest(scalar)


def _nearest(scalar: pa.Scalar) -> date:
    late = scalar.value > 0
    if pa.types.is_date(scalar.type):
        return date.max if late else date.min
    return LAST if late else FIRST
