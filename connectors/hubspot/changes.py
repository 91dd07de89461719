"""Fetches the records beside deals that changed since the last time, and keeps those that belong to deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

import pyarrow as pa

from connectors.hubspot import associations
from connectors.hubspot.associations import read_associations, table_of
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.fetching import (
    Groups,
    OnRows,
    Record,
    calls_to_read,
    calls_to_search,
    fits,
    ids_of,
    read,
    searched,
)
from connectors.hubspot.gathering import RECORDS_AT_ONCE, Gathering, bunched
from connectors.hubspot.history import QUOTE_HISTORY
from connectors.hubspot.rows import Typing, merged_away, schema_of
from connectors.hubspot.standard import CONTACTS, DEALS, QUOTES, SHARED
from connectors.hubspot.wanted import Source
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import DELETED, Freshness, Mirror, quoted

OVERLAP = timedelta(minutes=10)
"""How long after a change search may still not find it."""


def changed(source: Source, since: datetime) -> Groups:
    """Say that a record changed since a moment, or a little before."""
    stamp = str(int((since - OVERLAP).timestamp() * 1000))
    return [[{"propertyName": source.stamp, "operator": "GTE", "value": stamp}]]


class Changes:
    """Brings the records of one object at a time up to date, in a mirror whose deals are."""

    def __init__(
        self, client: HubSpotClient, mirror: Mirror, gathering: Gathering, typing: Typing, on_rows: OnRows
    ) -> None:
        self._client = client
        self._mirror = mirror
        self._gathering = gathering
        self._typing = typing
        self._on_rows = on_rows

    def fetch(self, source: Source, until: datetime) -> None:
        """Fetch the records of an object that changed: those found, or all that are held where that is shorter."""
        fresh = self._mirror.freshness(source.object)
        groups = changed(source, fresh.until if fresh else until)
        pages = searched(self._client, source, groups)
        first = next(pages)
        held = int(self._mirror.ids(f"SELECT count(*)::VARCHAR FROM {quoted(source.object)}")[0])
        if source.object in SHARED and calls_to_search(first.total) - 1 > calls_to_read(held):
            self._read_held(source)
        else:
            for some in bunched(chain([first], pages)):
                self._keep(source, [each for page in some for each in page.records], whole=fits(source, groups))
        self._mirror.merge(source.object, schema_of(source), (), Freshness(source.asked, until))

    def _read_held(self, source: Source) -> None:
        last = ""
        while ids := self._mirror.ids(
            f"""SELECT "Id" FROM {quoted(source.object)} WHERE "Id" > {text_sql(last)}
            ORDER BY 1 LIMIT {RECORDS_AT_ONCE}"""
        ):
            last = ids[-1]
            for records in read(self._client, source, ids):
                self._keep(source, records, whole=True)

    def _keep(self, source: Source, records: Sequence[Record], *, whole: bool) -> None:
        """Hold the records that belong to deals; a new one is asked to which, where it was made for one.

        `whole` says whether they came with all their properties.
        """
        if not records:
            return
        links, ids = table_of(DEALS, source.object), [*ids_of(records), *merged_away(records)]
        known = self._linked(links, ids)
        if source.object not in SHARED:
            known |= self._ask_deals(source.object, [each for each in ids_of(records) if each not in known])
        self._doubt(source.object, links, sorted(known), merged_away(records))
        chosen = [each for each in records if str(each["id"]) in known or merged_away([each])]
        if chosen and not whole:
            chosen = [each for page in read(self._client, source, ids_of(chosen)) for each in page]
        self._on_rows(source.object, len(chosen))
        if chosen:
            self._mirror.add(source.object, schema_of(source), [self._typing.rows(chosen, source)])

    def _linked(self, links: str, ids: Sequence[str]) -> set[str]:
        """Give those of some records that deals are known to be associated with."""
        listed_ids = ", ".join(map(text_sql, ids))
        return set(self._mirror.ids(f'SELECT DISTINCT "To" FROM {quoted(links)} WHERE "To" IN ({listed_ids})'))

    def _ask_deals(self, object_: str, ids: Sequence[str]) -> set[str]:
        """Ask records for the deals they belong to, and note those that are held."""
        links, found = table_of(DEALS, object_), set[str]()
        deals = 'SELECT "Id" FROM deals WHERE "Id" IN'
        for page in read_associations(self._client, object_, DEALS, ids):
            turned = _turned(page)
            held = set(self._mirror.ids(f"{deals} ({', '.join(map(text_sql, turned['From'].to_pylist())) or 'NULL'})"))
            ours = turned.filter(pa.array([each in held for each in turned["From"].to_pylist()], pa.bool_()))
            self._mirror.add(links, associations.SCHEMA, [ours])
            found |= set(ours["To"].to_pylist())
        return found

    def _doubt(self, object_: str, links: str, ids: Sequence[str], merged: Sequence[str]) -> None:
        """Take for not held what may have changed with records: their people, their history, who they belong to."""
        if object_ in self._gathering.wanted.with_people:
            self._mirror.doubt([table_of(object_, CONTACTS)], ids)
        if object_ == QUOTES:
            self._mirror.doubt([QUOTE_HISTORY], ids)
        if merged:
            gone = ", ".join(map(text_sql, merged))
            with_them = [links]
            if object_ == CONTACTS:
                with_them += [table_of(each, CONTACTS) for each in self._gathering.wanted.with_people]
            for table in with_them:
                theirs = f'SELECT "From" FROM {quoted(table)} WHERE "To" IN ({gone})'
                self._mirror.doubt([table], self._mirror.ids(theirs))


def _turned(page: pa.Table) -> pa.Table:
    """Turn associations around, so that they lead from deals."""
    pairs = list(zip(page["From"].to_pylist(), page["To"].to_pylist(), strict=True))
    ids = pa.array([f"{deal}:{other}" for other, deal in pairs], pa.string())
    columns = [ids, page["To"], page["From"], page["Labels"], page["Primary"], page[DELETED]]
    return pa.table(columns, schema=associations.SCHEMA)
