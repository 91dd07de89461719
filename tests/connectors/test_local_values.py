"""Cells are read strictly, and whole columns are read exactly as their cells are one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.local.columns import typed_column
from connectors.local.values import RefusedValueError, read_value
from rules.types import FieldType

GOOD = [
    (FieldType.DATE, "2026-02-28", date(2026, 2, 28)),
    (FieldType.TIME, "2026-02-28T10:00Z", datetime(2026, 2, 28, 10, tzinfo=UTC)),
    (FieldType.TIME, "2026-02-28 10:00:00.5-05:00", datetime(2026, 2, 28, 15, 0, 0, 500_000, tzinfo=UTC)),
    (FieldType.MONEY, "-1234.5", Decimal("-1234.50")),
    (FieldType.MONEY, "1234.500", Decimal("1234.50")),
    (FieldType.NUMBER, "0.25", 0.25),
    (FieldType.YES_NO, "true", True),
    (FieldType.YES_NO, "false", False),
    (FieldType.CHOICES, "a; b;;", ["a", "b"]),
    (FieldType.CHOICES, ";", []),
    (FieldType.TEXT, " =kept as it is ", " =kept as it is "),
]

BAD = [
    (FieldType.DATE, "0000-01-01", "outside the years 1900 to 2199"),
    (FieldType.DATE, "9999-12-31", "outside the years 1900 to 2199"),
    (FieldType.DATE, "10000-01-01", "not a date"),
    (FieldType.DATE, "2026-02-29", "not a day or hour that exists"),
    (FieldType.DATE, "28.02.2026", "not a date"),
    (FieldType.DATE, "2026-02-28T00:00:00Z", "not a date"),
    (FieldType.TIME, "2026-02-28 10:00:00", "a time without a time zone"),
    (FieldType.TIME, "2026-02-28", "not a time"),
    (FieldType.TIME, "9999-12-31T23:59:59-12:00", "outside the years 1900 to 2199"),
    (FieldType.TIME, "0001-01-01T00:00:00+14:00", "outside the years 1900 to 2199"),
    (FieldType.TIME, "2026-02-28T25:00:00Z", "not a day or hour that exists"),
    (FieldType.TIME, "2026-02-28T10:00:00+24:00", "not a day or hour that exists"),
    (FieldType.TIME, "2026-02-28T10:00:00.1234567Z", "not a time"),
    (FieldType.MONEY, "1,234.50", "not an amount"),
    (FieldType.MONEY, "€100", "not an amount"),
    (FieldType.MONEY, "1e5", "not an amount"),
    (FieldType.MONEY, "1.005", "an amount with more than two decimals"),
    (FieldType.MONEY, "1" * 17, "too large an amount"),
    (FieldType.MONEY, "9" * 400, "too large an amount"),
    (FieldType.NUMBER, "nan", "not a number"),
    (FieldType.NUMBER, "٣", "not a number"),
    (FieldType.NUMBER, "9" * 400, "too large a number"),
    (FieldType.YES_NO, "TRUE", "neither `true` nor `false`"),
    (FieldType.YES_NO, "1", "neither `true` nor `false`"),
]


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_a_canonical_cell_is_read(kind: FieldType, text: str, value: Any) -> None:
    assert read_value(text, kind) == value


@pytest.mark.parametrize(("kind", "text", "reason"), BAD)
def test_any_other_form_is_refused_with_its_reason(kind: FieldType, text: str, reason: str) -> None:
    with pytest.raises(RefusedValueError) as refused:
        read_value(text, kind)
    assert refused.value.reason == reason


def test_a_word_outside_a_closed_vocabulary_is_refused_with_the_nearest() -> None:
    with pytest.raises(RefusedValueError) as refused:
        read_value("Meeting", FieldType.CHOICE, ("call", "meeting"))
    assert refused.value.help == "did you mean `meeting`?"


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_a_column_reads_a_canonical_cell_as_it_is_read_alone(kind: FieldType, text: str, value: Any) -> None:
    column = typed_column(pa.array([text, None, "  "]), kind)
    assert column.values.to_pylist() == [value, None, None]
    assert column.refused == ()


@pytest.mark.parametrize(("kind", "text", "reason"), BAD)
def test_a_refused_cell_is_null_and_named_and_its_neighbours_stay(kind: FieldType, text: str, reason: str) -> None:
    good = next(each for each in GOOD if each[0] is kind)
    column = typed_column(pa.array([good[1], text, good[1]]), kind)
    assert column.values.to_pylist() == [good[2], None, good[2]]
    assert [(cell.row, cell.text, cell.reason) for cell in column.refused] == [(1, text, reason)]


WRITTEN = st.one_of(
    st.sampled_from([text for _, text, _ in (*GOOD, *BAD)]),
    st.text(alphabet="0123456789.-+:TZ eE", max_size=12),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=-5, minutes=30)))).map(datetime.isoformat),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
)


def alone(kind: FieldType, text: str) -> list[Any]:
    try:
        return [read_value(text, kind)]
    except RefusedValueError as refused:
        return [refused.reason]


@given(st.sampled_from([FieldType.DATE, FieldType.TIME, FieldType.NUMBER, FieldType.MONEY]), WRITTEN)
def test_a_column_refuses_and_reads_exactly_what_a_cell_does(kind: FieldType, text: str) -> None:
    column = typed_column(pa.array([text]), kind)
    if not text.strip():
        assert column.values.to_pylist() == [None]
        return
    assert ([cell.reason for cell in column.refused] or column.values.to_pylist()) == alone(kind, text)
