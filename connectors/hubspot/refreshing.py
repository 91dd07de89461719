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

To know the less, up to two calls ask how many deals there are, and one for each object that takes more than four.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from connectors.hubspot.associations import table_of
from connectors.hubspot.changes import Changes
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.deals import Deals, Scope
from connectors.hubspot.fetching import OnRows
from connectors.hubspot.gathering import Gathering
from connectors.hubspot.history import HISTORY, QUOTE_HISTORY
from connectors.hubspot.rows import Typing
from connectors.hubspot.standard import CONTACTS, DEALS, QUOTES
from connectors.hubspot.unreadable import Unreadable
from connectors.hubspot.wanted import Source, Wanted
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import EPOCH, Mirror, quoted

NIGHTS = 7
"""In how many nights the associations of all open deals are read again."""
A_NIGHT = timedelta(hours=20)
ROUND, UNREADABLE = "associations read again", "values that do not parse"


class Refreshing:
    """One refresh of a mirror; a stop half-way leaves every table whole, and the next refresh goes on from there."""

    def __init__(self, client: HubSpotClient, mirror: Mirror, wanted: Wanted, scope: Scope, on_rows: OnRows) -> None:
        self._client = client
        self._mirror = mirror
        self._unreadable = Unreadable(mirror.kept(UNREADABLE, EPOCH) or "")
        typing = Typing(client.settings.name, self._unreadable)
        self.gathering = Gathering(client, mirror, wanted, typing, on_rows)
        self._deals = Deals(client, mirror, self.gathering, scope, on_rows)
        self._changes = Changes(client, mirror, self.gathering, typing, on_rows)

    @property
    def wanted(self) -> Wanted:
        """What is held in the end: less than was asked for where the app may not read an object."""
        return self.gathering.wanted

    def refresh(self) -> None:
        """Bring every table up to date, deals first."""
        self.gathering.owners()
        until = self._client.now() or datetime.now(UTC)
        try:
            self._refresh(until)
        finally:
            self._remember_unreadable(until)

    def _refresh(self, until: datetime) -> None:
        held = [each for each in self.wanted.related if self._is_held(self.wanted.sources[each])]
        self.gathering.prepare(until)
        self._deals.refresh(until)
        for object_ in held:
            if object_ in self.wanted.sources:
                with self.gathering.unless_hidden(object_):
                    self._changes.fetch(self.wanted.sources[object_], until)
        self._doubt_some(until)
        self.gathering.gather()
        self._drop_strays()

    def _remember_unreadable(self, until: datetime) -> None:
        """Keep the values that did not parse, those of records that are held and of properties that are asked for."""
        properties = {(each.object, name) for each in self.wanted.sources.values() for name in each.kinds}
        self._unreadable.keep(properties, self._held)
        self._mirror.keep(UNREADABLE, self._unreadable.to_text(), until)

    def _held(self, object_: str, ids: Collection[str]) -> set[str]:
        listed = ", ".join(map(text_sql, ids))
        return set(self._mirror.ids(f'SELECT "Id" FROM {quoted(object_)} WHERE "Id" IN ({listed})'))

    def _is_held(self, source: Source) -> bool:
        """Whether an object's records were fetched before, with what is asked for now."""
        fresh = self._mirror.freshness(source.object)
        return fresh is not None and fresh.asked == source.asked

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
        self._mirror.delete("_complete", f"name IN ({', '.join(map(text_sql, self.wanted.related))})")

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
