"""Reads canonical tables out of a database, batch by batch of deals, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Self

import pyarrow as pa

from connectors.protocol import OnRead
from connectors.troubles import Troubles
from connectors.warehouse.asking import rows_by
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
    """One reading of a database; used once. `where` is the place that problems of its rows are told at.

    `beside` gives one more session for each table, closed in the end, where one session reads one table at a time.
    """

    backend: Backend
    beside: Callable[[], Backend] | None
    writer: Writer
    delivered: Delivered
    troubles: Troubles
    where: Place
    on_read: OnRead
    _sessions: dict[str, Backend] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sessions.values():
            each.close()

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
        schema = self.delivered.schema("deals")
        for found in self._rows("deals", self._chosen("deals", "id", chosen), schema, "id", batch_size):
            deals, repeated = without_repeated(found, before)
            name_repeated(repeated, self.where, self.troubles)
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
            return Stream(schema, self._rows(table, self._account_rows(chosen), schema, "_deal"), "_deal")
        schema = self.delivered.schema(table)
        return Stream(schema, self._rows(table, self._chosen(table, "deal_id", chosen), schema, "deal_id"))

    def _rows(
        self, table: str, query: str, schema: pa.Schema, key: str, rows: int = ROWS_AT_ONCE
    ) -> Iterator[pa.Table]:
        backend = self.backend
        if self.beside is not None:
            backend = self._sessions.get(table) or self._sessions.setdefault(table, self.beside())
        return rows_by(backend, self.writer, query, schema, key=key, rows=rows)

    def _chosen(self, table: str, key: str, chosen: str) -> str:
        statement = self.delivered.statements[table]
        return f"SELECT * FROM ({statement}) AS c WHERE c.{self.writer.quoted(key)} {chosen}" if chosen else statement

    def _account_rows(self, chosen: str) -> str:
        """Give the account of each deal beside the deal's id, so that accounts come in the order of deals."""
        name, statements = self.writer.quoted, self.delivered.statements
        where = f" WHERE d.{name('id')} {chosen}" if chosen else ""
        return (
            f"SELECT d.{name('id')} AS {name('_deal')}, a.* FROM ({statements['deals']}) AS d "
            f"JOIN ({statements['accounts']}) AS a ON d.{name('account_id')} = a.{name('id')}{where}"
        )

    def _owners(self) -> pa.Table | None:
        """Read everybody at once: there are as many as people sell."""
        if "owners" not in self.delivered.columns:
            return None
        schema = self.delivered.schema("owners")
        found = list(self._rows("owners", self.delivered.statements["owners"], schema, "id"))
        return each_once(pa.concat_tables(found)) if found else schema.empty_table()


def name_repeated(ids: Sequence[str], where: Place, troubles: Troubles) -> None:
    """Name the ids of deals that stand there more than once."""
    for each in ids:
        message = f"the deal `{each}` stands there more than once; one of its rows is taken"
        troubles.add(where, "repeated-id", message, "let the mapping take the `latest` row of each")


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
