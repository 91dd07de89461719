"""HubSpot keeps what every connector promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.protocol import Connector
from tests.connectors.contract import ConnectorContract, MakeCrm, Rows
from tests.connectors.hubspot.accounts import connector_of, install_properties
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.filling import Filled


@pytest.fixture(params=[True, False], ids=["unique key", "plain key"])
def account(request: pytest.FixtureRequest) -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator() as simulator:
        simulator.limits.enforce()
        install_properties(simulator.account, unique=request.param)
        yield simulator


class TestHubSpot(ConnectorContract):
    @pytest.fixture
    def make_crm(self, account: HubSpotSimulator, tmp_path: Path) -> Iterator[MakeCrm]:
        with ExitStack() as opened:

            def make(tables: Mapping[str, Rows]) -> Connector:
                Filled(account.account).fill(tables)
                return opened.enter_context(connector_of(account, tmp_path / "mirror.duckdb"))

            yield make
