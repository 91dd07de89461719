"""Keeps the mirror fresh: what changed since the last time is fetched, and everything where that cannot be known.

Each table has a cursor of its own, by Salesforce's clock. It is read again from a little before where it stood, since a
row may be stamped before it can be seen. Deleted rows come with the changed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.mirror.mirror import Freshness, Mirror
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fetching import OnRows, fetch, fetch_of, sizes_of
from connectors.salesforce.rows import schema_of
from connectors.salesforce.standard import OPPORTUNITY, PEOPLE, USER
from connectors.salesforce.wanted import Source, Wanted

OVERLAP = timedelta(minutes=5)
"""How long a row may be stamped before it can be seen."""
LONGEST_SLEEP = timedelta(days=14)
"""How old a cursor may be: deleted rows are kept for 15 days, then they can no longer be told."""


@dataclass(frozen=True)
class Scope:
    """Which deals are held: those still open or closed since `closed_since`, and `where` pushes down."""

    closed_since: datetime
    where: str = ""

    @property
    def soql(self) -> str:
        """Write the scope as a condition on Opportunity."""
        recent = f"(IsClosed = false OR CloseDate >= {self.closed_since:%Y-%m-%d})"
        return f"{recent} AND {self.where}" if self.where else recent


class Refreshing:
    """One refresh of a mirror; a stop half-way leaves every table whole, and the next refresh goes on from there."""

    def __init__(self, client: SalesforceClient, mirror: Mirror, wanted: Wanted, scope: Scope, on_rows: OnRows) -> None:
        self._client = client
        self._mirror = mirror
        self._wanted = wanted
        self._scope = scope
        self._on_rows = on_rows

    def refresh(self) -> None:
        """Bring every table up to date, deals first."""
        sources = self._wanted.sources
        cursors = {each.object: self._since(each) for each in sources.values()}
        whole = sorted(object_ for object_, since in cursors.items() if since is None)
        sizes = sizes_of(self._client, whole) if whole else {}
        for source in sources.values():
            since = cursors[source.object]
            if since is None:
                self._read_whole(source, sizes)
            else:
                self._read_changed(source, since)
            if source.object == OPPORTUNITY:
                self._drop_closed_long_ago()
        for source in sources.values():
            if source.object not in {OPPORTUNITY, USER}:
                self._complete(source)
                self._drop_strays(source)

    def _since(self, source: Source) -> datetime | None:
        """Give from when changes are asked for; None where all rows must be read."""
        fresh = self._mirror.freshness(source.object)
        if fresh is None or fresh.asked != self._asked(source) or fresh.until < self._client.now() - LONGEST_SLEEP:
            return None
        return fresh.until - OVERLAP

    def _asked(self, source: Source) -> str:
        return f"{source.asked} {self._scope.where}" if source.object != USER else source.asked

    def _read_whole(self, source: Source, sizes: Mapping[str, int]) -> None:
        where, size = self._whole(source), sizes.get(source.object)
        fresh = self._from_now(source)
        rows = fetch(self._client, source, where, size=size, deleted=False, on_rows=self._on_rows)
        complete_for = "" if source.object in {OPPORTUNITY, USER} else OPPORTUNITY
        self._mirror.replace(source.object, schema_of(source), rows, fresh, complete_for)

    def _read_changed(self, source: Source, since: datetime) -> None:
        stamps = [source.stamp, *([source.also_stamped] if source.also_stamped else [])]
        changed = [f"{stamp} >= {since:%Y-%m-%dT%H:%M:%SZ}" for stamp in stamps]
        where = f"({' OR '.join(changed)})" if len(changed) > 1 else changed[0]
        fresh = self._from_now(source)
        rows = fetch(self._client, source, where, size=None, deleted=source.deletable, on_rows=self._on_rows)
        self._mirror.merge(source.object, schema_of(source), rows, fresh)

    def _from_now(self, source: Source) -> Freshness:
        """Note Salesforce's clock of just before the first row is asked for."""
        return Freshness(self._asked(source), self._client.now())

    def _whole(self, source: Source) -> str:
        """Limit a whole read to the deals that are held."""
        if source.object == OPPORTUNITY:
            return self._scope.soql
        if source.object in {USER, PEOPLE} or "." in source.parent:
            return ""
        return f"{source.parent} IN (SELECT Id FROM Opportunity WHERE {self._scope.soql})"

    def _complete(self, source: Source) -> None:
        """Fetch the rows of deals that came anew: they may be older than the cursor."""
        deals = self._mirror.incomplete(source.object, OPPORTUNITY)
        if deals:
            rows = fetch_of(self._client, source, source.parent, deals, on_rows=self._on_rows)
            self._mirror.complete(source.object, deals, schema_of(source), rows)

    def _drop_closed_long_ago(self) -> None:
        self._mirror.delete(OPPORTUNITY, f'"IsClosed" AND "CloseDate" < DATE \'{self._scope.closed_since:%Y-%m-%d}\'')
        self._mirror.forget(OPPORTUNITY)

    def _drop_strays(self, source: Source) -> None:
        """Drop rows of deals that are not held, such as deleted ones."""
        if "." not in source.parent:
            self._mirror.delete(source.object, f'"{source.parent}" NOT IN (SELECT "Id" FROM "Opportunity")')
