"""The fewest API calls that each CRM's documented batch sizes allow, by nothing but arithmetic.

Salesforce: a query gives 2,000 rows a call and five queries may be begun in one composite call; a bulk query is made,
seen to be done, and fetched 50,000 rows a call; objects are described 25 a composite call; 200 records are written a
call. What cannot be known beforehand, such as how many rows there are, is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

QUERY_ROWS, QUERIES, BULK_ROWS, DESCRIBED, WRITTEN = 2_000, 5, 50_000, 25, 200
MADE_AND_DONE = 2


def salesforce_read(rows: Mapping[str, int], *, described: int) -> int:
    """Count the calls that read so many rows of each object, and describe so many objects."""
    by_query = {name: ceil(count / QUERY_ROWS) for name, count in rows.items()}
    by_job = {name: MADE_AND_DONE + ceil(count / BULK_ROWS) for name, count in rows.items()}
    queried = [name for name in rows if by_query[name] <= by_job[name] + 1]
    further = sum(max(0, by_query[name] - 1) for name in queried)
    jobs = sum(by_job[name] for name in rows if name not in queried)
    return ceil(described / DESCRIBED) + ceil(len(queried) / QUERIES) + further + jobs


def salesforce_write(records: int) -> int:
    """Count the calls that write so many records of one object."""
    return ceil(records / WRITTEN)
