"""Whole columns of text turned into typed Arrow columns; what Arrow cannot take at once is read cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from connectors.local.values import FIRST_YEAR, FORMS, LAST_YEAR, RefusedValueError, read_value
from engine.judge.tables import ARROW_TYPES
from rules.types import FieldType

EARLIEST = {
    FieldType.DATE: pa.scalar(date(FIRST_YEAR, 1, 1), pa.date32()),
    FieldType.TIME: pa.scalar(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), ARROW_TYPES[FieldType.TIME]),
}
TOO_LATE = {
    FieldType.DATE: pa.scalar(date(LAST_YEAR + 1, 1, 1), pa.date32()),
    FieldType.TIME: pa.scalar(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC), ARROW_TYPES[FieldType.TIME]),
}

SHORT = {**FORMS, FieldType.MONEY: r"-?\d{1,16}(\.\d{1,2})?"}
"""The forms that Arrow reads rightly; of longer amounts it makes other ones."""


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """A cell that could not be read: its row in the column, what it says and why that will not do."""

    row: int
    text: str
    reason: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column as its type asks; refused cells are null in it."""

    values: pa.Array
    refused: tuple[RefusedCell, ...] = ()


def typed_column(texts: pa.Array, kind: FieldType, known: Sequence[str] = ()) -> TypedColumn:
    """Read a column of canonical text; blank cells are null."""
    cells = blank_to_null(texts)
    values = _at_once(cells, kind, known)
    return TypedColumn(values) if values is not None else _one_by_one(cells, kind, known)


def blank_to_null(texts: pa.Array) -> pa.Array:
    """Make cells of nothing but white space null."""
    blank = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0)
    return pc.if_else(pc.fill_null(blank, fill_value=True), pa.scalar(None, pa.string()), texts)


def split_lists(texts: pa.Array) -> pa.Array:
    """Split lists separated by `;`, leaving out blank items; null stays null."""
    lists = pc.split_pattern(texts, ";")
    items = pc.utf8_trim_whitespace(pc.list_flatten(lists))
    kept = pc.greater(pc.binary_length(items), 0)
    rows = pc.list_parent_indices(lists)
    counts = pc.value_counts(rows.filter(kept))
    sizes = [0] * len(texts)
    for row, count in zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True):
        sizes[row] = count
    offsets = pc.cumulative_sum(pa.array([0, *sizes], pa.int32()))
    return pa.ListArray.from_arrays(offsets, items.filter(kept), mask=pc.is_null(texts))


def _at_once(cells: pa.Array, kind: FieldType, known: Sequence[str]) -> pa.Array | None:
    """Cast the whole column, or give None where some cell needs a closer look."""
    if kind is FieldType.CHOICES:
        return split_lists(cells)
    form = SHORT.get(kind)
    if form is None:
        strange = known and not _all(pc.is_in(cells.drop_null(), value_set=pa.array(known, pa.string())))
        return None if strange else cells
    if not _all(pc.match_substring_regex(cells, f"^({form})$")):
        return None
    try:
        values = cells.cast(ARROW_TYPES[kind])
    except pa.ArrowInvalid:
        return None
    return values if _in_range(values, kind) else None


def _in_range(values: pa.Array, kind: FieldType) -> bool:
    if kind is FieldType.NUMBER:
        return _all(pc.is_finite(values))
    if kind not in EARLIEST:
        return True
    return _all(pc.and_(pc.greater_equal(values, EARLIEST[kind]), pc.less(values, TOO_LATE[kind])))


def _all(answers: pa.Array) -> bool:
    return bool(pc.all(answers, min_count=0).as_py())


def _one_by_one(cells: pa.Array, kind: FieldType, known: Sequence[str]) -> TypedColumn:
    values, refused = list[object](), list[RefusedCell]()
    for row, text in enumerate(cells.to_pylist()):
        try:
            values.append(None if text is None else read_value(text, kind, known))
        except RefusedValueError as error:
            values.append(None)
            refused.append(RefusedCell(row, text, error.reason, error.help))
    return TypedColumn(pa.array(values, ARROW_TYPES[kind]), tuple(refused))
