"""The mirror fetches what changed, and misses nothing: deletions, merges, people, companies, deals that come anew."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.errors import DailyLimitError
from engine.judge.tables import Tables
from rules.condition import Compare, Literal, Operator, Reference
from rules.playbook import Playbook, Stage
from rules.types import Field, FieldType
from tests.connectors.salesforce.conftest import connector_of
from tests.simulators.salesforce import SalesforceSimulator

PLAYBOOK = Playbook(
    "p", 1, "P", (Stage("a", "A"),), fields=(Field("pain", FieldType.TEXT, crm={"salesforce": "Pain__c"}),)
)
TYPE = Compare(Reference("deals", "type", FieldType.CHOICE), Operator.EQUALS, Literal("New"))


class Pipeline:
    """A small pipeline, and its sweeps: each with a connector of its own, as each night's run has."""

    def __init__(self, crm: SalesforceSimulator, mirror: Path) -> None:
        self.crm, self.org, self.mirror = crm, crm.org, mirror
        crm.org.add_field("Opportunity", "Pain__c", "string")
        self.account = crm.org.add("Account", Name="Globex", Industry="Steel")
        self.ann = crm.org.add("Contact", Name="Ann")
        self.deals = [self.deal(f"Deal {number}") for number in range(3)]
        self.role = crm.org.add(
            "OpportunityContactRole", OpportunityId=self.deals[0], ContactId=self.ann, Role="Champion"
        )

    def deal(self, name: str, **fields: Any) -> str:
        usual = {"StageName": "Qualification", "CloseDate": "2026-12-31", "AccountId": self.account, "Type": "New"}
        return self.org.add("Opportunity", Name=name, **{**usual, **fields})

    def open(self, **more: Any) -> SalesforceConnector:
        return connector_of(self.crm, self.mirror, **more)

    def sweep(self, playbook: Playbook = PLAYBOOK, *, later: timedelta = timedelta(days=1)) -> Tables:
        with self.open() as connector:
            found = list(connector.read([playbook]))
        self.crm.clock.advance(later)
        assert len(found) <= 1
        return found[0] if found else Tables({})

    def names(self, playbook: Playbook = PLAYBOOK) -> list[str]:
        tables = self.sweep(playbook)
        return sorted(tables["deals"]["name"].to_pylist()) if tables.tables else []


@pytest.fixture
def pipeline(org: SalesforceSimulator, tmp_path: Path) -> Pipeline:
    return Pipeline(org, tmp_path / "mirror.duckdb")


