"""Reads canonical tables out of a database, batch by batch of deals, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from connectors.protocol import OnRead
from connectors.troubles import Troubles
from connectors.warehouse.backend import Backend
from connectors.warehouse.canonical import Kinds
from connectors.warehouse.streams import Stream, each_once, only, without_repeated
from connectors.warehouse.writers import Writer
from engine.judge.tables import ARROW_TYPES, Tables
from rules.problems import Place

ROWS_AT_ONCE = 50_000
"""How many rows of a related table are fetched at a time."""
IDS_AT_ONCE = 1_000
CHANGED_BY = ("field_changes", "stage_changes")


@dataclass(frozen=True)
class Delivered:
    """What a database delivers: the SELECT of each canonical table, and its columns in their order."""

    statements: Mapping[str, str]
    columns: Mapping[str, Sequence[str]]
    kinds: Kinds
    tracked: frozenset[str] | None

    def schema(self, table: str) -> pa.Schema:
        """Give the canonical schema of a table as far as it is delivered."""
        return pa.schema([(name, ARROW_TYPES[self.kinds[table][name]]) for name in self.columns[table]])


@dataclass
class Reader:
    """One reading of a database; used once. `where` is the place that problems of its rows are told at."""

    backend: Backend
    writer: Writer
    delivered: Delivered
    troubles: Troubles
    where: Place
    on_read: OnRead

    def all_deals(self, batch_size: int) -> Iterator[Tables]:
        """Yield every deal, with all tables open side by side."""
        yield from self._deals("", batch_size)

    def these_deals(self, ids: Sequence[str], batch_size: int) -> Iterator[Tables]:
        """Yield the deals asked for, those of them that there are."""
        wanted = iter(sorted(set(ids)))
        while some := list(islice(wanted, min(IDS_AT_ONCE, batch_size))):
            listed = ", ".join(map(self.writer.literal, some))
            yield from self._deals(f"IN ({listed})", batch_size)

    def _deals(self, chosen: str, batch_size: int) -> Iterator[Tables]:
        owners = self._owners()
        streams = {table: self._stream(table, chosen) for table in self._of_deals()}
        before, count = "", 0
        for found in self._batches("deals", self._deal_rows(chosen), batch_size):
            deals, repeated = without_repeated(found, before)
            self._name_repeated(repeated)
            if not len(deals):
                continue
            before = deals["id"][-1].as_py()
            count += len(deals)
            self.on_read("deals", count)
            yield self._batch(deals, {table: each.up_to(before) for table, each in streams.items()}, owners)

    def _batch(self, deals: pa.Table, related: Mapping[str, pa.Table], owners: pa.Table | None) -> Tables:
        ids = deals["id"].combine_chunks()
        tables = {"deals": deals}
        for table, rows in related.items():
            kept = only(rows, "_deal" if table == "accounts" else "deal_id", ids)
            tables[table] = each_once(kept.drop_columns(["_deal"])) if table == "accounts" else kept
        if owners is not None:
            tables["owners"] = _asked_owners(owners, tables)
        return Tables(tables, self.delivered.tracked)

    def _of_deals(self) -> list[str]:
        """Name the tables that have rows of a deal; an account is one where deals name theirs."""
        there = [table for table in self.delivered.columns if table not in {"deals", "owners", "accounts"}]
        with_account = "accounts" in self.delivered.columns and "account_id" in self.delivered.columns["deals"]
        return [*there, "accounts"] if with_account else there

    def _stream(self, table: str, chosen: str) -> Stream:
        if table == "accounts":
            schema = pa.schema([pa.field("_deal", pa.string()), *self.delivered.schema(table)])
            return Stream(schema, self._run(self._account_rows(chosen), schema, ROWS_AT_ONCE), "_deal")
        schema = self.delivered.schema(table)
        return Stream(_first(schema, "deal_id"), self._batches(table, self._rows(table, chosen), ROWS_AT_ONCE))

    def _batches(self, table: str, query: str, rows: int) -> Iterator[pa.Table]:
        return self._run(query, _first(self.delivered.schema(table), "id" if table == "deals" else "deal_id"), rows)

    def _run(self, query: str, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        return self.backend.batches(query, schema, rows)

    def _deal_rows(self, chosen: str) -> str:
        where = f" WHERE q.{self.writer.quoted('id')} {chosen}" if chosen else ""
        return f"SELECT {self._listed('deals', 'id')} FROM ({self.delivered.statements['deals']}) AS q{where}"

    def _rows(self, table: str, chosen: str) -> str:
        where = f" WHERE q.{self.writer.quoted('deal_id')} {chosen}" if chosen else ""
        return f"SELECT {self._listed(table, 'deal_id')} FROM ({self.delivered.statements[table]}) AS q{where}"

    def _account_rows(self, chosen: str) -> str:
        """Give the account of each deal beside the deal's id, so that accounts come in the order of deals."""
        name, statements = self.writer.quoted, self.delivered.statements
        where = f" WHERE d.{name('id')} {chosen}" if chosen else ""
        listed = ", ".join(
            f"a.{name(each)} AS {name(f'_{number}')}" for number, each in enumerate(self.delivered.columns["accounts"])
        )
        on = f"d.{name('account_id')} = a.{name('id')}"
        return (
            f"SELECT d.{name('id')} AS {name('id')}, {listed} FROM ({statements['deals']}) AS d "
            f"JOIN ({statements['accounts']}) AS a ON {on}{where}"
        )

    def _listed(self, table: str, key: str) -> str:
        """List a table's columns, its key first and called `id`: that is what rows are sorted by."""
        name, others = self.writer.quoted, [each for each in self.delivered.columns[table] if each != key]
        listed = [f"q.{name(key)} AS {name('id')}"]
        listed += [f"q.{name(each)} AS {name(f'_{number}')}" for number, each in enumerate(others)]
        return ", ".join(listed)

    def _owners(self) -> pa.Table | None:
        """Read everybody at once: there are as many as people sell."""
        if "owners" not in self.delivered.columns:
            return None
        schema = _first(self.delivered.schema("owners"), "id")
        query = f"SELECT {self._listed('owners', 'id')} FROM ({self.delivered.statements['owners']}) AS q"
        found = list(self._run(query, schema, ROWS_AT_ONCE))
        return each_once(pa.concat_tables(found)) if found else schema.empty_table()

    def _name_repeated(self, ids: Sequence[str]) -> None:
        for each in ids:
            message = f"the deal `{each}` stands there more than once; one of its rows is taken"
            self.troubles.add(self.where, "repeated-id", message, "let the mapping take the `latest` row of each")


def _asked_owners(owners: pa.Table, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Keep the owners of a batch's deals, their managers, and who changed the deals."""
    asked = [tables["deals"]["owner_id"]] if "owner_id" in tables["deals"].column_names else []
    asked += [
        tables[table]["changed_by"]
        for table in CHANGED_BY
        if table in tables and "changed_by" in tables[table].column_names
    ]
    named = pa.chunked_array([chunk for each in asked for chunk in each.chunks], pa.string()).unique()
    if "manager_id" in owners.column_names:
        managers = only(owners, "id", named)["manager_id"].combine_chunks()
        named = pa.concat_arrays([named, managers])
    return only(owners, "id", named)


def _first(schema: pa.Schema, key: str) -> pa.Schema:
    """Put the key of a table first."""
    return pa.schema([schema.field(key), *(each for each in schema if each.name != key)])
