"""The canonical tables as rows of plain values, deal by deal: blank texts are absent, money is in one currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine.judge.tables import Tables, canonical_types
from rules.playbook import Playbook
from rules.types import FieldType

Row = Mapping[str, Any]
CENT = Decimal("0.01")
LARGEST = Decimal("9999999999999999.99")
FREE_TEXT = {FieldType.TEXT, FieldType.LINK}
KEYS = {"id", "deal_id", "owner_id", "account_id"}
PARENTS = {"accounts": "account_id", "owners": "owner_id"}


@dataclass(frozen=True)
class Records:
    """A batch as rows; every row has all columns of its table, and `column.given` beside each amount."""

    deals: Sequence[Row]
    parents: Mapping[str, Mapping[str, Row]]
    related: Mapping[str, Mapping[str, Sequence[Row]]]
    empty: Mapping[str, Row]

    def of_deal(self, table: str, deal: Row) -> Sequence[Row]:
        """Give a deal's rows of a related table."""
        return self.related.get(table, {}).get(deal["id"], ())

    def parent(self, table: str, deal: Row) -> Row:
        """Give the deal's account or owner; all of it is absent where there is none."""
        return self.parents.get(table, {}).get(deal[PARENTS[table]], self.empty[table])


def records_of(playbook: Playbook, tables: Tables) -> Records:
    """Turn a batch into rows, its deals sorted by id."""
    types = canonical_types(playbook)
    rows: dict[str, list[Row]] = {name: [*_rows(tables, name, kinds)] for name, kinds in types.items()}
    deals = sorted(rows["deals"], key=lambda deal: str(deal["id"]))
    currencies = {deal["id"]: deal["currency"] for deal in deals}
    related = {name: _by_deal(rows[name]) for name, kinds in types.items() if "deal_id" in kinds}
    if "currency" in tables.delivered["deals"]:
        deals = [_converted(deal, types["deals"], deal["currency"], playbook) for deal in deals]
        related = {
            name: {
                deal_id: [_converted(row, types[name], currencies.get(deal_id), playbook) for row in own]
                for deal_id, own in by_deal.items()
            }
            for name, by_deal in related.items()
        }
    parents = {name: {row["id"]: row for row in rows[name]} for name in PARENTS if name in tables.tables}
    return Records(deals, parents, related, {name: dict.fromkeys(types[name]) for name in PARENTS})


def _rows(tables: Tables, name: str, kinds: Mapping[str, FieldType]) -> list[dict[str, Any]]:
    table = tables.tables.get(name)
    if table is None:
        return []
    columns = {each: table[each].to_pylist() for each in table.column_names if each in kinds}
    absent = [each for each in kinds if each not in columns]
    listed = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return [{**{each: _tidy(row[each], each, kinds[each]) for each in row}, **dict.fromkeys(absent)} for row in listed]


def _tidy(value: Any, name: str, kind: FieldType) -> Any:  # noqa: ANN401 -- a cell of any type
    if kind in FREE_TEXT and name not in KEYS and value is not None and not value.strip():
        return None
    return value


def _by_deal(rows: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["deal_id"]].append(row)
    return grouped


def _converted(row: Row, kinds: Mapping[str, FieldType], currency: str | None, playbook: Playbook) -> Row:
    """Give amounts in the playbook's currency, absent without a rate or room, and what was given beside (rule 16)."""
    amounts = [name for name, kind in kinds.items() if kind is FieldType.MONEY]
    given = {f"{name}.given": row[name] is not None for name in amounts}
    if currency is None or currency == playbook.currency:
        return {**row, **given}
    rate = playbook.rates.get(currency)
    return {**row, **{name: _at_rate(row[name], rate) for name in amounts}, **given}


def _at_rate(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    if amount is None or rate is None:
        return None
    converted = (amount * rate).quantize(CENT, ROUND_HALF_UP)
    return converted if abs(converted) <= LARGEST else None
