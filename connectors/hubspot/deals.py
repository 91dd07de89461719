"""Keeps the mirror's deals fresh: all in scope at first, then those that changed, without those that were archived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa

from connectors.hubspot.associations import calls_to_associate
from connectors.hubspot.changes import changed
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.fetching import (
    Groups,
    OnRows,
    Page,
    Record,
    calls_to_read,
    calls_to_search,
    count,
    fits,
    ids_of,
    is_listable,
    listed,
    read,
    searched,
)
from connectors.hubspot.gathering import RECORDS_AT_ONCE, Gathering, bunched
from connectors.hubspot.rows import merged_away, schema_of
from connectors.hubspot.standard import CONTACTS, DEALS, MERGED, RELATED
from connectors.hubspot.wanted import Source
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import DELETED, Freshness, Mirror, quoted

LONGEST_SLEEP = timedelta(days=60)
"""How old a cursor may be: archived deals are listed for 90 days."""
LONGEST_BREAK = timedelta(days=2)
"""How long after a stop a first sweep goes on where it was."""
A_WHILE = timedelta(hours=1)
"""How long ago a first sweep may have begun before what changed meanwhile is asked for at its end."""
ARCHIVED = "archived deals"
ARCHIVED_SCHEMA = pa.schema([("Id", pa.string()), (DELETED, pa.bool_())])
UNFINISHED = "unfinished "
LIST, SEARCH = "list", "search"


@dataclass(frozen=True)
class Scope:
    """Which deals are held: those still open or closed since `closed_since`, and what `groups` ask for beside.

    `groups` hold the whole condition, `key` tells one from another.
    """

    closed_since: datetime
    groups: Groups
    key: str = ""


class Deals:
    """The deals of one mirror. What belongs to one that changed is taken for not held, before the change is."""

    def __init__(
        self, client: HubSpotClient, mirror: Mirror, gathering: Gathering, scope: Scope, on_rows: OnRows
    ) -> None:
        self._client = client
        self._mirror = mirror
        self._gathering = gathering
        self._scope = scope
        self._on_rows = on_rows

    def refresh(self, until: datetime) -> None:
        """Bring the table of deals up to date; `until` is HubSpot's clock of just before."""
        source = self._gathering.wanted.sources[DEALS]
        fresh = self._mirror.freshness(DEALS)
        if fresh is None or fresh.asked != self._asked(source) or fresh.until < until - LONGEST_SLEEP:
            begun = self._read_whole(source, until)
            if begun < until - A_WHILE:
                self._read_changed(source, until)
        else:
            self._read_changed(source, until)
        self._archived(until)
        self._drop_closed_long_ago(source)

    def _asked(self, source: Source) -> str:
        return f"{source.asked} {self._scope.key}"

    def _read_whole(self, source: Source, until: datetime) -> datetime:
        """Read every deal in scope, from where a stopped sweep was; gives since when changes are to be asked for."""
        asked = self._asked(source)
        place, begun = self._left_off(asked, until)
        if not place:
            self._mirror.replace(DEALS, schema_of(source), (), Freshness(_unfinished("", asked), until))
            self._mirror.delete(
                "_complete", f"list_contains([{', '.join(map(text_sql, self._gathering.deal_tables))}], name)"
            )
        way, _, after = place.partition(":")
        way = way or self._shorter_way(source)
        for pages in bunched(self._listed(source, after) if way == LIST else self._searched(source, after)):
            records = [each for page in pages for each in page.records if self._may_be_held(each)]
            self._on_rows(DEALS, len(records))
            self._keep_deals(source, records)
            if way == LIST:
                self._gathering.keep_beside(records, self._beside)
            left = pages[-1].place
            self._note(source, Freshness(_unfinished(f"{way}:{left}", asked) if left else asked, begun))
        return begun

    def _left_off(self, asked: str, until: datetime) -> tuple[str, datetime]:
        """Give the place behind which a stopped sweep goes on, and when it began."""
        fresh = self._mirror.freshness(DEALS)
        if fresh is None or not fresh.asked.startswith(UNFINISHED) or fresh.until < until - LONGEST_BREAK:
            return "", until
        place, _, rest = fresh.asked.removeprefix(UNFINISHED).partition(" ")
        return (place, fresh.until) if place and rest == asked else ("", until)

    @property
    def _beside(self) -> tuple[str, ...]:
        """The objects whose associations a list gives as well; those with contacts have labels, which it leaves out."""
        return tuple(each for each in self._gathering.wanted.related if each in RELATED and each != CONTACTS)

    def _listed(self, source: Source, after: str) -> Iterator[Page]:
        return listed(self._client, source, after=after, history=self._gathering.wanted.history, beside=self._beside)

    def _searched(self, source: Source, after: str) -> Iterator[Page]:
        """Find the deals in scope; where their properties do not fit a search, they are read by what it found."""
        groups = self._scope.groups
        whole = fits(source, groups)
        for page in searched(self._client, source, groups, after=after):
            yield page if whole else replace(page, records=self._read(source, ids_of(page.records)))

    def _shorter_way(self, source: Source) -> str:
        """Choose by how many deals there are, and how many of them are in scope.

        A list takes twice the calls of a search, and gives deals that were closed long ago too; but associations come
        with it, and histories where every one is asked for. Where playbooks limit the deals, only a search knows.
        """
        if self._scope.key or not is_listable(source):
            return SEARCH
        history = bool(self._gathering.wanted.history)
        by_list = max(1, calls_to_read(count(self._client, source, ()), history=history))
        if by_list <= 1 + len(self._beside):
            return LIST
        found = count(self._client, source, self._scope.groups)
        by_search = calls_to_search(found) + len(self._beside) * calls_to_associate(found)
        if history or not fits(source, self._scope.groups):
            by_search += calls_to_read(found, history=history)
        return LIST if by_list < by_search else SEARCH

    def _may_be_held(self, record: Record) -> bool:
        """Leave out what was closed long ago before what belongs to it is looked at."""
        told = record["properties"]
        closed, closing = told.get("hs_is_closed") == "true", str(told.get("closedate") or "")
        return not (closed and closing and closing[:10] < f"{self._scope.closed_since:%Y-%m-%d}")

    def _read_changed(self, source: Source, until: datetime) -> None:
        fresh = self._mirror.freshness(DEALS)
        groups = changed(source, fresh.until if fresh else until)
        only_ids = bool(self._gathering.wanted.history) or not fits(source, groups)
        for pages in bunched(searched(self._client, source, groups, only_ids=only_ids)):
            records = [each for page in pages for each in page.records]
            if only_ids:
                records = self._read(source, ids_of(records))
            self._on_rows(DEALS, len(records))
            self._keep_deals(source, records)
        self._note(source, Freshness(self._asked(source), until))

    def _read(self, source: Source, ids: Sequence[str]) -> list[Record]:
        return [each for page in read(self._client, source, ids, self._gathering.wanted.history) for each in page]

    def _keep_deals(self, source: Source, records: Sequence[Record]) -> None:
        """Hold deals, after what belongs to them was taken for not held."""
        if records:
            self._mirror.doubt(self._gathering.deal_tables, [*ids_of(records), *merged_away(records)])
            self._gathering.keep_records(source, records)

    def _note(self, source: Source, fresh: Freshness) -> None:
        self._mirror.merge(source.object, schema_of(source), (), fresh)

    def _archived(self, until: datetime) -> None:
        """Drop archived deals and those merged into them, and read those again that are archived no longer."""
        found, gone = set[str](), set[str]()
        for page in listed(self._client, Source(DEALS, {MERGED: "enumeration"}), archived=True):
            found.update(ids_of(page.records))
            gone.update(merged_away(page.records))
        ids, dropped = sorted(found), sorted(found | gone)
        former = set(self._mirror.ids(f'SELECT "Id" FROM {quoted(ARCHIVED)}')) if self._knows_archived() else set()
        for start in range(0, len(dropped), RECORDS_AT_ONCE):
            some = ", ".join(map(text_sql, dropped[start : start + RECORDS_AT_ONCE]))
            self._mirror.delete(DEALS, f'"Id" IN ({some})')
        source = self._gathering.wanted.sources[DEALS]
        self._keep_deals(source, self._read(source, sorted(former - set(ids))))
        rows = pa.table([pa.array(ids, pa.string()), pa.array([False] * len(ids), pa.bool_())], schema=ARCHIVED_SCHEMA)
        self._mirror.replace(ARCHIVED, ARCHIVED_SCHEMA, [rows], Freshness(ARCHIVED, until))

    def _knows_archived(self) -> bool:
        return self._mirror.freshness(ARCHIVED) is not None

    def _drop_closed_long_ago(self, source: Source) -> None:
        if {"hs_is_closed", "closedate"} <= set(source.kinds):
            long_ago = f"\"closedate\" < TIMESTAMPTZ '{self._scope.closed_since:%Y-%m-%d %H:%M:%S+00}'"
            self._mirror.delete(DEALS, f'"hs_is_closed" AND {long_ago}')
        self._mirror.forget(DEALS, self._gathering.deal_tables)


def _unfinished(place: str, asked: str) -> str:
    return f"{UNFINISHED}{place} {asked}"