def test_a_night_without_changes_asks_for_five_tables_a_call_and_judges_every_deal(pipeline: Pipeline) -> None:
    assert pipeline.names() == ["Deal 0", "Deal 1", "Deal 2"]
    before = pipeline.crm.api_calls
    assert pipeline.names() == ["Deal 0", "Deal 1", "Deal 2"]
    sources = 8
    assert pipeline.crm.api_calls - before == -(-sources // 5)


def test_a_changed_deal_is_seen_and_one_that_was_deleted_is_gone(pipeline: Pipeline) -> None:
    pipeline.sweep()
    pipeline.org.change("Opportunity", pipeline.deals[0], Name="Changed")
    pipeline.org.delete("Opportunity", pipeline.deals[1])
    assert pipeline.names() == ["Changed", "Deal 2"]
    pipeline.org.undelete("Opportunity", pipeline.deals[1])
    assert pipeline.names() == ["Changed", "Deal 1", "Deal 2"]


def test_a_deal_that_comes_back_brings_its_old_rows_with_it(pipeline: Pipeline) -> None:
    pipeline.sweep()
    pipeline.org.delete("Opportunity", pipeline.deals[0])
    assert pipeline.sweep()["contacts"].num_rows == 0
    pipeline.org.undelete("Opportunity", pipeline.deals[0])
    assert pipeline.sweep()["contacts"]["name"].to_pylist() == ["Ann"]


def test_a_role_that_changes_alone_is_seen(pipeline: Pipeline) -> None:
    pipeline.sweep()
    pipeline.org.change("OpportunityContactRole", pipeline.role, Role="Economic Buyer")
    assert pipeline.sweep()["contacts"]["role"].to_pylist() == ["Economic Buyer"]
    pipeline.org.delete("OpportunityContactRole", pipeline.role)
    assert pipeline.sweep()["contacts"].num_rows == 0


def test_a_person_or_company_that_changes_alone_is_seen(pipeline: Pipeline) -> None:
    pipeline.sweep()
    pipeline.org.change("Contact", pipeline.ann, Name="Ann Smith")
    pipeline.org.change("Account", pipeline.account, Industry="Glass")
    tables = pipeline.sweep()
    assert tables["contacts"]["name"].to_pylist() == ["Ann Smith"]
    assert tables["accounts"]["industry"].to_pylist() == ["Glass"]


def test_merged_people_and_companies_are_followed(pipeline: Pipeline) -> None:
    pipeline.sweep()
    other = pipeline.org.add("Account", Name="Initech")
    ann = pipeline.org.add("Contact", Name="Ann B.")
    pipeline.org.merge("Account", other, pipeline.account)
    pipeline.org.merge("Contact", ann, pipeline.ann)
    tables = pipeline.sweep()
    assert tables["accounts"]["name"].to_pylist() == ["Initech"]
    assert tables["contacts"]["name"].to_pylist() == ["Ann B."]


def test_a_record_type_and_a_role_that_are_renamed_are_seen(pipeline: Pipeline) -> None:
    org = pipeline.org
    kind = org.add("RecordType", Name="New Business", DeveloperName="New", SobjectType="Opportunity")
    desk = org.add("UserRole", Name="Sales")
    owner = org.add("User", Name="Olga", Email="olga@example.com", Username="olga", UserRoleId=desk)
    org.change("Opportunity", pipeline.deals[0], RecordTypeId=kind, OwnerId=owner)
    pipeline.sweep()
    org.change("RecordType", kind, Name="New Clients")
    org.change("UserRole", desk, Name="Deal Desk")
    tables = pipeline.sweep()
    assert "New Clients" in tables["deals"]["pipeline"].to_pylist()
    assert "Deal Desk" in tables["owners"]["team"].to_pylist()


@pytest.mark.parametrize(
    ("object_", "field"), [("Task", "WhatId"), ("Event", "WhatId"), ("EmailMessage", "RelatedToId")]
)
def test_an_activity_that_is_put_on_something_else_is_the_deals_no_longer(
    pipeline: Pipeline, object_: str, field: str
) -> None:
    at = "2026-10-20T10:00:00.000+0000"
    when = {"Task": "ActivityDate", "Event": "StartDateTime", "EmailMessage": "MessageDate"}[object_]
    more = {"TaskSubtype": "Call", "Status": "Completed"} if object_ == "Task" else {}
    made = pipeline.org.add(object_, **{field: pipeline.deals[0], when: at[:10] if object_ == "Task" else at}, **more)
    assert pipeline.sweep()["activities"].num_rows == 1
    pipeline.org.change(object_, made, **{field: pipeline.account})
    assert pipeline.sweep()["activities"].num_rows == 0
    pipeline.org.change(object_, made, **{field: pipeline.deals[1]})
    assert pipeline.sweep()["activities"]["deal_id"].to_pylist() == [pipeline.deals[1]]


@pytest.mark.parametrize("activity", ["Event", "Task"])
def test_an_activity_that_is_put_on_a_deal_brings_its_people(pipeline: Pipeline, activity: str) -> None:
    org, bob = pipeline.org, pipeline.org.add("Contact", Name="Bob")
    at = {"Event": {"StartDateTime": "2026-10-20T10:00:00.000+0000"},
          "Task": {"ActivityDate": "2026-10-20", "TaskSubtype": "Call"}}[activity]  # fmt: skip
    made = org.add(activity, WhatId=pipeline.account, WhoId=pipeline.ann, **at)
    org.add(f"{activity}WhoRelation", RelationId=bob, **{f"{activity}Id": made})
    pipeline.sweep()
    org.change(activity, made, WhatId=pipeline.deals[0])
    (row,) = pipeline.sweep()["activities"].to_pylist()
    assert row["contact_ids"] == sorted([pipeline.ann, bob])


def test_a_deal_that_comes_into_the_playbooks_filter_is_fetched_with_all_its_rows(pipeline: Pipeline) -> None:
    only_new = replace(PLAYBOOK, applies_to=TYPE)
    late = pipeline.deal("Late", Type="Renewal")
    pipeline.org.add("OpportunityContactRole", OpportunityId=late, ContactId=pipeline.ann, Role="Champion")
    assert pipeline.names(only_new) == ["Deal 0", "Deal 1", "Deal 2"]
    pipeline.org.change("Opportunity", late, Type="New")
    tables = pipeline.sweep(only_new)
    assert "Late" in tables["deals"]["name"].to_pylist()
    assert late in tables["contacts"]["deal_id"].to_pylist()


def test_a_new_field_in_the_playbook_is_fetched_for_every_deal(pipeline: Pipeline) -> None:
    pipeline.org.add_field("Opportunity", "Budget__c", "double")
    pipeline.org.change("Opportunity", pipeline.deals[2], Budget__c=5)
    pipeline.sweep()
    more = replace(
        PLAYBOOK, fields=(*PLAYBOOK.fields, Field("budget", FieldType.NUMBER, crm={"salesforce": "Budget__c"}))
    )
    assert sorted(pipeline.sweep(more)["deals"]["budget"].to_pylist(), key=str) == [5.0, None, None]


def test_after_a_long_sleep_everything_is_read_again(pipeline: Pipeline) -> None:
    pipeline.sweep(later=timedelta(days=20))
    pipeline.org.purge("Opportunity", pipeline.deals[1])
    assert pipeline.names() == ["Deal 0", "Deal 2"]


def test_a_deal_closed_long_ago_is_held_no_longer(pipeline: Pipeline) -> None:
    pipeline.sweep()
    pipeline.org.change("Opportunity", pipeline.deals[0], StageName="Closed Won", CloseDate="2020-01-31")
    pipeline.org.change("Opportunity", pipeline.deals[1], StageName="Closed Lost", CloseDate="2026-10-31")
    tables = pipeline.sweep()
    assert dict(zip(tables["deals"]["name"].to_pylist(), tables["deals"]["outcome"].to_pylist(), strict=True)) == {
        "Deal 1": "lost",
        "Deal 2": "open",
    }


@pytest.mark.parametrize("after", range(1, 12))
def test_a_daily_limit_half_way_keeps_what_was_fetched_and_the_next_run_goes_on(pipeline: Pipeline, after: int) -> None:
    pipeline.crm.faults.daily_limit(after=after)
    with pipeline.open() as connector, suppress(DailyLimitError):
        list(connector.read([PLAYBOOK]))
    pipeline.crm.faults.lift_limit()
    pipeline.org.change("Opportunity", pipeline.deals[0], Name="Changed")
    tables = pipeline.sweep()
    assert sorted(tables["deals"]["name"].to_pylist()) == ["Changed", "Deal 1", "Deal 2"]
    assert tables["contacts"]["name"].to_pylist() == ["Ann"]
    assert tables["stage_changes"].num_rows == 3


def test_a_clock_that_is_off_here_loses_no_change(pipeline: Pipeline) -> None:
    pipeline.sweep(later=timedelta(minutes=10))
    pipeline.org.change("Opportunity", pipeline.deals[0], Name="Changed")
    assert pipeline.names() == ["Changed", "Deal 1", "Deal 2"]


def test_many_rows_are_fetched_by_a_bulk_job(pipeline: Pipeline) -> None:
    for number in range(40):
        pipeline.deal(f"More {number}")
    pipeline.crm.page = 10
    pipeline.sweep()
    assert not [call for call in pipeline.crm.calls if "/jobs/" in call.path]
    for number in range(12_000):
        pipeline.deal(f"Many {number}")
    pipeline.crm.page = 2000
    assert pipeline.sweep()["deals"].num_rows == 12_043
    assert [call for call in pipeline.crm.calls if "/jobs/" in call.path]


def test_a_field_that_is_hidden_overnight_is_named_and_the_rest_goes_on(pipeline: Pipeline) -> None:
    pipeline.org.change("Opportunity", pipeline.deals[0], Pain__c="Known")
    assert "pain" in pipeline.sweep()["deals"].column_names
    pipeline.org.hide_field("Opportunity", "Pain__c")
    with pipeline.open() as connector:
        (tables,) = connector.read([PLAYBOOK])
        assert [each.code for each in connector.problems] == ["no-such-field"]
    assert tables["deals"].num_rows == 3
    assert "pain" not in tables["deals"].column_names
    with pipeline.open() as connector:
        (few,) = connector.read([PLAYBOOK], pipeline.deals[:1])
    assert "pain" not in few["deals"].column_names
