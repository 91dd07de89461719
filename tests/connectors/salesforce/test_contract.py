"""Salesforce keeps what every connector promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.protocol import Connector
from tests.connectors.contract import ConnectorContract, MakeCrm, Rows
from tests.connectors.salesforce.conftest import connector_of
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.filling import Filled


class TestSalesforce(ConnectorContract):
    @pytest.fixture
    def make_crm(self, org: SalesforceSimulator, tmp_path: Path) -> Iterator[MakeCrm]:
        with ExitStack() as opened:

            def make(tables: Mapping[str, Rows]) -> Connector:
                Filled(org.org).fill(tables)
                return opened.enter_context(connector_of(org, tmp_path / "mirror.duckdb"))

            yield make
