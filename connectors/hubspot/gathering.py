"""Completes a mirror of deals: whatever of theirs is not held yet is fetched, in the API's largest batches.

It makes no difference to it whether a deal came in a first sweep, changed since the last one, or was named by an event.
What was fetched is kept every few thousand records, so that a stop half-way costs little and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, islice

import pyarrow as pa

from connectors.hubspot import associations, history, owners
from connectors.hubspot.associations import read_associations, table_of
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError, MissingScopesError
from connectors.hubspot.fetching import (
    OnRows,
    Page,
    Record,
    calls_to_read,
    calls_to_search,
    read,
    searched,
)
from connectors.hubspot.history import HISTORY, QUOTE_HISTORY, history_rows, insufficient_sql
from connectors.hubspot.rows import Typing, schema_of
from connectors.hubspot.standard import CONTACTS, DEALS, OWNERS, QUOTE_STATUS, QUOTES, STAGE
from connectors.hubspot.wanted import Source, Wanted, hidden, without
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import Freshness, Mirror, quoted
from rules.problems import Place, Problem

DEALS_AT_ONCE, RECORDS_AT_ONCE, HISTORIES_AT_ONCE = 20_000, 5_000, 2_500
"""After how many records what was fetched is kept: 20, 50 and 50 calls."""
PAGES_AT_ONCE = 25
WORTH_ASKING = 4
"""How many calls reading by ids must take before one is spent on asking whether a search takes fewer."""
REFUSED = 400


class Gathering:
    """One completion of a mirror whose table of deals is as it should be.

    `wanted` becomes less where the app turns out not to be allowed to read an object.
    """

    def __init__(self, client: HubSpotClient, mirror: Mirror, wanted: Wanted, typing: Typing, on_rows: OnRows) -> None:
        self._client = client
        self._mirror = mirror
        self.wanted = wanted
        self._typing = typing
        self._on_rows = on_rows
        self._problems: list[Problem] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read, and which values."""
        return tuple(sorted({*self.wanted.problems, *self._problems, *self._typing.problems}))

    @property
    def gone(self) -> frozenset[tuple[str, str]]:
        """The properties, each with its object, that the account turned out not to have any more."""
        return frozenset(self._typing.gone)

    @property
    def deal_tables(self) -> tuple[str, ...]:
        """The tables whose rows are fetched anew for a deal that changed."""
        return (*(table_of(DEALS, each) for each in self.wanted.related), HISTORY)

    def prepare(self, until: datetime) -> None:
        """Make the tables that are not there, or that other columns were asked for."""
        wanted = self.wanted
        asked = [(each, schema_of(wanted.sources[each]), wanted.sources[each].asked) for each in wanted.related]
        pairs = [*((DEALS, each) for each in wanted.related), *((each, CONTACTS) for each in wanted.with_people)]
        asked += [(table_of(*pair), associations.SCHEMA, "") for pair in pairs]
        asked.append((HISTORY, history.SCHEMA, " ".join(wanted.history)))
        if wanted.quote_history:
            asked.append((QUOTE_HISTORY, history.SCHEMA, QUOTE_STATUS))
        for table, schema, text in asked:
            fresh = self._mirror.freshness(table)
            if fresh is None or fresh.asked != text:
                self._mirror.replace(table, schema, (), Freshness(text, until))

    def owners(self) -> None:
        """Read everybody who may own a deal."""
        try:
            found = list(owners.read_owners(self._client, archived=False))
        except MissingScopesError as refusal:
            self._mirror.delete("_fresh", f"name = '{OWNERS}'")
            self._problems.append(hidden(OWNERS, ", ".join(refusal.scopes), self._client.settings.name))
            return
        until = self._client.now() or datetime.now(UTC)
        self._mirror.replace(OWNERS, owners.SCHEMA, self._watched(OWNERS, found), Freshness(OWNERS, until))

    def gather(self) -> None:
        """Fetch what the deals of the mirror lack."""
        for object_ in self.wanted.related:
            with self.unless_hidden(object_):
                self._associations(DEALS, object_)
                self._records(object_)
        for object_ in self.wanted.with_people:
            self._associations(object_, CONTACTS)
        if self.wanted.quote_history:
            self._histories(QUOTES, QUOTE_HISTORY, (QUOTE_STATUS,), self._without_quote_history)
        self._histories(DEALS, HISTORY, self.wanted.history or (STAGE,), self._without_history)
        self._former_owners()

    @contextmanager
    def unless_hidden(self, object_: str) -> Iterator[None]:
        """Leave an object out, by name, where the app may know of it but not read it."""
        try:
            yield
        except MissingScopesError as refusal:
            if object_ == DEALS:
                raise
            self.wanted = without(self.wanted, object_, refusal.scopes, self._client.settings.name)

    def keep_records(self, source: Source, records: Sequence[Record]) -> None:
        """Hold records, and their histories where they came with some."""
        self._mirror.add(source.object, schema_of(source), [self._typing.rows(records, source)])
        told = [str(each["id"]) for each in records if each.get("propertiesWithHistory") is not None]
        if told:
            table = QUOTE_HISTORY if source.object == QUOTES else HISTORY
            self._mirror.renew(table, "Of", told, history.SCHEMA, [history_rows(records)])

    def keep_beside(self, records: Sequence[Record], beside: Sequence[str]) -> None:
        """Hold the associations that a list gave with its records; what it calls otherwise is asked for later."""
        if not associations.are_named(records, beside):
            return
        for object_ in beside:
            ids, rows = associations.listed_beside(records, object_)
            self._mirror.renew(table_of(DEALS, object_), "From", ids, associations.SCHEMA, [rows])

    def _associations(self, from_: str, to: str) -> None:
        table = table_of(from_, to)
        while ids := self._mirror.incomplete(table, from_, DEALS_AT_ONCE):
            try:
                pages = self._watched(table, read_associations(self._client, from_, to, ids))
                self._mirror.renew(table, "From", ids, associations.SCHEMA, pages)
            except HubSpotError as refusal:
                if refusal.status != REFUSED:
                    raise
                self._say("not-associated", f"{to} are not read: {refusal}", f"associate {to} with {from_}")
                return

    def _records(self, object_: str) -> None:
        """Fetch the records that deals are associated with: by their ids, or all there are where that is shorter."""
        source, needed = self.wanted.sources[object_], self._needed(object_)
        asked_all = False
        while ids := self._mirror.ids(f"{needed} ORDER BY 1 LIMIT {RECORDS_AT_ONCE}"):
            if calls_to_read(len(ids)) > WORTH_ASKING and not asked_all:
                asked_all = True
                if self._all_records(source, int(self._mirror.ids(f"SELECT count(*)::VARCHAR FROM ({needed})")[0])):
                    continue
            self._some_records(source, ids)

    def _some_records(self, source: Source, ids: Sequence[str]) -> None:
        """Fetch records by their ids; those that do not come are not asked for again."""
        changes = (QUOTE_STATUS,) if source.object == QUOTES and self.wanted.quote_history else ()
        records = [each for page in read(self._client, source, ids, changes) for each in page]
        self._on_rows(source.object, len(records))
        self.keep_records(source, records)
        found = {str(each["id"]) for each in records}
        self._mirror.mark_complete(source.object, [each for each in ids if each not in found])

    def _all_records(self, source: Source, needed: int) -> bool:
        """Find every record of an object where that takes fewer calls; says whether it did."""
        pages = searched(self._client, source, ())
        first = next(pages)
        if calls_to_search(first.total) - 1 >= calls_to_read(needed):
            return False
        for some in bunched(chain([first], pages)):
            self.keep_records(source, [each for page in some for each in page.records])
            self._mirror.delete(source.object, f'"Id" NOT IN (SELECT "To" FROM {self._links(source.object)})')
        return True

    def _needed(self, object_: str) -> str:
        """Give the SQL of the records that are associated, not held, and were not asked for in vain."""
        asked = f"SELECT id FROM _complete WHERE name = {text_sql(object_)}"
        return f"""SELECT DISTINCT "To" FROM {self._links(object_)}
            WHERE "To" NOT IN (SELECT "Id" FROM {quoted(object_)}) AND "To" NOT IN ({asked})"""

    def _links(self, object_: str) -> str:
        return quoted(table_of(DEALS, object_))

    def _histories(self, object_: str, table: str, names: Sequence[str], lacking: Callable[[int], list[str]]) -> None:
        source = Source(object_, {})
        while ids := lacking(HISTORIES_AT_ONCE):
            pages = (history_rows(records) for records in read(self._client, source, ids, names))
            self._mirror.renew(table, "Of", ids, history.SCHEMA, self._watched(table, pages))

    def _without_history(self, most: int) -> list[str]:
        """Name deals whose history is not held: any where playbooks ask for changes, else where entries fall short."""
        if self.wanted.history:
            return self._mirror.incomplete(HISTORY, DEALS, most)
        known = f"SELECT id FROM _complete WHERE name = {text_sql(HISTORY)}"
        lacking = f"""SELECT "Id" FROM ({insufficient_sql(self.wanted)}) WHERE "Id" NOT IN ({known})"""
        return self._mirror.ids(f"{lacking} ORDER BY 1 LIMIT {most}")

    def _without_quote_history(self, most: int) -> list[str]:
        return self._mirror.incomplete(QUOTE_HISTORY, QUOTES, most)

    def _former_owners(self) -> None:
        """Read those who are owners no more where deals are still theirs."""
        if OWNERS not in self._mirror.tables() or "hubspot_owner_id" not in self.wanted.sources[DEALS].kinds:
            return
        unknown = 'SELECT "hubspot_owner_id" FROM deals WHERE "hubspot_owner_id" IS NOT NULL'
        if self._mirror.ids(f'{unknown} AND "hubspot_owner_id" NOT IN (SELECT "Id" FROM owners) LIMIT 1'):
            self._mirror.add(OWNERS, owners.SCHEMA, owners.read_owners(self._client, archived=True))

    def _watched(self, what: str, pages: Sequence[pa.Table] | Iterator[pa.Table]) -> Iterator[pa.Table]:
        rows = 0
        for page in pages:
            rows += page.num_rows
            self._on_rows(what, rows)
            yield page

    def _say(self, code: str, message: str, help_: str) -> None:
        self._problems.append(Problem(Place(self._client.settings.name), code, message, help_))


def bunched(pages: Iterator[Page]) -> Iterator[list[Page]]:
    """Put pages together, as many as are kept at once."""
    while some := list(islice(pages, PAGES_AT_ONCE)):
        yield some
