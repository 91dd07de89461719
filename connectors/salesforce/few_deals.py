"""Reads a few deals with all that belongs to them into a mirror in memory, such as those that an event named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from connectors.mirror.mirror import Freshness, Mirror, in_memory
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fetching import OnRows, fetched, of_parents
from connectors.salesforce.rows import schema_of
from connectors.salesforce.standard import FIELD_HISTORY, HISTORY, OPPORTUNITY, USER
from connectors.salesforce.wanted import Source, Wanted


def few_deals(client: SalesforceClient, wanted: Wanted, ids: Sequence[str], on_rows: OnRows) -> Mirror:
    """Fetch deals by their ids; the caller closes the mirror."""
    mirror = in_memory(client.settings.url)
    until = client.now()
    for source in wanted.sources.values():
        mirror.replace(source.object, schema_of(source), (), Freshness(source.asked, until))
    others = [each for each in wanted.sources.values() if each.object != USER]
    _add(mirror, fetched(client, [fetch for each in others for fetch in of_parents(each, each.parent, ids)], on_rows))
    users = wanted.sources.get(USER)
    if users is not None:
        people = _people(mirror, wanted)
        _add(mirror, fetched(client, of_parents(users, "Id", people), on_rows))
        if "ManagerId" in users.kinds:
            _add(mirror, fetched(client, of_parents(users, "Id", _managers(mirror)), on_rows))
    return mirror


def _add(mirror: Mirror, found: Iterable[tuple[Source, Iterable[pa.Table]]]) -> None:
    for source, rows in found:
        mirror.add(source.object, schema_of(source), rows)


def _people(mirror: Mirror, wanted: Wanted) -> list[str]:
    """Name the users whose rows some deals need: their owners, and who changed them."""
    parts = [
        f'SELECT "{field}" AS id FROM "{object_}"'
        for object_, field in ((OPPORTUNITY, "OwnerId"), (HISTORY, "CreatedById"), (FIELD_HISTORY, "CreatedById"))
        if object_ in wanted.sources and field in wanted.sources[object_].kinds
    ]
    return mirror.ids(f"SELECT id FROM ({' UNION '.join(parts)}) WHERE id IS NOT NULL ORDER BY id") if parts else []


def _managers(mirror: Mirror) -> list[str]:
    held = 'SELECT "Id" FROM "User"'
    return mirror.ids(f'SELECT DISTINCT "ManagerId" FROM "User" WHERE "ManagerId" NOT IN ({held}) ORDER BY 1')
