"""What rows of an org become in the canonical tables, where a customer's org is easily read wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.judge.tables import Tables
from rules.playbook import Playbook, Stage
from rules.types import Field, FieldType
from tests.connectors.salesforce.conftest import connector_of
from tests.simulators.salesforce import SalesforceSimulator

PLAYBOOK = Playbook(
    "p", 1, "P", (Stage("a", "A"),), fields=(Field("cleared", FieldType.YES_NO, crm={"salesforce": "Cleared__c"}),)
)


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


def test_a_meeting_with_colleagues_is_one_meeting(deal: Deal) -> None:
    at = "2026-10-20T10:00:00.000+0000"
    for child in (False, True, True):
        deal.org.add("Event", WhatId=deal.id, StartDateTime=at, IsChild=child)
    assert deal.read()["activities"].num_rows == 1


def test_a_call_with_two_people_names_both(deal: Deal) -> None:
    done = {"Status": "Completed", "ActivityDate": "2026-10-20", "TaskSubtype": "Call"}
    call = deal.org.add("Task", WhatId=deal.id, WhoId=deal.ann, **done)
    for who in (deal.ann, deal.bob):
        deal.org.add("TaskWhoRelation", TaskId=call, RelationId=who)
    assert deal.activity()["contact_ids"] == sorted([deal.ann, deal.bob])
    (few,) = deal.read(deal_ids=[deal.id])["activities"].to_pylist()
    assert few["contact_ids"] == sorted([deal.ann, deal.bob])


@pytest.mark.parametrize(
    ("addresses", "named"),
    [
        ("joann@globex.example", ["bob"]),
        ("Ann Lee <Ann@Globex.example>; us@example.com", ["ann"]),
        ("ann@globex.example;joann@globex.example", ["ann", "bob"]),
        ("ann@globex.example.org", []),
    ],
)
def test_an_email_names_those_whose_whole_address_it_bears(deal: Deal, addresses: str, named: list[str]) -> None:
    at = "2026-10-20T10:00:00.000+0000"
    deal.org.add("EmailMessage", RelatedToId=deal.id, MessageDate=at, Incoming=False, ToAddress=addresses)
    assert deal.activity()["contact_ids"] == ([getattr(deal, each) for each in named] or None)


def test_a_quote_that_was_not_sent_is_no_proposal(deal: Deal) -> None:
    deal.org.add_field("Quote", "Sent_At__c", "datetime")
    deal.org.add("Quote", OpportunityId=deal.id, Name="Draft", GrandTotal=10)
    sent = deal.org.add("Quote", OpportunityId=deal.id, Name="Sent", Sent_At__c="2026-10-20T10:00:00.000+0000")
    assert deal.read({"proposals.sent_at": "Sent_At__c"})["proposals"]["id"].to_pylist() == [sent]


def test_a_quote_expires_when_its_last_day_is_over(deal: Deal) -> None:
    deal.org.add_field("Quote", "Sent_At__c", "datetime")
    at = "2026-10-20T10:00:00.000+0000"
    deal.org.add("Quote", OpportunityId=deal.id, Name="Sent", Sent_At__c=at, ExpirationDate="2026-11-30")
    proposals = deal.read({"proposals.sent_at": "Sent_At__c"})["proposals"]
    assert proposals["expires_at"].to_pylist() == [datetime(2026, 12, 1, tzinfo=UTC)]


def test_the_history_of_a_checkbox_says_true_and_false(deal: Deal) -> None:
    deal.org.add_field("Opportunity", "Cleared__c", "boolean", tracked=True)
    for ticked in (True, False):
        deal.org.change("Opportunity", deal.id, Cleared__c=ticked)
    changes = deal.read()["field_changes"].to_pylist()
    assert {(row["field"], row["old"], row["new"]) for row in changes} == {
        ("cleared", None, "true"), ("cleared", "true", "false"),
    }  # fmt: skip
