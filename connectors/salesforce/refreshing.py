"""Keeps the mirror fresh: what changed since the last time is fetched, and everything where that cannot be known.

Each table has a cursor of its own, by Salesforce's clock. It is read again from a little before where it stood, since a
row may be stamped before it can be seen. Deleted rows come with the changed ones, and so do those that may be held and
belong to something else now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.mirror.mirror import Freshness, Mirror
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fetching import Fetch, OnRows, fetched, of_parents, sizes_of
from connectors.salesforce.rows import schema_of
from connectors.salesforce.standard import OPPORTUNITY, USER
from connectors.salesforce.wanted import Source, Wanted

OVERLAP = timedelta(minutes=5)
"""How long a row may be stamped before it can be seen."""
LONGEST_READ = timedelta(hours=6)
"""How long after its cursor a table may have been read: what was made later is not held."""
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
        sources = tuple(self._wanted.sources.values())
        until = self._client.now()
        cursors = {each.object: self._since(each, until) for each in sources}
        whole = sorted(object_ for object_, since in cursors.items() if since is None)
        sizes = sizes_of(self._client, whole) if whole else {}
        fetches = [self._fetch(each, cursors[each.object], sizes) for each in sources]
        for source, rows in fetched(self._client, fetches, self._on_rows):
            fresh = Freshness(self._asked(source), until)
            if cursors[source.object] is None:
                complete_for = "" if source.object in {OPPORTUNITY, USER} else OPPORTUNITY
                self._mirror.replace(source.object, schema_of(source), rows, fresh, complete_for)
            else:
                self._mirror.merge(source.object, schema_of(source), rows, fresh)
            if source.object == OPPORTUNITY:
                self._drop_closed_long_ago()
        self._complete([each for each in sources if each.object not in {OPPORTUNITY, USER}])

    def _since(self, source: Source, now: datetime) -> datetime | None:
        """Give from when changes are asked for; None where all rows must be read."""
        fresh = self._mirror.freshness(source.object)
        if fresh is None or fresh.asked != self._asked(source) or fresh.until < now - LONGEST_SLEEP:
            return None
        return fresh.until - OVERLAP

    def _asked(self, source: Source) -> str:
        return f"{source.asked} {self._scope.where}" if source.object != USER else source.asked

    def _fetch(self, source: Source, since: datetime | None, sizes: Mapping[str, int]) -> Fetch:
        if since is None:
            return Fetch(source, self._whole(source), size=sizes.get(source.object))
        stamps = (source.stamp, *source.also_stamped)
        changed = " OR ".join(f"{stamp} >= {_soql(since)}" for stamp in stamps)
        about = f"({source.about} OR CreatedDate < {_soql(since + LONGEST_READ)})" if source.about else ""
        return Fetch(source, " AND ".join(each for each in (f"({changed})", about) if each), deleted=source.deletable)

    def _whole(self, source: Source) -> str:
        """Limit a whole read to the deals that are held."""
        if source.object == OPPORTUNITY:
            return self._scope.soql
        if source.object == USER or "." in source.parent:
            return source.about
        return f"{source.parent} IN (SELECT Id FROM Opportunity WHERE {self._scope.soql})"

    def _complete(self, sources: Sequence[Source]) -> None:
        """Fetch the rows of deals that came anew, which may be older than the cursor, and drop those of deals gone."""
        new = {each.object: self._mirror.incomplete(each.object, OPPORTUNITY) for each in sources}
        fetches = [fetch for each in sources for fetch in of_parents(each, each.parent, new[each.object])]
        for source, rows in fetched(self._client, fetches, self._on_rows):
            self._mirror.add(source.object, schema_of(source), rows)
        for each in sources:
            self._mirror.mark_complete(each.object, new[each.object])
            if "." not in each.parent:
                held = f'"{each.parent}" IN (SELECT "Id" FROM "Opportunity")'
                self._mirror.delete(each.object, f"({held}) IS NOT true")

    def _drop_closed_long_ago(self) -> None:
        self._mirror.delete(OPPORTUNITY, f'"IsClosed" AND "CloseDate" < DATE \'{self._scope.closed_since:%Y-%m-%d}\'')
        self._mirror.forget(OPPORTUNITY)


def _soql(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
