"""Gives what HubSpot holds of ours for some deals: out of a mirror that knows them, or by asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import pyarrow as pa

from connectors.hubspot import names
from connectors.hubspot.associations import table_of
from connectors.hubspot.batches import Sends, read_links, read_records
from connectors.hubspot.facts import AccountFacts
from connectors.hubspot.gates import Gates
from connectors.hubspot.standard import DEALS, TASKS
from connectors.hubspot.state import TASK_PROPERTIES, state_of
from connectors.mirror.mirror import Mirror, quoted
from engine.judge.changes import WriteBackState

Rows = list[dict[str, Any]]


def held_in(mirror: Mirror, deal_ids: Sequence[str], zone: tzinfo, gates: Gates) -> WriteBackState | None:
    """Read it from a mirror; None where that does not know all of these deals."""
    mirror.db.register("_asked", pa.table({"Id": pa.array(sorted(set(deal_ids)), pa.string())}))
    try:
        deals = _rows(mirror, f'SELECT * FROM {quoted(DEALS)} WHERE "Id" IN (SELECT "Id" FROM _asked)')
        tasks = _tasks(mirror)
    finally:
        mirror.db.unregister("_asked")
    if len(deals) < len(set(deal_ids)):
        return None
    return state_of(
        {str(row["Id"]): row for row in deals}, ((str(row["Id"]), str(row["_deal"]), row) for row in tasks), zone, gates
    )


def asked_for(
    client: Sends, facts: AccountFacts, deal_ids: Sequence[str], zone: tzinfo, gates: Gates
) -> WriteBackState:
    """Ask HubSpot: 100 deals a call, and their tasks by their associations, since search lags behind."""
    asked = [each for each in (*names.FLAG_PROPERTIES, *gates.stages) if facts.has(DEALS, each)]
    deals = {str(each["id"]): each["properties"] for each in read_records(client, DEALS, deal_ids, asked)}
    if not facts.has(TASKS, names.KEY):
        return state_of(deals, (), zone, gates)
    linked = read_links(client, DEALS, TASKS, deal_ids)
    owners = {task: deal for deal, tasks in linked.items() for task in tasks}
    tasks: list[Mapping[str, Any]] = list(read_records(client, TASKS, owners, TASK_PROPERTIES))
    return state_of(
        deals, ((str(each["id"]), owners[str(each["id"])], each["properties"]) for each in tasks), zone, gates
    )


def _tasks(mirror: Mirror) -> Rows:
    """Give the tasks of ours, each with the deal it belongs to."""
    links = table_of(DEALS, TASKS)
    if not {TASKS, links} <= mirror.tables() or names.KEY not in _columns(mirror, TASKS):
        return []
    return _rows(
        mirror,
        f"""SELECT l."From" AS _deal, t.* FROM {quoted(links)} l JOIN {quoted(TASKS)} t ON t."Id" = l."To"
        WHERE l."From" IN (SELECT "Id" FROM _asked) AND t.{quoted(names.KEY)} IS NOT NULL""",
    )


def _columns(mirror: Mirror, table: str) -> list[str]:
    return mirror.ids(f"SELECT column_name FROM (DESCRIBE {quoted(table)})")


def _rows(mirror: Mirror, sql: str) -> Rows:
    table: pa.Table = mirror.db.sql(sql).to_arrow_table()
    return list(table.to_pylist())
