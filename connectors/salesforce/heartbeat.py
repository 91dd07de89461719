"""Tells the org when a sweep ended: its gates ask how fresh they are."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.mirror.mirror import EPOCH, Mirror
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import NotReadableError, SalesforceError
from connectors.salesforce.query import Soql

KEPT = "heartbeat"
GONE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})
PATH = f"sobjects/{names.HEARTBEAT}"


def record_sweep(client: SalesforceClient, mirror: Mirror | None, ended_at: datetime) -> None:
    """Set the org's heartbeat, where it is installed; the mirror keeps its id, so that one call is enough."""
    swept = {names.SWEPT_AT: ended_at.astimezone(UTC).isoformat(timespec="seconds")}
    known = mirror.kept(KEPT, EPOCH) if mirror is not None else None
    if known and _is_set(client, known, swept):
        return
    try:
        held, organizations = client.queries(
            [Soql(f"SELECT Id, SetupOwnerId FROM {names.HEARTBEAT}"), Soql("SELECT Id FROM Organization")]
        )
    except NotReadableError:
        return
    organization = organizations.rows()[0]["Id"]
    row = next((str(each["Id"]) for each in held.rows() if each["SetupOwnerId"] == organization), "")
    if not row:
        row = client.send("POST", PATH, {"SetupOwnerId": organization, **swept}).body["id"]
    else:
        client.send("PATCH", f"{PATH}/{row}", swept)
    if mirror is not None:
        mirror.keep(KEPT, row, ended_at)


def _is_set(client: SalesforceClient, row: str, swept: dict[str, str]) -> bool:
    """Set a heartbeat that was there the last time; False where it is no longer."""
    try:
        client.send("PATCH", f"{PATH}/{row}", swept)
    except SalesforceError as refusal:
        if refusal.code not in GONE:
            raise
        return False
    return True
