"""Keeps the mirror fresh: what changed since the last time is fetched, and everything where that cannot be known.

Each object has a cursor of its own, by HubSpot's clock, and is searched from a little before where it stood, since
search learns late of a change. A deal that changed has its associations read again. What search does not tell:

- An archived deal is no longer found. The list of archived deals is read every time; one that left it came back.
- A deal that was merged into another is named by that other one.
- An association that comes, goes or changes its label leaves no trace on either record. A record that was made for a
  deal is asked for its deals when it is new; for the rest the associations of a seventh of the open deals are read
  again once a day, so that none is older than a week of nights. A record that was archived is gone with those.

The fewest calls that a refresh can take, each part rounded up. With d deals in scope of D, c of them changed, o open, k
related objects, p of which have people, and of each object r records to fetch, f found changed, a all there are:

- always: one for each object's properties, the pipelines, the account, and the owners (500 a call), D' / 100 for D'
  archived deals;
- a first sweep: the less of D / 100 + d / 1,000 (a list, and the contacts' labels) and d / 200 + k d / 1,000 (a search,
  and the associations); for each object the less of r / 100 and a / 200; p times r / 1,000 for people; d / 50 for
  histories where all are asked for, in place of the list's D / 100;
- a night: c / 200 for deals, f / 200 for each object, at least one; k (c + o / 7) / 1,000 for associations; r / 100,
  and r / 1,000 for deals and for people, of what is new; c / 50 for histories.

To know the less, up to two calls ask how many deals there are, and one for each object that takes more than twenty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from connectors.hubspot.associations import calls_to_associate, table_of
from connectors.hubspot.changes import Changes, changed
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
from connectors.hubspot.history import HISTORY, QUOTE_HISTORY
from connectors.hubspot.rows import Typing, merged_away, schema_of
from connectors.hubspot.standard import CONTACTS, DEALS, QUOTES, RELATED
from connectors.hubspot.wanted import Source, Wanted
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import DELETED, EPOCH, Freshness, Mirror, quoted

LONGEST_SLEEP = timedelta(days=60)
"""How old a cursor may be: archived deals are listed for 90 days."""
LONGEST_BREAK = timedelta(days=2)
"""How long after a stop a first sweep goes on where it was."""
A_WHILE = timedelta(hours=1)
NIGHTS = 7
"""In how many nights the associations of all open deals are read again."""
A_NIGHT = timedelta(hours=20)
ARCHIVED, ROUND = "archived deals", "associations read again"
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


class Refreshing:
    """One refresh of a mirror; a stop half-way leaves every table whole, and the next refresh goes on from there."""

    def __init__(self, client: HubSpotClient, mirror: Mirror, wanted: Wanted, scope: Scope, on_rows: OnRows) -> None:
        self._client = client
        self._mirror = mirror
        self._scope = scope
        self._on_rows = on_rows
        typing = Typing(client.settings.name)
        self.gathering = Gathering(client, mirror, wanted, typing, on_rows)
        self._changes = Changes(client, mirror, self.gathering, typing, on_rows)

    @property
    def wanted(self) -> Wanted:
        """What is held in the end: less than was asked for where the app may not read an object."""
        return self.gathering.wanted

    def refresh(self) -> None:
        """Bring every table up to date, deals first."""
        self.gathering.owners()
        until = self._client.now() or datetime.now(UTC)
        held = [each for each in self.wanted.related if self._is_held(self.wanted.sources[each])]
        self.gathering.prepare(until)
        self._deals(until)
        self._archived(until)
        for object_ in held:
            if object_ in self.wanted.sources:
                with self.gathering.unless_hidden(object_):
                    self._changes.fetch(self.wanted.sources[object_], until)
        self._doubt_some(until)
        self.gathering.gather()
        self._drop_strays()

    def _is_held(self, source: Source) -> bool:
        """Whether an object's records were fetched before, with what is asked for now."""
        fresh = self._mirror.freshness(source.object)
        return fresh is not None and fresh.asked == source.asked

    def _deals(self, until: datetime) -> None:
        source = self.wanted.sources[DEALS]
        fresh = self._mirror.freshness(DEALS)
        if fresh is None or fresh.asked != self._asked(source) or fresh.until < until - LONGEST_SLEEP:
            begun = self._read_whole(source, until)
            if begun < until - A_WHILE:
                self._read_changed(source, until)
        else:
            self._read_changed(source, until)
        self._drop_closed_long_ago(source)

    def _asked(self, source: Source) -> str:
        return f"{source.asked} {self._scope.key}"

    def _read_whole(self, source: Source, until: datetime) -> datetime:
        """Read every deal in scope, from where a stopped sweep was; gives since when changes are to be asked for."""
        asked = self._asked(source)
        place, begun = self._left_off(asked, until)
        if not place:
            self._mirror.replace(DEALS, schema_of(source), (), Freshness(_unfinished("", asked), until))
            self._mirror.delete("_complete", f"list_contains({_listed(self.gathering.deal_tables)}, name)")
        way, _, after = place.partition(":")
        way = way or self._shorter_way(source)
        for pages in bunched(self._listed(source, after) if way == LIST else self._searched(source, after)):
            records = [each for page in pages for each in page.records if self._may_be_held(each)]
            self._on_rows(DEALS, len(records))
            self._keep_deals(source, records)
            if way == LIST:
                self.gathering.keep_beside(records, self._beside)
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
        return tuple(each for each in self.wanted.related if each in RELATED and each != CONTACTS)

    def _listed(self, source: Source, after: str) -> Iterator[Page]:
        return listed(self._client, source, after=after, history=self.wanted.history, beside=self._beside)

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
        history = bool(self.wanted.history)
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
        only_ids = bool(self.wanted.history) or not fits(source, groups)
        for pages in bunched(searched(self._client, source, groups, only_ids=only_ids)):
            records = [each for page in pages for each in page.records]
            if only_ids:
                records = self._read(source, ids_of(records))
            self._on_rows(DEALS, len(records))
            self._keep_deals(source, records)
        self._note(source, Freshness(self._asked(source), until))

    def _read(self, source: Source, ids: Sequence[str]) -> list[Record]:
        return [each for page in read(self._client, source, ids, self.wanted.history) for each in page]

    def _keep_deals(self, source: Source, records: Sequence[Record]) -> None:
        """Hold deals, after what belongs to them was taken for not held."""
        if records:
            self._mirror.doubt(self.gathering.deal_tables, [*ids_of(records), *merged_away(records)])
            self.gathering.keep_records(source, records)

    def _note(self, source: Source, fresh: Freshness) -> None:
        self._mirror.merge(source.object, schema_of(source), (), fresh)

    def _archived(self, until: datetime) -> None:
        """Drop archived deals, and read those again that are archived no longer."""
        nothing = Source(DEALS, {})
        pages = listed(self._client, nothing, archived=True)
        ids = sorted({each for page in pages for each in ids_of(page.records)})
        former = set(self._mirror.ids(f'SELECT "Id" FROM {quoted(ARCHIVED)}')) if self._knows_archived() else set()
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            self._mirror.delete(DEALS, f'"Id" IN ({", ".join(map(text_sql, ids[start : start + RECORDS_AT_ONCE]))})')
        source = self.wanted.sources[DEALS]
        self._keep_deals(source, self._read(source, sorted(former - set(ids))))
        rows = pa.table([pa.array(ids, pa.string()), pa.array([False] * len(ids), pa.bool_())], schema=ARCHIVED_SCHEMA)
        self._mirror.replace(ARCHIVED, ARCHIVED_SCHEMA, [rows], Freshness(ARCHIVED, until))

    def _knows_archived(self) -> bool:
        return self._mirror.freshness(ARCHIVED) is not None

    def _doubt_some(self, until: datetime) -> None:
        """Take the associations of a seventh of the open deals for not held, once a night, the next seventh each."""
        turn = int(self._mirror.kept(ROUND, EPOCH) or 0)
        if self._mirror.kept(ROUND, until - A_NIGHT) is not None:
            return
        if self._mirror.kept(ROUND, EPOCH) is not None:
            closed = '"hs_is_closed"' if "hs_is_closed" in self.wanted.sources[DEALS].kinds else "false"
            deals = f'SELECT "Id" FROM deals WHERE {closed} IS NOT TRUE AND hash("Id") % {NIGHTS} = {turn}'
            self._mirror.doubt([table_of(DEALS, each) for each in self.wanted.related], self._mirror.ids(deals))
            if not turn:
                self._ask_again_in_vain()
            for each in self.wanted.with_people:
                theirs = f'SELECT "To" FROM {quoted(table_of(DEALS, each))} WHERE "From" IN ({deals})'
                self._mirror.doubt([table_of(each, CONTACTS)], self._mirror.ids(theirs))
        self._mirror.keep(ROUND, str((turn + 1) % NIGHTS), until)

    def _ask_again_in_vain(self) -> None:
        """Let those records be asked for again that did not come: the app may be allowed to read them now."""
        self._mirror.delete("_complete", f"list_contains({_listed(self.wanted.related)}, name)")

    def _drop_closed_long_ago(self, source: Source) -> None:
        if {"hs_is_closed", "closedate"} <= set(source.kinds):
            long_ago = f"\"closedate\" < TIMESTAMPTZ '{self._scope.closed_since:%Y-%m-%d %H:%M:%S+00}'"
            self._mirror.delete(DEALS, f'"hs_is_closed" AND {long_ago}')
        self._mirror.forget(DEALS, self.gathering.deal_tables)

    def _drop_strays(self) -> None:
        """Drop what belongs to deals that are not held, such as archived ones."""
        deals = 'NOT IN (SELECT "Id" FROM deals)'
        self._mirror.forget(DEALS, self.gathering.deal_tables)
        self._mirror.delete(HISTORY, f'"Of" {deals}')
        for object_ in self.wanted.related:
            links = table_of(DEALS, object_)
            strays = f'NOT IN (SELECT "To" FROM {quoted(links)})'
            self._mirror.delete(links, f'"From" {deals}')
            self._mirror.delete(object_, f'"Id" {strays}')
            self._mirror.delete("_complete", f"name = {text_sql(object_)} AND id {strays}")
        for object_ in self.wanted.with_people:
            people = table_of(object_, CONTACTS)
            self._mirror.delete(people, f'"From" NOT IN (SELECT "Id" FROM {quoted(object_)})')
            self._mirror.forget(object_, [people])
        if self.wanted.quote_history:
            self._mirror.delete(QUOTE_HISTORY, '"Of" NOT IN (SELECT "Id" FROM quotes)')
            self._mirror.forget(QUOTES, [QUOTE_HISTORY])


def _unfinished(place: str, asked: str) -> str:
    return f"{UNFINISHED}{place} {asked}"


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(map(text_sql, names))}]"
