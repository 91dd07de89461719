"""The canonical tables every connector delivers: Arrow schemas and one batch of deals with their related rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from rules.playbook import Playbook
from rules.types import STANDARD_TABLES, FieldType

ARROW_TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.CHOICE: pa.string(),
    FieldType.LINK: pa.string(),
    FieldType.CHOICES: pa.list_(pa.string()),
    FieldType.YES_NO: pa.bool_(),
    FieldType.NUMBER: pa.float64(),
    FieldType.MONEY: pa.decimal128(18, 2),
    FieldType.DATE: pa.date32(),
    FieldType.TIME: pa.timestamp("us", tz="UTC"),
}
"""How each field type travels: times are UTC timestamps, money is decimal in the row's currency, absent is null."""

PARENTS = frozenset({"owners", "accounts"})
"""The tables whose rows belong to several deals."""


def canonical_types(playbook: Playbook | None = None) -> dict[str, dict[str, FieldType]]:
    """Give the field type of every canonical column by table, a playbook's own fields and records added."""
    columns = {table: dict(standard) for table, standard in STANDARD_TABLES.items()}
    if playbook is not None:
        for record in playbook.records:
            columns[record.id] = {"deal_id": FieldType.TEXT, **{each.id: each.type for each in record.fields}}
        for each in playbook.fields:
            columns[each.table][each.id] = each.type
    return columns


def canonical_schemas(playbook: Playbook | None = None) -> dict[str, pa.Schema]:
    """Give the Arrow schema of every canonical table, with a playbook's own fields and records added."""
    return {
        table: pa.schema([(name, ARROW_TYPES[kind]) for name, kind in fields.items()])
        for table, fields in canonical_types(playbook).items()
    }


@dataclass(frozen=True)
class Tables:
    """One batch: deals and all their related rows, by canonical table name.

    A table that is not in `tables` was not delivered by the CRM, which is not the same as empty (rule 2): what reads
    it is unjudged. So is a column that a delivered table lacks. `tracked` names the deal fields whose changes
    `field_changes` records (None: all of them, where the table is delivered).
    """

    tables: Mapping[str, pa.Table]
    tracked: frozenset[str] | None = field(default=None)

    def __getitem__(self, table: str) -> pa.Table:
        return self.tables[table]

    @property
    def delivered(self) -> Mapping[str, frozenset[str]]:
        """The columns delivered, by table."""
        return {name: frozenset(table.column_names) for name, table in self.tables.items()}

    @property
    def deal_ids(self) -> list[str]:
        """The ids of the batch's deals, in order."""
        ids: list[str] = self.tables["deals"]["id"].to_pylist()
        return ids


def joined(batches: Sequence[Tables]) -> Tables:
    """Put batches of one reading together; owners and accounts that several of them hold stand once."""
    first, *more = batches
    if not more:
        return first
    whole = {name: pa.concat_tables([each[name] for each in batches]) for name in first.tables}
    return Tables({name: _once(table) if name in PARENTS else table for name, table in whole.items()}, first.tracked)


def _once(table: pa.Table) -> pa.Table:
    """Keep the first row of each id."""
    if "id" not in table.column_names:
        return table
    places = dict(zip(reversed(table["id"].to_pylist()), reversed(range(table.num_rows)), strict=True))
    return table.take(pa.array(sorted(places.values()), pa.int64()))
