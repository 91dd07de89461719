"""Everything arrives as a text, is typed once, and is refused by name where it does not parse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from connectors.hubspot.rows import Typing
from connectors.hubspot.values import canonical_sql, day_sql, typed
from connectors.hubspot.wanted import Source
from rules.types import FieldType

SOURCE = Source("deals", {"amount": "number", "closedate": "datetime", "due": "date", "hot": "bool", "name": "string"})


def record(id_: str, **properties: Any) -> dict[str, Any]:
    return {"id": id_, "properties": properties}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "15000", 15000.0),
        ("number", "0.40000000000000002220446049250313080847263336181640625", 0.4),
        ("number", " 5 ", 5.0),
        ("datetime", "2026-12-31T00:00:00Z", datetime(2026, 12, 31, tzinfo=UTC)),
        ("datetime", "2026-03-12T07:34:03.8Z", datetime(2026, 3, 12, 7, 34, 3, 800_000, tzinfo=UTC)),
        ("datetime", "2026-03-12T09:34:03+02:00", datetime(2026, 3, 12, 7, 34, 3, tzinfo=UTC)),
        ("datetime", "1462216307945", datetime(2016, 5, 2, 19, 11, 47, 945_000, tzinfo=UTC)),
        ("datetime", "2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("date", "2026-12-31", date(2026, 12, 31)),
        ("date", "2026-12-31T00:00:00Z", date(2026, 12, 31)),
        ("date", "1798675200000", date(2026, 12, 31)),
        ("bool", "true", True),
        ("bool", "FALSE", False),
        ("enumeration", "a;b", "a;b"),
    ],
)
def test_a_text_is_typed_however_hubspot_writes_it(kind: str, text: str, value: object) -> None:
    values, wrong = typed([text, None], kind)
    assert values.to_pylist() == [value, None]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "a lot"), ("number", "NaN"), ("number", "1_000"), ("number", "inf"), ("datetime", "soon"),
     ("date", "2026-13-01"), ("date", "999999999999999"), ("bool", "maybe")],
)  # fmt: skip
def test_what_does_not_parse_is_null_and_the_others_are_read(kind: str, text: str) -> None:
    good = {"number": "1", "datetime": "2026-12-31T00:00:00Z", "date": "2026-12-31", "bool": "true"}[kind]
    values, wrong = typed([good, text, None], kind)
    assert wrong == [1]
    assert [each is None for each in values.to_pylist()] == [False, True, True]


def test_what_does_not_parse_is_named_by_record_property_and_value() -> None:
    typing = Typing("acme")
    table = typing.rows([record("1", amount="1e3", hot="true"), record("2", amount="a lot\n", hot="yes")], SOURCE)
    assert table["amount"].to_pylist() == [1000.0, None]
    assert [(each.code, each.message) for each in typing.problems] == [
        ("not-readable", "`amount` of deals 2 is not read: `a lot\\n` is no number"),
        ("not-readable", "`hot` of deals 2 is not read: `yes` is no `true` or `false`"),
    ]


def test_what_does_not_parse_again_and_again_is_named_a_thousand_times_and_counted() -> None:
    typing = Typing("acme")
    typing.rows([record(str(number), amount="?") for number in range(1_500)], SOURCE)
    assert len(typing.problems) == 1_001
    assert typing.problems[-1].message == "500 more values that do not parse are not shown"


def test_numbers_and_booleans_where_texts_belong_are_taken_as_written() -> None:
    typing = Typing("acme")
    table = typing.rows([record("1", amount=1234.5, hot=True, name=7, closedate=1462216307945)], SOURCE)
    assert table.drop_columns(["_deleted", "due"]).to_pylist() == [
        {"Id": "1", "amount": 1234.5, "closedate": datetime(2016, 5, 2, 19, 11, 47, 945_000, tzinfo=UTC), "hot": True,
         "name": "7"}
    ]  # fmt: skip
    assert not typing.problems


def test_blank_is_null() -> None:
    table = Typing("acme").rows([record("1", amount="", name=None)], SOURCE)
    assert (table["amount"].to_pylist(), table["name"].to_pylist()) == ([None], [None])


def asked(sql: str) -> Any:
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        return db.execute(f"SELECT {sql}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-12-31 00:00:00+00", date(2026, 12, 31)),
        ("2026-12-31 04:00:00+00", date(2026, 12, 30)),
        ("2026-12-31 05:00:00+00", date(2026, 12, 31)),
        ("2026-12-31 23:59:00+00", date(2026, 12, 31)),
    ],
)
def test_a_moment_has_its_day_in_the_accounts_zone_and_midnight_in_utc_is_a_day_without_an_hour(
    moment: str, day: date
) -> None:
    assert asked(day_sql(f"TIMESTAMPTZ '{moment}'", "America/New_York")) == day


def test_choices_are_called_as_people_see_them_and_unknown_ones_stay() -> None:
    names = {"a_1": "First; one's", "b": "Second"}
    told = canonical_sql("'a_1;b;c'", "enumeration", FieldType.CHOICES, "UTC", names)
    assert asked(told) == ["First; one's", "Second", "c"]
    assert asked(canonical_sql("'b'", "enumeration", FieldType.CHOICE, "UTC", names)) == "Second"
    assert asked(canonical_sql("'c'", "enumeration", FieldType.CHOICE, "UTC", names)) == "c"
    assert asked(canonical_sql("' '", "enumeration", FieldType.CHOICE, "UTC", names)) is None


def test_a_number_read_as_text_is_as_it_was_written() -> None:
    assert asked(canonical_sql("15000::DOUBLE", "number", FieldType.TEXT, "UTC", {})) == "15000"
    assert asked(canonical_sql("1.5::DOUBLE", "number", FieldType.TEXT, "UTC", {})) == "1.5"
