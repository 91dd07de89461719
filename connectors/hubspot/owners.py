"""Reads the people who own deals, all of them: HubSpot tells of nobody who their manager is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.settings import API
from connectors.hubspot.values import typed
from connectors.mirror.mirror import DELETED

OWNERS_A_CALL = "500"

SCHEMA = pa.schema(
    [
        ("Id", pa.string()),
        ("UserId", pa.string()),
        ("Name", pa.string()),
        ("Email", pa.string()),
        ("Team", pa.string()),
        ("StartedAt", pa.timestamp("us", tz="UTC")),
        (DELETED, pa.bool_()),
    ]
)


def read_owners(client: HubSpotClient, *, archived: bool) -> Iterator[pa.Table]:
    """Yield the owners, or those who no longer are."""
    params = {"limit": OWNERS_A_CALL, "archived": "true" if archived else "false"}
    after = ""
    while True:
        found = client.get(API.owners(), {**params, **({"after": after} if after else {})})
        yield _rows(found["results"])
        after = str(((found.get("paging") or {}).get("next") or {}).get("after") or "")
        if not after:
            return


def _rows(owners: Sequence[Mapping[str, Any]]) -> pa.Table:
    started, _ = typed([str(each.get("createdAt") or "") or None for each in owners], "datetime")
    return pa.table(
        [
            pa.array([str(each["id"]) for each in owners], pa.string()),
            pa.array([_user(each) for each in owners], pa.string()),
            pa.array([_name(each) for each in owners], pa.string()),
            pa.array([each.get("email") or None for each in owners], pa.string()),
            pa.array([_team(each) for each in owners], pa.string()),
            started,
            pa.array([False] * len(owners), pa.bool_()),
        ],
        schema=SCHEMA,
    )


def _user(owner: Mapping[str, Any]) -> str | None:
    """Give the user's number, which histories name people by."""
    user = owner.get("userId") or owner.get("userIdIncludingInactive")
    return str(user) if user else None


def _name(owner: Mapping[str, Any]) -> str | None:
    names = (str(owner.get(part) or "").strip() for part in ("firstName", "lastName"))
    return " ".join(each for each in names if each) or None


def _team(owner: Mapping[str, Any]) -> str | None:
    """Give the name of the owner's main team."""
    teams = sorted(owner.get("teams") or (), key=lambda team: not team.get("primary"))
    return str(teams[0].get("name") or "") or None if teams else None
