"""Random batches of deals with all their related rows: nulls in a fifth of the cells, values near every boundary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa

from engine.judge.tables import ARROW_TYPES, Tables
from rules.types import KNOWN_VALUES, FieldType
from tests.reference import vocabulary
from tests.reference.vocabulary import Setting

Row = dict[str, Any]
NULLS = 0.2
PEOPLE = ("p1", "p2", "p3")
ACCOUNTS = ("a1", "a2", "a3")
OWNERS = ("o1", "o2")
NEVER_NULL = {"id", "deal_id", "field"}
TABLES = ("contacts", "activities", "stage_changes", "proposals", "field_changes", "quotes")
ALWAYS = {"id", "deal_id", "stage", "outcome", "field", "changed_at", "contact_ids"}
"""Columns that every CRM delivers."""


def random_tables(
    seed: int,
    deals: int,
    setting: Setting,
    stages: Sequence[str] = tuple(vocabulary.STAGE_NAMES),
    *,
    in_our_words: bool = False,
) -> Tables:
    """Make a batch; the same seed makes the same one. with `in_our_words` it speaks as the playbook does."""
    names = tuple(each if in_our_words else vocabulary.STAGE_NAMES[each] or each for each in stages)
    maker = _Maker(Random(seed), setting, names, in_our_words)  # noqa: S311 a seed that Hypothesis draws
    ids = [f"d{number:02}" for number in range(deals)]
    rows = {
        "deals": [maker.deal(each) for each in ids],
        "accounts": [maker.row("accounts", id=each) for each in ACCOUNTS],
        "owners": [maker.row("owners", id=each) for each in OWNERS],
        **{table: [row for each in ids for row in maker.related(table, each)] for table in TABLES},
    }
    tracked = None if maker.random.random() < 0.5 else frozenset({"amount", "close_date", "next_step"})
    tables = Tables({name: _arrow(name, each) for name, each in rows.items()}, tracked)
    return tables if maker.random.random() < 0.5 else _lacking(tables, maker.random)


def only(tables: Tables, *, deals: Sequence[str]) -> Tables:
    """Keep only some deals and what belongs to them."""
    kept = {}
    for name, table in tables.tables.items():
        key = "id" if name == "deals" else "deal_id"
        mask = [each in deals for each in table[key].to_pylist()] if key in table.column_names else None
        kept[name] = (
            table if mask is None or name in {"accounts", "owners"} else table.filter(pa.array(mask, pa.bool_()))
        )
    return Tables(kept, tables.tracked)


@dataclass(frozen=True)
class _Maker:
    random: Random
    setting: Setting
    stages: tuple[str, ...]
    in_our_words: bool

    def deal(self, deal_id: str) -> Row:
        row = self.row("deals", id=deal_id)
        row["stage"] = self.one_of([*self.stages * 7, "Lost for good", "Twice", "lost", "duplicate", "Nowhere", None])
        row["outcome"] = self.one_of(["open"] * 12 + [None, None, "won", "won", "lost"])
        row["currency"] = self.one_of([None, "USD", *vocabulary.CURRENCIES])
        row["closed_at"] = self.one_of(self.setting.past) if row["outcome"] != "open" else row["closed_at"]
        row["closed_at"] = self.maybe(row["closed_at"])
        row["account_id"], row["owner_id"] = self.maybe(self.one_of(ACCOUNTS)), self.maybe(self.one_of(OWNERS))
        return row

    def related(self, table: str, deal_id: str) -> list[Row]:
        count = self.random.choice((0, 1, 1, 2, 2, 3, 4))
        return [self._keyed(table, deal_id, number) for number in range(count)]

    def _keyed(self, table: str, deal_id: str, number: int) -> Row:
        row = self.row(table, deal_id=deal_id)
        if table == "contacts":
            row["id"] = self.one_of(PEOPLE)
        elif "id" in row:
            row["id"] = f"{table[0]}{number}"
        if table == "field_changes":
            row["changed_at"] = self._a_moment_of_its_own(number)
            row["field"] = self.one_of(("amount", "close_date", "close_date", "pain", "next_step", "budget_confirmed"))
            row["old"], row["new"] = (self.maybe(self.one_of(self.setting.days).isoformat()) for _ in "ab")
        return row

    def _a_moment_of_its_own(self, number: int) -> datetime:
        """Give each change of a deal's fields another instant, so that one is the latest."""
        moments = [moment for place, moment in enumerate(self.setting.past) if place % 4 == number]
        return self.random.choice(moments)

    def row(self, table: str, **given: Any) -> Row:
        cells = {name: self._cell(table, name, kind) for name, kind in vocabulary.columns(table).items()}
        return {**cells, **given}

    def _cell(self, table: str, name: str, kind: FieldType) -> Any:
        value = self._value(table, name, kind)
        return value if name in NEVER_NULL else self.maybe(value)

    def _value(self, table: str, name: str, kind: FieldType) -> Any:  # noqa: PLR0911 one case a kind of column
        if (table, name) in KNOWN_VALUES:
            return self.one_of(KNOWN_VALUES[table, name])
        if name == "role":
            return self.one_of([role.id for role in vocabulary.ROLES] if self.in_our_words else vocabulary.ROLE_NAMES)
        if name in {"from_stage", "to_stage"}:
            return self.one_of([*self.stages * 3, "Nowhere"])
        if name == "contact_ids":
            return self.random.sample([*PEOPLE, "nobody"], self.random.choice((0, 1, 1, 2)))
        if name == "changed_by":
            return self.one_of([*OWNERS, "somebody"])
        if name == "team":
            return self.one_of(vocabulary.TEAMS)
        return self._of_type[kind]()

    @property
    def _of_type(self) -> dict[FieldType, Callable[[], Any]]:
        times = [*self.setting.past, *self.setting.past, *self.setting.future]
        return {
            FieldType.TEXT: lambda: self.one_of(vocabulary.TEXTS),
            FieldType.LINK: lambda: self.one_of(vocabulary.TEXTS),
            FieldType.CHOICE: lambda: self.one_of(vocabulary.CHOICES),
            FieldType.CHOICES: lambda: self.random.sample(vocabulary.CHOICES, self.random.choice((0, 1, 2))),
            FieldType.YES_NO: lambda: self.one_of((True, False)),
            FieldType.NUMBER: lambda: float(self.one_of((*vocabulary.NUMBERS, *vocabulary.MEASURED))),
            FieldType.MONEY: lambda: Decimal(self.one_of((*vocabulary.AMOUNTS * 3, *vocabulary.EXTREME_AMOUNTS))),
            FieldType.DATE: lambda: self.one_of(self.setting.days),
            FieldType.TIME: lambda: self.one_of(times),
        }

    def one_of(self, pool: Sequence[Any]) -> Any:
        return self.random.choice(pool)

    def maybe(self, value: Any) -> Any:
        return None if self.random.random() < NULLS else value


def _arrow(table: str, rows: Sequence[Row]) -> pa.Table:
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in vocabulary.columns(table).items()])
    return pa.Table.from_pylist(list(rows), schema=schema)


def _lacking(tables: Tables, random: Random) -> Tables:
    """Leave out a table or a column here and there, as CRMs do."""
    kept = {name: table for name, table in tables.tables.items() if name == "deals" or random.random() < 0.9}
    for name, table in kept.items():
        kept[name] = table.drop_columns(
            [each for each in table.column_names if each not in ALWAYS and random.random() < 0.05]
        )
    return Tables(kept, tables.tracked)
