"""A simulated account made ready: Dealgate's own properties, and a client whose time is the simulator's."""

from __future__ import annotations

from pathlib import Path

import requests

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings, Token
from connectors.secret import Secret
from connectors.transport import new_transport
from tests.simulators.hubspot import Account, HubSpotSimulator

KINDS = {names.SCORE: "number", names.NEXT_DEADLINE: "date", names.CHECKED_AT: "datetime"}


def install_properties(account: Account, *, unique: bool = True) -> None:
    """Give the account the properties that `dealgate install` makes."""
    for name in (*names.FLAG_PROPERTIES, names.NOTE):
        account.add_property("deals", name, KINDS.get(name, "string"))
    account.add_property("tasks", names.KEY, unique=unique)


def settings_of(crm: HubSpotSimulator, mirror: Path, **more: object) -> HubSpotSettings:
    values = {"sign_in": Token(Secret(crm.token)), "url": crm.url} | more
    return HubSpotSettings("acme", mirror=mirror, **values)  # type: ignore[arg-type] # the settings' own


def client_of(
    crm: HubSpotSimulator, settings: HubSpotSettings, transport: requests.Session | None = None
) -> HubSpotClient:
    """Make a client for which time passes only where it waits."""
    if transport is None:
        transport = new_transport()
        transport.trust_env = False

    def clock() -> float:
        return crm.clock.now.timestamp()

    return HubSpotClient(settings, transport=transport, pause=crm.clock.advance, clock=clock)


def connector_of(crm: HubSpotSimulator, mirror: Path, **more: object) -> HubSpotConnector:
    client = client_of(crm, settings_of(crm, mirror, **more))
    return HubSpotConnector(client.settings, client)
