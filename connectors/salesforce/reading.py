"""Gives what a mirror holds as canonical tables: batches of deals sorted by id, each with all its related rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from connectors.mirror.mirror import Mirror
from connectors.salesforce.canonical import statements
from connectors.salesforce.wanted import Wanted
from engine.judge.tables import ARROW_TYPES, Tables
from rules.types import STANDARD_TABLES, FieldType


class Reader:
    """Reads one mirror, whose tables hold what `wanted` asks for."""

    def __init__(self, mirror: Mirror, wanted: Wanted) -> None:
        self._db = mirror.db
        self._statements = statements(wanted)
        self._tracked = wanted.tracked
        self._types = {table: _types(table, wanted) for table in self._statements}

    def all_deals(self, batch_size: int) -> Iterator[Tables]:
        """Yield every deal."""
        last = ""
        while True:
            page = 'SELECT "Id" FROM "Opportunity" WHERE "Id" > ? ORDER BY "Id" LIMIT ?'
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
            found = 'SELECT "Id" FROM "Opportunity" WHERE "Id" IN (SELECT "Id" FROM _chosen)'
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


def _types(table: str, wanted: Wanted) -> Mapping[str, FieldType]:
    own = {each.name: each.kind for each in wanted.columns.get(table, ())}
    return {"deal_id": FieldType.TEXT, **STANDARD_TABLES.get(table, {}), **own}
