"""Both kinds of local CRM keep what every connector promises."""

from __future__ import annotations

import pytest

from tests.connectors.contract import ConnectorContract, MakeCrm


class TestSqliteFile(ConnectorContract):
    @pytest.fixture
    def make_crm(self, make_sqlite: MakeCrm) -> MakeCrm:
        return make_sqlite


class TestFolder(ConnectorContract):
    @pytest.fixture
    def make_crm(self, make_folder: MakeCrm) -> MakeCrm:
        return make_folder
