"""Gives what a mirror holds as canonical tables: batches of deals sorted by id, each with all its related rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from connectors.mirror.mirror import Mirror, quoted
from engine.judge.tables import ARROW_TYPES, Tables
from rules.types import STANDARD_TABLES, FieldType

Types = Mapping[str, Mapping[str, FieldType]]


class MirrorReader:
    """Reads one mirror. `statements` are the SQL of each canonical table for the deals in `_batch`, in order.

    `own` gives the types of the columns that a playbook adds, `tracked` the deal columns with a history.
    """

    def __init__(
        self, mirror: Mirror, deals: str, statements: Mapping[str, str], own: Types, tracked: frozenset[str]
    ) -> None:
        self._db = mirror.db
        self._deals = quoted(deals)
        self._statements = statements
        self._tracked = tracked
        self._types = {table: _types(table, own.get(table, {})) for table in statements}

    def all_deals(self, batch_size: int) -> Iterator[Tables]:
        """Yield every deal."""
        last = ""
        while True:
            page = f'SELECT "Id" FROM {self._deals} WHERE "Id" > ? ORDER BY "Id" LIMIT ?'
            self._db.execute("CREATE OR REPLACE TEMP TABLE _batch AS " + page, [last, batch_size])
            found = self._db.execute('SELECT max("Id") FROM _batch').fetchall()[0][0]
            if found is None:
                return
            last = str(found)
            yield self._batch()

    def these_deals(self, deal_ids: Sequence[str], batch_size: int) -> Iterator[Tables]:
        """Yield the deals asked for, those of them that there are."""
        wanted = sorted(set(deal_ids))
        for start in range(0, len(wanted), batch_size):
            chosen = pa.table({"Id": pa.array(wanted[start : start + batch_size], pa.string())})
            self._db.register("_chosen", chosen)
            found = f'SELECT "Id" FROM {self._deals} WHERE "Id" IN (SELECT "Id" FROM _chosen)'
            self._db.execute(f"CREATE OR REPLACE TEMP TABLE _batch AS {found}")
            self._db.unregister("_chosen")
            if self._db.execute("SELECT count(*) FROM _batch").fetchall()[0][0]:
                yield self._batch()

    def _batch(self) -> Tables:
        tables = {table: self._table(table, sql) for table, sql in self._statements.items()}
        return Tables(tables, self._tracked)

    def _table(self, table: str, sql: str) -> pa.Table:
        found: pa.Table = self._db.sql(sql).to_arrow_table()
        types = self._types[table]
        return found.cast(pa.schema([(name, ARROW_TYPES[types[name]]) for name in found.column_names]))


def _types(table: str, own: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
    return {"deal_id": FieldType.TEXT, **STANDARD_TABLES.get(table, {}), **own}
