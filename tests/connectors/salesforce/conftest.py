"""A simulated org, and connectors to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings, SessionId
from connectors.secret import Secret
from connectors.transport import new_transport
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.installed import install_fields


def trusting(crm: SalesforceSimulator) -> requests.Session:
    """Make a session that trusts the simulator's certificate and nothing of the environment."""
    session = new_transport()
    session.trust_env = False
    session.verify = str(crm.ca_file)
    return session


def settings_of(crm: SalesforceSimulator, mirror: Path, **more: object) -> SalesforceSettings:
    by_session = SessionId(Secret(crm.session_id))
    return SalesforceSettings("acme", crm.url, by_session, mirror, **more)  # type: ignore[arg-type] # the settings' own


def client_of(crm: SalesforceSimulator, mirror: Path = Path("unused"), **more: object) -> SalesforceClient:
    return SalesforceClient(settings_of(crm, mirror, **more), transport=trusting(crm), pause=lambda _: None)


def connector_of(crm: SalesforceSimulator, mirror: Path, **more: object) -> SalesforceConnector:
    client = client_of(crm, mirror, **more)
    return SalesforceConnector(client.settings, client)


@pytest.fixture
def org() -> Iterator[SalesforceSimulator]:
    """An org in which Dealgate's fields are installed."""
    with SalesforceSimulator() as crm:
        install_fields(crm.org)
        yield crm


@pytest.fixture
def connector(org: SalesforceSimulator, tmp_path: Path) -> Iterator[SalesforceConnector]:
    with connector_of(org, tmp_path / "acme.mirror.duckdb") as connector:
        yield connector
