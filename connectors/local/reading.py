"""Reads a local CRM in batches of deals sorted by id, each with all its related rows, in memory that does not grow."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from connectors.local.database import one_moment
from connectors.local.fetching import Rows, fetch_rows
from connectors.local.layout import quoted
from connectors.local.rows import Where, typed_rows
from connectors.local.sources import Source
from connectors.troubles import Troubles
from engine.judge.tables import Tables

CHANGED_BY = ("field_changes", "stage_changes")
"""Tables whose `changed_by` names owners."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()


class Reader:
    """One reading of a local CRM; used once. `where` places a cell, for what is reported to `troubles`."""

    def __init__(self, db: sqlite3.Connection, sources: dict[str, Source], troubles: Troubles, where: Where) -> None:
        self._db = db
        self._sources = sources
        self._deals = sources["deals"]
        self._troubles = troubles
        self._where = where
        self._tracked = frozenset(row[0] for row in db.execute("SELECT field FROM tracked_fields")) or None
        self._seen: Counter[str] = Counter()

    def all_deals(self, batch_size: int) -> Iterator[Tables]:
        """Yield every deal; afterwards the rows that name no known deal are counted."""
        after = ""
        while True:
            page = Part(f"{_select(self._deals, 'd')} WHERE d.id > ? ORDER BY d.id LIMIT {batch_size:d}", (after,))
            with one_moment(self._db):
                rows = self._fetch(self._deals, page)
                if not len(rows):
                    break
                last = rows.columns["id"][-1].as_py()
                batch = self._batch(rows, Part("d.id > ? AND d.id <= ?", (after, last)))
            after = last
            yield batch
        for source in self._sources.values():
            self._report_strays(source)

    def these_deals(self, deal_ids: Sequence[str], batch_size: int) -> Iterator[Tables]:
        """Yield the deals asked for, those of them that there are."""
        wanted = sorted(set(deal_ids))
        for start in range(0, len(wanted), batch_size):
            chosen = json.dumps(wanted[start : start + batch_size])
            window = Part("d.id IN (SELECT value FROM json_each(?))", (chosen,))
            page = Part(f"{_select(self._deals, 'd')} WHERE {window.sql} ORDER BY d.id", window.params)
            with one_moment(self._db):
                rows = self._fetch(self._deals, page)
                batch = self._batch(rows, window) if len(rows) else None
            if batch is not None:
                yield batch

    def _batch(self, deal_rows: Rows, window: Part) -> Tables:
        """Put one batch together; the rows of a deal that was refused are left out with it."""
        deals = typed_rows(self._deals, deal_rows, self._troubles, self._where)
        tables = {"deals": deals}
        for table, source in self._sources.items():
            if table == "deals":
                continue
            rows = self._fetch(source, self._related(source, window))
            typed = typed_rows(source, rows, self._troubles, self._where)
            if len(deals) < len(deal_rows) and source.has("deal_id"):
                typed = typed.filter(pc.is_in(typed["deal_id"], value_set=deals["id"].combine_chunks()))
            tables[table] = typed
        return Tables(tables, self._tracked)

    def _related(self, source: Source, window: Part) -> Part:
        if source.has("deal_id"):
            return Part(f"{_select(source, 'r')} JOIN deals d ON r.deal_id = d.id WHERE {window.sql}", window.params)
        asked = self._owners(source, window) if source.table == "owners" else self._held("account_id", window)
        return Part(f"{_select(source, 'r')} WHERE r.id IN ({asked.sql})", asked.params)

    def _held(self, column: str, window: Part) -> Part:
        """Select what the batch's deals hold in a column."""
        if not self._deals.has(column):
            return Part("SELECT NULL")
        return Part(f"SELECT d.{quoted(column)} FROM deals d WHERE {window.sql}", window.params)

    def _owners(self, owners: Source, window: Part) -> Part:
        """Select the owners of the batch's deals, their managers, and who changed the deals."""
        held = self._held("owner_id", window)
        parts = [held]
        if owners.has("manager_id"):
            parts.append(Part(f"SELECT m.manager_id FROM owners m WHERE m.id IN ({held.sql})", held.params))
        for table in CHANGED_BY:
            if table in self._sources and self._sources[table].has("changed_by"):
                link = f"SELECT c.changed_by FROM deals d JOIN {table} c ON c.deal_id = d.id WHERE {window.sql}"
                parts.append(Part(link, window.params))
        return Part(" UNION ".join(part.sql for part in parts), tuple(each for part in parts for each in part.params))

    def _fetch(self, source: Source, part: Part) -> Rows:
        rows = fetch_rows(self._db, part.sql, [column.name for column in source.columns], part.params)
        self._seen[source.table] += len(rows)
        return rows

    def _report_strays(self, source: Source) -> None:
        """Count the rows of a related table that name no known deal; they are in no batch."""
        stored = quoted(source.stored)
        total: int = self._db.execute(f"SELECT count(*) FROM {stored}").fetchone()[0]
        if not source.has("deal_id") or total == self._seen[source.table]:
            return
        stray = f"FROM {stored} r WHERE NOT EXISTS (SELECT 1 FROM deals d WHERE d.id = r.deal_id)"
        count, first = self._db.execute(f"SELECT count(*), min(r.rowid) {stray}").fetchone()
        if count:
            said = "1 row names no known deal" if count == 1 else f"{count:,} rows name no known deal"
            place = self._where(source.stored, "deal_id", first)
            self._troubles.add(place, "no-such-deal", f"{said}; left out", "the first of them stands here")


def _select(source: Source, alias: str) -> str:
    columns = (f"{alias}.{quoted(column.stored)} AS {quoted(column.name)}" for column in source.columns)
    return f"SELECT {', '.join([f'{alias}.rowid AS row_number', *columns])} FROM {quoted(source.stored)} {alias}"
