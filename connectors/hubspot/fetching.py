"""Fetches records by whichever way takes fewer calls: search finds 200 a call, a batch of known ids reads 100.

A search ends at 10,000 results, so that every page asks for ids above the last one, which no page can be past.
It is asked in at most 3,000 characters; where the properties do not fit, it only finds ids. A list holds 100 records a
call, 50 with histories, and knows no condition; but it gives the ids of what belongs to each record too, and histories.
It is used for all deals at once, where that makes it the shorter way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.settings import API
from connectors.hubspot.standard import KEY
from connectors.hubspot.wanted import Source

FOUND_A_CALL, READ_A_CALL, LISTED_A_CALL, WITH_HISTORY = 200, 100, 100, 50
LONGEST_SEARCH = 3_000
LONGEST_ADDRESS = 6_000

OnRows = Callable[[str, int], None]
Record = dict[str, Any]
Filter = Mapping[str, Any]
Groups = Sequence[Sequence[Filter]]
"""Filters of which all must hold, in groups of which one must."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and `place`: from where the next ones follow; "" behind the last.

    `total` is how many are still to come with these, where HubSpot tells.
    """

    records: list[Record]
    place: str
    total: int = 0


def searched(
    client: HubSpotClient, source: Source, groups: Groups, *, after: str = "", only_ids: bool = False
) -> Iterator[Page]:
    """Yield the records that meet a condition in the order of their ids; at least one page.

    `after` is the id behind which to begin. `only_ids` leaves the properties out.
    """
    names = [KEY] if only_ids or not fits(source, groups) else list(source.kinds) or [KEY]
    while True:
        body = _body(names, groups, after)
        found = client.search(source.object, body)
        records: list[Record] = found["results"]
        total = int(found["total"])
        more = total > len(records) and bool(records)
        after = str(records[-1]["id"]) if more else ""
        yield Page(records, after, total)
        if not more:
            return


def count(client: HubSpotClient, source: Source, groups: Groups) -> int:
    """Ask how many records meet a condition."""
    return int(client.search(source.object, {**_body([KEY], groups, ""), "limit": 1})["total"])


def fits(source: Source, groups: Groups) -> bool:
    """Whether a search can be asked for all properties of an object."""
    return len(json.dumps(_body(list(source.kinds), groups, "9" * 16))) <= LONGEST_SEARCH


def read(
    client: HubSpotClient, source: Source, ids: Sequence[str], history: Sequence[str] = ()
) -> Iterator[list[Record]]:
    """Yield records by their ids, with every change of some properties; those that are not there are left out."""
    size = WITH_HISTORY if history else READ_A_CALL
    for start in range(0, len(ids), size):
        inputs = [{"id": each} for each in ids[start : start + size]]
        body: dict[str, Any] = {"inputs": inputs, "properties": list(source.kinds) or [KEY]}
        if history:
            body["propertiesWithHistory"] = list(history)
        answer = client.send("POST", API.objects(source.object, "batch", "read"), body, retry=True)
        yield list(answer.body.get("results") or ())


def listed(
    client: HubSpotClient,
    source: Source,
    *,
    after: str = "",
    archived: bool = False,
    history: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Iterator[Page]:
    """Yield every record of an object in the order of ids; `after` is the place behind which to begin.

    `beside` names the objects whose associated ids come with each record.
    """
    params: dict[str, Any] = {
        "limit": str(WITH_HISTORY if history else LISTED_A_CALL),
        "archived": "true" if archived else "false",
        "properties": ",".join(source.kinds) or KEY,
    }
    if history:
        params["propertiesWithHistory"] = ",".join(history)
    if beside:
        params["associations"] = ",".join(beside)
    while True:
        found = client.get(API.objects(source.object), {**params, **({"after": after} if after else {})})
        after = str(((found.get("paging") or {}).get("next") or {}).get("after") or "")
        yield Page(list(found["results"]), after)
        if not after:
            return


def is_listable(source: Source) -> bool:
    """Whether all properties of an object fit the address of a list."""
    return sum(len(name) + 3 for name in source.kinds) <= LONGEST_ADDRESS


def calls_to_search(records: int) -> int:
    """Say how many calls find so many records; a search that finds none takes one too."""
    return max(1, ceil(records / FOUND_A_CALL))


def calls_to_read(records: int, *, history: bool = False) -> int:
    """Say how many calls read so many records by their ids."""
    return ceil(records / (WITH_HISTORY if history else READ_A_CALL))


def ids_of(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name records by their ids."""
    return [str(each["id"]) for each in records]


def _body(names: Sequence[str], groups: Groups, after: str) -> dict[str, Any]:
    beyond: list[Filter] = [{"propertyName": KEY, "operator": "GT", "value": after}] if after else []
    filters = [[*group, *beyond] for group in groups] or ([beyond] if beyond else [])
    return {
        "filterGroups": [{"filters": each} for each in filters],
        "sorts": [{"propertyName": KEY, "direction": "ASCENDING"}],
        "properties": list(names),
        "limit": FOUND_A_CALL,
    }
