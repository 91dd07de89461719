"""Fetches objects by whichever way takes fewer calls: pages of a query for few rows, a bulk job for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import ceil

import pyarrow as pa

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.query import LARGEST_PAGE, Query
from connectors.salesforce.rows import IS_DELETED, rows_of_csv, rows_of_records
from connectors.salesforce.wanted import Source

ROWS_A_PAGE = int(LARGEST_PAGE)
ROWS_A_BULK_PAGE = 50_000
BULK_OVERHEAD = 3
"""Calls of a bulk job beside its pages: it is made, and asked about, usually twice."""
IDS_AT_ONCE = 400
"""Ids in one query: 400 of 18 characters stay well under the length that an address may have."""

OnRows = Callable[[str, int], None]


def fetch(
    client: SalesforceClient, source: Source, where: str, *, size: int | None, deleted: bool, on_rows: OnRows
) -> Iterator[pa.Table]:
    """Yield the rows of an object under a condition; `size` is how many there are, where that is known.

    Where it is not, the first page of a query tells.
    """
    soql = soql_of(source, where, deleted=deleted)
    query: Query | None = None
    if size is None or not bulk_is_less(size):
        query = client.query(soql, deleted=deleted)
        size = query.total
    pages = (
        (rows_of_records(page, source) for page in query)
        if query is not None and not bulk_is_less(size)
        else (rows_of_csv(page, source) for page in client.bulk_query(soql, deleted=deleted, page=ROWS_A_BULK_PAGE))
    )
    yield from _watched(source.object, pages, on_rows)


def fetch_of(
    client: SalesforceClient, source: Source, field: str, ids: Sequence[str], *, on_rows: OnRows
) -> Iterator[pa.Table]:
    """Yield the rows of an object whose field names one of these ids."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        where = f"{field} IN ({listed(ids[start : start + IDS_AT_ONCE])})"
        pages = (rows_of_records(page, source) for page in client.query(soql_of(source, where, deleted=False)))
        yield from _watched(source.object, pages, on_rows)


def bulk_is_less(rows: int) -> bool:
    """Whether a bulk job takes fewer calls than pages of a query."""
    return BULK_OVERHEAD + ceil(rows / ROWS_A_BULK_PAGE) < ceil(rows / ROWS_A_PAGE)


def sizes_of(client: SalesforceClient, objects: Iterable[str]) -> Mapping[str, int]:
    """Ask how many rows objects hold, roughly, all in one call; what Salesforce does not count is left out."""
    answer = client.get("limits/recordCount", {"sObjects": ",".join(objects)})
    return {each["name"]: int(each["count"]) for each in answer["sObjects"]}


def soql_of(source: Source, where: str, *, deleted: bool) -> str:
    """Write the query for an object's fields; deletions are told by a column of their own."""
    fields = [*source.kinds, *([IS_DELETED] if deleted and source.deletable else [])]
    conditions = " AND ".join(each for each in (source.filter, where) if each)
    return f"SELECT {', '.join(fields)} FROM {source.object}" + (f" WHERE {conditions}" if conditions else "")


def listed(ids: Iterable[str]) -> str:
    """Write ids for an IN; whatever is no letter or digit is left out, so that nothing else gets into a query."""
    return ", ".join(f"'{''.join(each for each in one if each.isalnum() and each.isascii())}'" for one in ids)


def _watched(what: str, pages: Iterable[pa.Table], on_rows: OnRows) -> Iterator[pa.Table]:
    count = 0
    for page in pages:
        count += page.num_rows
        on_rows(what, count)
        yield page
