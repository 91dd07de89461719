"""Every way to a value gives the same canonical values wherever the tables are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from engine.judge.tables import ARROW_TYPES
from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.connectors.warehouse.warehouses import Place

CLOCK = pa.timestamp("us")
MAPPING = """
warehouse: w
crm: local
timezone: America/New_York
days_in: Europe/Berlin
tables:
  deals: {from: d, columns: {id: id}}
fields:
  deals:
"""
KINDS = {
    "said": FieldType.TEXT, "number": FieldType.NUMBER, "price": FieldType.MONEY, "day": FieldType.DATE,
    "moment": FieldType.TIME, "agreed": FieldType.YES_NO, "tags": FieldType.CHOICES,
}  # fmt: skip
MOST = 6


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


CASES = [
    ("said", "v", pa.string(), ["a", " ", "\t", "", None, "' \\ é"], ["a", None, None, None, None, "' \\ é"]),
    ("said", "v", pa.int64(), [1, None], ["1", None]),
    ("said", "v", pa.float64(), [12.0, None], ["12", None]),
    ("said", "{constant: it's}", pa.string(), ["x"], ["it's"]),
    ("said", "{text: [v, {constant: b}], between: '-'}", pa.string(), ["a", None], ["a-b", "b"]),
    ("said", "{first: [v, {constant: b}]}", pa.string(), ["a", " ", None], ["a", "b", "b"]),
    ("said", "{column: v, values: {A: one}, unmapped: keep}", pa.string(), ["A", "B", None], ["one", "B", None]),
    ("said", "{column: v, values: {A: one}, unmapped: absent}", pa.string(), ["A", "B"], ["one", None]),
    ("said", "{cases: [{where: {v: [a, b]}, is: {constant: first}}], otherwise: v}", pa.string(), ["a", "c", None],
     ["first", "c", None]),
    ("said", "{cases: [{where: {v: {not: a}}, is: {constant: other}}]}", pa.string(), ["a", "b", None],
     [None, "other", "other"]),
    ("said", "{cases: [{where: {v: {starts_with: '00'}}, is: v}]}", pa.string(), ["003", "1003", None],
     ["003", None, None]),
    ("said", "{cases: [{where: {v: {present: false}}, is: {constant: none}}]}", pa.string(), ["a", " ", None],
     [None, "none", "none"]),
    ("said", "{cases: [{where: {v: true}, is: {constant: yes}}]}", pa.bool_(), [True, False, None],
     ["yes", None, None]),
    ("said", "{cases: [{where: {v: true}, is: {constant: yes}}]}", pa.string(), ["TRUE", "false", None],
     ["yes", None, None]),
    ("said", "{cases: [{where: {v: [1, 2]}, is: {constant: few}}]}", pa.int64(), [1, 3, None], ["few", None, None]),
    ("said", "{cases: [{where: {v: {ahead: true}}, is: {constant: later}}]}", CLOCK,
     [datetime(2020, 1, 1), datetime(2190, 1, 1), None], [None, "later", None]),  # noqa: DTZ001
    ("number", "v", pa.int64(), [7, None], [7.0, None]),
    ("number", "v", pa.float64(), [1.5, float("inf"), float("nan"), None], [1.5, None, None, None]),
    ("number", "v", pa.string(), ["1.5", " -2 ", "1e3", "x", "", None], [1.5, -2.0, None, None, None, None]),
    ("number", "{constant: 2.5}", pa.string(), ["x"], [2.5]),
    ("price", "v", pa.int64(), [12, None], [Decimal("12.00"), None]),
    ("price", "v", pa.decimal128(10, 1), [Decimal("12.5")], [Decimal("12.50")]),
    ("price", "v", pa.decimal128(38, 2), [Decimal("12.50"), Decimal("1" + "0" * 20)], [Decimal("12.50"), None]),
    ("price", "v", pa.float64(), [12.25, 1e20], [Decimal("12.25"), None]),
    ("price", "v", pa.string(), ["12.5", "1,2", "12345678901234567"], [Decimal("12.50"), None, None]),
    ("day", "v", pa.date32(), [date(2026, 1, 31), date(9999, 12, 31)], [date(2026, 1, 31), None]),
    ("day", "v", CLOCK, [datetime(2026, 1, 31, 23, 59)], [date(2026, 1, 31)]),  # noqa: DTZ001
    ("day", "v", pa.timestamp("us", "UTC"), [utc(2026, 1, 31, 22), utc(2026, 1, 31, 23)],
     [date(2026, 1, 31), date(2026, 2, 1)]),
    ("day", "v", pa.string(), ["2026-01-31", "2026-02-31", "2026-01-31 08:00:00", "2026-01-31T23:30:00Z", "31.1.26"],
     [date(2026, 1, 31), None, date(2026, 1, 31), date(2026, 2, 1), None]),
    ("moment", "v", pa.timestamp("us", "UTC"), [utc(2026, 1, 31, 9, 30), utc(2999, 1, 1)],
     [utc(2026, 1, 31, 9, 30), None]),
    ("moment", "v", CLOCK, [datetime(2026, 1, 31, 9, 30), datetime(2026, 7, 1, 9, 30)],  # noqa: DTZ001
     [utc(2026, 1, 31, 14, 30), utc(2026, 7, 1, 13, 30)]),
    ("moment", "{column: v, timezone: UTC}", CLOCK, [datetime(2026, 11, 1, 5, 30, 0, 123456)],  # noqa: DTZ001
     [utc(2026, 11, 1, 5, 30, 0, 123456)]),
    ("moment", "v", pa.date32(), [date(2026, 1, 31)], [utc(2026, 1, 31, 5)]),
    ("moment", "v", pa.string(),
     ["2026-01-31T09:30:00Z", "2026-01-31 09:30:00", "2026-01-31 09:30:00.5+02:00", "2026-02-30 09:30:00", "soon"],
     [utc(2026, 1, 31, 9, 30), utc(2026, 1, 31, 14, 30), utc(2026, 1, 31, 7, 30, 0, 500_000), None, None]),
    ("moment", "{column: v, unix: seconds}", pa.int64(), [1_769_851_800], [utc(2026, 1, 31, 9, 30)]),
    ("moment", "{column: v, unix: milliseconds}", pa.int64(), [1_769_851_800_250],
     [utc(2026, 1, 31, 9, 30, 0, 250_000)]),
    ("moment", "{constant: 2026-01-31T09:30:00Z}", pa.string(), ["x"], [utc(2026, 1, 31, 9, 30)]),
    ("agreed", "v", pa.bool_(), [True, False, None], [True, False, None]),
    ("agreed", "v", pa.string(), ["Yes", "0", "maybe", ""], [True, False, None, None]),
    ("agreed", "v", pa.int64(), [1, 0, 7], [True, False, None]),
    ("tags", "v", pa.list_(pa.string()), [["b", "a"], None], [["b", "a"], None]),
    ("tags", "v", pa.string(), ["b; a;;", " ", None], [["b", "a"], None, None]),
    ("tags", "{column: v, separator: '|'}", pa.string(), ["b|a"], [["b", "a"]]),
    ("tags", "{list: [v, {constant: a}]}", pa.string(), ["b", "a", None], [["a", "b"], ["a"], ["a"]]),
]  # fmt: skip


def playbook_of(*kinds: FieldType) -> Playbook:
    return Playbook("p", 1, "P", (), fields=tuple(Field(f"f{each}", kind) for each, kind in enumerate(kinds)))


def mapping_of(*origins: str) -> str:
    fields = [f"    f{number}: {each}" for number, each in enumerate(origins)]
    return MAPPING.lstrip() + "\n".join(fields) + "\n"


def filled(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    return pa.array([*values, *[None] * (MOST - len(values))], kind)


def test_values_are_canonical_wherever_the_tables_are(place: Place) -> None:
    columns = {f"c{number}": filled(case[3], case[2]) for number, case in enumerate(CASES)}
    place.fill({"d": pa.table({"id": [f"D{each}" for each in range(MOST)], **columns})})
    mapping = mapping_of(*(reading(f"c{number}", case[1]) for number, case in enumerate(CASES)))
    with place.warehouse(mapping) as warehouse:
        deals = next(warehouse.read([playbook_of(*(KINDS[case[0]] for case in CASES))]))["deals"]
    for number, (what, origin, kind, values, expected) in enumerate(CASES):
        made = deals[f"f{number}"]
        assert made.type == ARROW_TYPES[KINDS[what]]
        assert made.to_pylist()[: len(expected)] == expected, f"{what}: {origin} of {kind} {values}"


def reading(column: str, origin: str) -> str:
    """Let an origin read a column where it says `v`."""
    return re.sub(r"\bv\b", column, origin)


def test_what_cannot_be_taken_is_counted_and_named_at_its_place(place: Place) -> None:
    place.fill({"d": pa.table({"id": ["1", "2", "3", "4"], "v": ["12", "x", "y", None]})})
    with place.warehouse(mapping_of("v")) as warehouse:
        deals = next(warehouse.read([playbook_of(FieldType.MONEY)]))["deals"]
        (problem,) = warehouse.problems
    assert deals["f0"].to_pylist() == [Decimal("12.00"), None, None, None]
    assert problem.code == "bad-cell"
    assert problem.message == "2 values of `f0` of `deals` cannot be taken, such as `x`"
    assert (problem.where.line, problem.where.column) == (9, 5)


def test_a_word_beside_a_closed_vocabulary_is_no_value(files: Place) -> None:
    files.fill({"d": pa.table({"id": ["1", "2"], "v": ["won", "verloren"]})})
    mapping = "warehouse: w\ncrm: local\ntables: {deals: {from: d, columns: {id: id, outcome: v}}}\n"
    with files.warehouse(mapping) as warehouse:
        assert next(warehouse.read(()))["deals"]["outcome"].to_pylist() == ["won", None]
        assert [each.message for each in warehouse.problems] == [
            "1 value of `outcome` of `deals` cannot be taken, such as `verloren`"
        ]


@pytest.mark.parametrize("session_zone", ["Pacific/Kiritimati", "America/New_York"])
def test_no_zone_of_a_session_moves_a_moment(place: Place, session_zone: str) -> None:
    clocks = [datetime(2026, 11, 1, 5, 30), datetime(2026, 11, 1, 6, 30)]  # noqa: DTZ001 - the clock change's hours
    place.fill({"d": pa.table({"id": ["1", "2"], "v": pa.array(clocks, CLOCK)})})
    with place.warehouse(mapping_of("{column: v, timezone: UTC}")) as warehouse:
        warehouse.backend.set_zone(session_zone)
        warehouse.beside = None
        deals = next(warehouse.read([playbook_of(FieldType.TIME)]))["deals"]
    assert deals["f0"].to_pylist() == [each.replace(tzinfo=UTC) for each in clocks]
