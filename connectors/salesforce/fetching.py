"""Fetches objects by whichever way takes fewer calls: pages of queries for few rows, a bulk job for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil

import pyarrow as pa

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.composite import MOST_QUERIES
from connectors.salesforce.query import LARGEST_PAGE, Query, Soql
from connectors.salesforce.rows import IS_DELETED, rows_of_csv, rows_of_records
from connectors.salesforce.wanted import Source

ROWS_A_PAGE = int(LARGEST_PAGE)
ROWS_A_BULK_PAGE = 50_000
BULK_OVERHEAD = 3
"""Calls of a bulk job beside its pages: it is made, and asked about, usually twice."""
IDS_AT_ONCE = 400
"""Ids in one query: 400 of 18 characters stay well under the length that an address may have."""

OnRows = Callable[[str, int], None]


@dataclass(frozen=True)
class Fetch:
    """Rows of an object to be fetched, under a condition; `size` is how many there are, roughly, where that is known.

    Where it is not, the first page of a query tells.
    """

    source: Source
    where: str
    deleted: bool = False
    size: int | None = None

    @property
    def soql(self) -> Soql:
        """Write the query; deletions are told by a column of their own."""
        source, deleted = self.source, self.deleted and self.source.deletable
        fields = [*source.kinds, *([IS_DELETED] if deleted else [])]
        conditions = " AND ".join(each for each in (source.filter, self.where) if each)
        where = f" WHERE {conditions}" if conditions else ""
        return Soql(f"SELECT {', '.join(fields)} FROM {source.object}{where}", self.deleted)

    @property
    def is_large(self) -> bool:
        """Whether it is known that a bulk job takes fewer calls."""
        return self.size is not None and bulk_is_less(self.size)


def fetched(
    client: SalesforceClient, fetches: Sequence[Fetch], on_rows: OnRows
) -> Iterator[tuple[Source, Iterator[pa.Table]]]:
    """Yield the rows of each object, in order, each to be read before the next; small queries are begun together."""
    small = iter([each for each in fetches if not each.is_large])
    begun: dict[int, Query] = {}
    for each in fetches:
        if not each.is_large and id(each) not in begun:
            some = list(islice(small, MOST_QUERIES))
            begun = dict(zip(map(id, some), client.queries([one.soql for one in some]), strict=True))
        pages = _pages(client, each, begun.pop(id(each), None))
        yield each.source, _watched(each.source.object, pages, on_rows)


def of_parents(source: Source, field: str, ids: Sequence[str]) -> list[Fetch]:
    """Ask for the rows of an object whose field names one of some ids."""
    chunks = (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
    return [Fetch(source, f"{field} IN ({listed(each)})") for each in chunks]


def bulk_is_less(rows: int) -> bool:
    """Whether a bulk job takes fewer calls than pages of a query."""
    return BULK_OVERHEAD + ceil(rows / ROWS_A_BULK_PAGE) < ceil(rows / ROWS_A_PAGE)


def sizes_of(client: SalesforceClient, objects: Iterable[str]) -> Mapping[str, int]:
    """Ask how many rows objects hold, roughly, all in one call; what Salesforce does not count is left out."""
    answer = client.get("limits/recordCount", {"sObjects": ",".join(objects)})
    return {each["name"]: int(each["count"]) for each in answer["sObjects"]}


def listed(ids: Iterable[str]) -> str:
    """Write ids for an IN; whatever is no letter or digit is left out, so that nothing else gets into a query."""
    return ", ".join(f"'{''.join(each for each in one if each.isalnum() and each.isascii())}'" for one in ids)


def _pages(client: SalesforceClient, fetch: Fetch, query: Query | None) -> Iterator[pa.Table]:
    """Give the pages of a query that was begun, unless that turns out to be a job for the bulk API."""
    if query is not None and not bulk_is_less(query.total - ROWS_A_PAGE):
        return (rows_of_records(page, fetch.source) for page in query)
    pages = client.bulk_query(fetch.soql.text, deleted=fetch.deleted, page=ROWS_A_BULK_PAGE)
    return (rows_of_csv(page, fetch.source) for page in pages)


def _watched(what: str, pages: Iterable[pa.Table], on_rows: OnRows) -> Iterator[pa.Table]:
    count = 0
    for page in pages:
        count += page.num_rows
        on_rows(what, count)
        yield page
