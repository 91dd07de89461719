"""Every change of some properties, as HubSpot keeps the last twenty or so of each, and when that must be read.

A stage's entries are plain properties, `hs_v2_date_entered_*`, and come with the deal. They tell only the last time a
deal entered and left each stage, and not by whom, so that histories are read of every deal where a playbook asks

- whether another field changed, how often, or by whose team, or
- who moved the deal,

and else of those deals alone whose entries do not follow one another from the day the deal was made: it was in a stage
twice, or in a pipeline that is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.hubspot.standard import DEALS, QUOTES
from connectors.hubspot.values import typed
from connectors.hubspot.wanted import Wanted
from connectors.mirror.canonical_values import text_sql
from connectors.mirror.mirror import DELETED, quoted

HISTORY, QUOTE_HISTORY = f"{DEALS} history", f"{QUOTES} history"
"""The mirror's tables of changes."""

SCHEMA = pa.schema(
    [
        ("Id", pa.string()),
        ("Of", pa.string()),
        ("Property", pa.string()),
        ("Value", pa.string()),
        ("At", pa.timestamp("us", tz="UTC")),
        ("By", pa.string()),
        (DELETED, pa.bool_()),
    ]
)
ROUNDING = 2
"""How far apart the leaving of one stage and the entering of the next may be written, in seconds."""
FIRST_MINUTE = 60
"""How long after a deal was made its first stage may be entered, in seconds."""
NO_ENTRY = "SELECT NULL::VARCHAR AS deal, NULL::VARCHAR AS stage, NULL::TIMESTAMPTZ AS entered, NULL AS exited"


def history_rows(records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Lay out the changes that records came with; a change without a moment is left out."""
    changes = [
        (str(record["id"]), name, place, each)
        for record in records
        for name, listed in (record.get("propertiesWithHistory") or {}).items()
        for place, each in enumerate(reversed(listed))
    ]
    moments, _ = typed([str(each.get("timestamp") or "") or None for *_, each in changes], "datetime")
    table = pa.table(
        [
            pa.array([f"{of}:{name}:{each.get('timestamp')}:{place}" for of, name, place, each in changes]),
            pa.array([of for of, *_ in changes], pa.string()),
            pa.array([name for _, name, *_ in changes], pa.string()),
            pa.array([_value(each.get("value")) for *_, each in changes], pa.string()),
            moments,
            pa.array([_who(each) for *_, each in changes], pa.string()),
            pa.array([False] * len(changes), pa.bool_()),
        ],
        schema=SCHEMA,
    )
    return table.filter(table["At"].is_valid())


def entries_sql(wanted: Wanted) -> str:
    """Give the SQL of the stages that deals entered as their properties tell: deal, stage, entered, exited."""
    kinds = wanted.sources[DEALS].kinds
    parts = [
        f"""SELECT "Id" AS deal, {text_sql(stage.id)} AS stage, {quoted(stage.entered)} AS entered,
            {quoted(stage.exited) if stage.exited in kinds else "NULL::TIMESTAMPTZ"} AS exited
            FROM deals WHERE {quoted(stage.entered)} IS NOT NULL"""
        for stage in wanted.stages
        if stage.entered in kinds
    ]
    return " UNION ALL ".join(parts) or f"SELECT * FROM ({NO_ENTRY}) WHERE false"


def insufficient_sql(wanted: Wanted) -> str:
    """Give the SQL that names the deals whose stage entries do not tell all of their way.

    It does where the first stage was entered when the deal was made, each later one when the one before was left, and
    the last is where the deal stands. Deals in pipelines that no playbook names are not asked about.
    """
    made = [f'd."{name}"' for name in ("hs_createdate", "createdate") if name in wanted.sources[DEALS].kinds]
    listed = ", ".join(text_sql(stage.id) for stage in wanted.stages)
    stands = f'"dealstage" IN ({listed})' if listed else '"dealstage" IS NOT NULL'
    return f"""
        WITH steps AS (
            SELECT e.*, coalesce({", ".join(made) or "NULL"}) AS made, d."dealstage" AS stands,
                row_number() OVER of_deal AS place, lead(entered) OVER of_deal AS next_entered
            FROM ({entries_sql(wanted)}) e JOIN deals d ON d."Id" = e.deal
            WHERE d.{stands} WINDOW of_deal AS (PARTITION BY e.deal ORDER BY e.entered, e.stage)
        )
        SELECT deal AS "Id" FROM steps
        WHERE (next_entered IS NULL AND (stage <> stands OR exited > entered))
            OR (next_entered IS NOT NULL AND (abs(epoch(exited) - epoch(next_entered)) <= {ROUNDING}) IS NOT TRUE)
            OR (place = 1 AND epoch(entered) > epoch(made) + {FIRST_MINUTE})
        UNION SELECT "Id" FROM deals WHERE {stands} AND "Id" NOT IN (SELECT deal FROM steps)
    """


def _value(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _who(change: Mapping[str, Any]) -> str:
    """Give the user who made a change as `userId:7`, else what did: an integration, a workflow, an import."""
    user = change.get("updatedByUserId")
    if user:
        return f"userId:{user}"
    source = str(change.get("sourceId") or "")
    if source.startswith("userId:"):
        return source
    return str(change.get("sourceLabel") or change.get("sourceType") or "") or "HubSpot"
