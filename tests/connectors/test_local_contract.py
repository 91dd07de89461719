"""Both kinds of local CRM keep what every connector promises."""

from __future__ import annotations

import pytest

from tests.connectors.conftest import MakeLocal
from tests.connectors.contract import ConnectorContract


class TestSqliteFile(ConnectorContract):
    @pytest.fixture
    def make_crm(self, make_sqlite: MakeLocal) -> MakeLocal:
        return make_sqlite


class TestFolder(ConnectorContract):
    @pytest.fixture
    def make_crm(self, make_folder: MakeLocal) -> MakeLocal:
        return make_folder
