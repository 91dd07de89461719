"""What rows of an org become in the canonical tables, where a customer's org is easily read wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.judge.tables import Tables
from rules.playbook import Playbook, Stage
from tests.connectors.salesforce.conftest import connector_of
from tests.simulators.salesforce import SalesforceSimulator

PLAYBOOK = Playbook("p", 1, "P", (Stage("a", "A"),))


class Deal:
    """One deal with two people, in an org that holds little else."""

    def __init__(self, crm: SalesforceSimulator, mirror: Path) -> None:
        self.crm, self.org, self.mirror = crm, crm.org, mirror
        self.ann = self.org.add("Contact", Name="Ann Lee", Email="ann@globex.example")
        self.bob = self.org.add("Contact", Name="Jo Ann", Email="joann@globex.example")
        self.id = self.org.add("Opportunity", Name="Deal", StageName="Qualification", CloseDate="2026-12-31")
        for who in (self.ann, self.bob):
            self.org.add("OpportunityContactRole", OpportunityId=self.id, ContactId=who)

    def read(self, columns: Mapping[str, str] | None = None, deal_ids: Sequence[str] | None = None) -> Tables:
        with connector_of(self.crm, self.mirror, columns=columns or {}) as connector:
            (tables,) = connector.read([PLAYBOOK], deal_ids)
            return tables

    def activity(self) -> dict[str, Any]:
        (row,) = self.read()["activities"].to_pylist()
        found: dict[str, Any] = row
        return found


@pytest.fixture
def deal(org: SalesforceSimulator, tmp_path: Path) -> Deal:
    return Deal(org, tmp_path / "mirror.duckdb")


def test_the_pipeline_of_a_deal_is_the_name_of_its_record_type(deal: Deal) -> None:
    renewals = deal.org.add("RecordType", Name="Renewals", SobjectType="Opportunity")
    deal.org.change("Opportunity", deal.id, RecordTypeId=renewals)
    assert deal.read()["deals"]["pipeline"].to_pylist() == ["Renewals"]
    assert deal.read(deal_ids=[deal.id])["deals"]["pipeline"].to_pylist() == ["Renewals"]


def test_the_team_of_an_owner_is_the_name_of_the_role(deal: Deal) -> None:
    desk = deal.org.add("UserRole", Name="Deal Desk")
    owner = deal.org.add("User", Name="Olga", Email="olga@example.com", UserRoleId=desk)
    deal.org.change("Opportunity", deal.id, OwnerId=owner)
    teams = {row["name"]: row["team"] for row in deal.read()["owners"].to_pylist()}
    assert teams["Olga"] == "Deal Desk"


def test_an_event_that_is_over_was_held_and_one_to_come_is_planned(deal: Deal) -> None:
    deal.org.add("Event", WhatId=deal.id, WhoId=deal.ann, StartDateTime="2026-10-20T10:00:00.000+0000")
    deal.org.add("Event", WhatId=deal.id, WhoId=deal.ann, StartDateTime="2026-12-20T10:00:00.000+0000")
    assert deal.read()["activities"]["status"].to_pylist() == ["held", "planned"]
