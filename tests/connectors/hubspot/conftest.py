"""A simulated account, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.hubspot.client import HubSpotClient
from tests.connectors.hubspot.accounts import client_of, install_properties, settings_of
from tests.connectors.hubspot.sweeps import Sweeps
from tests.simulators.hubspot import HubSpotSimulator


@pytest.fixture
def crm() -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator() as simulator:
        simulator.limits.enforce()
        install_properties(simulator.account)
        yield simulator


@pytest.fixture
def client(crm: HubSpotSimulator, tmp_path: Path) -> Iterator[HubSpotClient]:
    client = client_of(crm, settings_of(crm, tmp_path / "mirror.duckdb"))
    yield client
    client.close()


@pytest.fixture
def sweeps(crm: HubSpotSimulator, tmp_path: Path) -> Sweeps:
    return Sweeps(crm, tmp_path / "acme.mirror.duckdb")
