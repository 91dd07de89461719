"""The fewest API calls that each CRM's documented batch sizes allow, by nothing but arithmetic.

Salesforce: a query gives 2,000 rows a call and five queries may be begun in one composite call; a bulk query is made,
seen to be done, and fetched 50,000 rows a call; objects are described 25 a composite call; 200 records are written a
call.

HubSpot: a list gives 100 records a call, 50 with histories, and the ids of what belongs to each; a search gives 200; a
batch reads or writes 100 known ids, reads 50 with histories, and 1,000 records' associations. Each object's properties
take a call, those of an object the playbooks do not need too; the pipelines, the account and the owners one each, and
what was archived at least one. Associations leave no trace on a record, so that a seventh of the open deals' are read
again each night.

What cannot be known beforehand, such as how many rows there are, is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from connectors.hubspot.standard import CONTACTS, WITH_PEOPLE

QUERY_ROWS, QUERIES, BULK_ROWS, DESCRIBED, WRITTEN = 2_000, 5, 50_000, 25, 200
MADE_AND_DONE = 2
LISTED, LISTED_WITH_HISTORY, FOUND, READ, READ_WITH_HISTORY, LINKED, SENT = 100, 50, 200, 100, 50, 1_000, 100
PIPELINES, ACCOUNT, OWNERS = 1, 1, 1
NIGHTS = 7


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


def hubspot_first(
    deals: int, linked: Mapping[str, int], there: Mapping[str, int], *, history: bool, described: int, archived: int = 0
) -> int:
    """Count the calls of a first sweep.

    `linked` has for each object beside deals how many of its records belong to deals in scope, `there` how many the
    account has; `history` is whether every deal's histories are asked for, `described` of how many objects the
    properties are.
    """
    by_list = ceil(deals / (LISTED_WITH_HISTORY if history else LISTED)) + ceil(deals / LINKED)
    by_search = ceil(deals / FOUND) + len(linked) * ceil(deals / LINKED) + _histories(deals, history=history)
    records = sum(min(ceil(count / READ), ceil(there[each] / FOUND)) for each, count in linked.items())
    people = sum(ceil(linked[each] / LINKED) for each in WITH_PEOPLE if each in linked)
    return _always(described, archived) + min(by_list, by_search) + records + people


def hubspot_night(
    changed: int,
    still_open: int,
    held: Mapping[str, int],
    found: Mapping[str, int],
    *,
    history: bool,
    described: int,
    archived: int = 0,
) -> int:
    """Count the calls of a night in which so many deals changed.

    `held` has for each object beside deals how many of its records belong to open deals, `found` how many of them
    changed or are new.
    """
    searches = sum(max(1, ceil(count / FOUND)) for count in (changed, *(found.get(each, 0) for each in held)))
    associations = len(held) * ceil((changed + still_open / NIGHTS) / LINKED)
    new = sum(1 for each in held if found.get(each) and each != CONTACTS)
    people = sum(ceil((held[each] / NIGHTS + found.get(each, 0)) / LINKED) for each in WITH_PEOPLE if each in held)
    return _always(described, archived) + searches + associations + new + people + _histories(changed, history=history)


def hubspot_write(records: int) -> int:
    """Count the calls that write so many records of one object."""
    return ceil(records / SENT)


def _always(described: int, archived: int) -> int:
    return described + PIPELINES + ACCOUNT + OWNERS + max(1, ceil(archived / LISTED))


def _histories(deals: int, *, history: bool) -> int:
    return ceil(deals / READ_WITH_HISTORY) if history else 0
