"""Reads a few deals with all that belongs to them into a mirror in memory, such as those that an event named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import NotFoundError
from connectors.hubspot.fetching import OnRows, Record, read
from connectors.hubspot.gathering import Gathering
from connectors.hubspot.rows import Typing, schema_of
from connectors.hubspot.settings import API
from connectors.hubspot.standard import DEALS
from connectors.hubspot.wanted import Source, Wanted
from connectors.mirror.mirror import Freshness, Mirror, in_memory
from rules.problems import Problem


@dataclass(frozen=True)
class FewDeals:
    """Some deals in a mirror that the caller closes. `merged` says under which id a deal lives that was merged.

    `wanted` is what was read: less than was asked for where the app may not read an object. `gone` are properties that
    the account turned out not to have any more.
    """

    mirror: Mirror
    wanted: Wanted
    merged: Mapping[str, str]
    problems: tuple[Problem, ...]
    gone: frozenset[tuple[str, str]] = frozenset()


def few_deals(client: HubSpotClient, wanted: Wanted, ids: Sequence[str], on_rows: OnRows) -> FewDeals:
    """Fetch deals by their ids, those of them that there are."""
    mirror, typing = in_memory(client.settings.url), Typing(client.settings.name)
    gathering = Gathering(client, mirror, wanted, typing, on_rows)
    source = wanted.sources[DEALS]
    gathering.owners()
    until = client.now() or datetime.now(UTC)
    gathering.prepare(until)
    mirror.replace(DEALS, schema_of(source), (), Freshness(source.asked, until))
    records = [each for page in read(client, source, ids, wanted.history) for each in page]
    held = {str(each["id"]) for each in records}
    moved = {each: _merged_into(client, source, each) for each in ids if each not in held}
    merged = {old: str(new["id"]) for old, new in moved.items() if new is not None}
    others = sorted(set(merged.values()) - held)
    records += [each for page in read(client, source, others, wanted.history) for each in page]
    gathering.keep_records(source, records)
    gathering.gather()
    return FewDeals(mirror, gathering.wanted, merged, gathering.problems, gathering.gone)


def _merged_into(client: HubSpotClient, source: Source, id_: str) -> Record | None:
    """Ask for one deal that a batch does not give: the id of a merged one leads to the deal it became part of."""
    try:
        found: Record = client.get(API.objects(source.object, id_))
    except NotFoundError:
        return None
    return found
