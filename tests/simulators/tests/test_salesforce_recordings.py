"""The simulated org answers as real orgs did when they were recorded: same keys, types, statuses, codes and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain
from tests.simulators.tests.recorded import call, calls, described, fixture, unlike

OBJECTS = ("Account", "Contact", "Event", "Opportunity", "OpportunityContactRole")
NEWER = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
"""What describes say today and did not when some were recorded."""
LEANED_ON = (
    "type", "length", "precision", "scale", "nillable", "createable", "updateable", "calculated", "unique", "externalId",
    "filterable", "sortable", "soapType", "relationshipName", "restrictedPicklist", "custom",
)  # fmt: skip
DATA = "tasks/bulkdata/tests/cassettes/"
UPSERTS = DATA + "TestUpsert.test_simple_upsert__rest.yaml"
COMPOSITE = "utils/http/tests/cassettes/TestCompositeParallelSalesforce."
NEW = {"attributes": {"type": "Opportunity"}, "Name": "New", "StageName": "Qualification", "CloseDate": "2026-12-31"}


def same(real: Any, ours: Any) -> None:
    assert sorted(unlike(real, ours)) == []


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_described_with_the_same_keys(recordings: Path, plain: Plain, name: str) -> None:
    real, ours = described(recordings, name), plain.get(f"sobjects/{name}/describe").body
    assert set(real) - set(ours) == set()
    assert set(ours) - set(real) <= NEWER
    for part in ("fields", "childRelationships"):
        if real[part] and ours[part]:
            assert {key for each in ours[part] for key in each} == {key for each in real[part] for key in each}


@pytest.mark.parametrize("name", OBJECTS)
def test_a_field_is_what_it_really_is(recordings: Path, plain: Plain, name: str) -> None:
    real = {each["name"]: each for each in described(recordings, name)["fields"]}
    ours = {each["name"]: each for each in plain.get(f"sobjects/{name}/describe").body["fields"]}
    both = [field for field in ours if field in real]
    assert len(both) > 8
    for field in both:
        told = {key: ours[field][key] for key in LEANED_ON}
        assert told == {key: real[field][key] for key in LEANED_ON}, field
        assert set(ours[field]["referenceTo"]) <= {*real[field]["referenceTo"], "Quote"}, field


def test_all_objects_are_listed_with_the_same_keys(recordings: Path, plain: Plain) -> None:
    real, ours = described(recordings, "Global"), plain.get("sobjects").body
    assert {name: real[name] for name in ("encoding", "maxBatchSize")} == {
        name: ours[name] for name in ("encoding", "maxBatchSize")
    }
    assert set(ours) == set(real)
    keys = {key for each in real["sobjects"] for key in each}
    assert {key for each in ours["sobjects"] for key in each} == keys
    prefixes = {each["name"]: each["keyPrefix"] for each in real["sobjects"]}
    for each in ours["sobjects"]:
        assert prefixes.get(each["name"]) in {None, each["keyPrefix"]}


def test_a_session_that_ended_is_told_word_for_word(recordings: Path, plain: Plain) -> None:
    plain.session = "00D!ended"
    assert plain.get("sobjects").body == fixture(recordings, "expired_session_response.json")


def test_signing_in_is_answered_and_refused_with_the_same_keys(
    recordings: Path, crm: SalesforceSimulator, plain: Plain
) -> None:
    form = f"grant_type=client_credentials&client_id={crm.client_id}&client_secret="
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    good, bad = (
        plain.ask("POST", "/services/oauth2/token", (form + secret).encode(), kind)
        for secret in (crm.client_secret, "wrong")
    )
    real = fixture(recordings, "auth_success_response.json")
    assert set(real) <= set(good.body)
    assert set(good.body) - set(real) == {"token_type", "scope"}
    assert bad.status == 400
    same(fixture(recordings, "auth_error_response.json"), bad.body)


def test_versions_are_listed_with_the_same_keys(recordings: Path, plain: Plain) -> None:
    same(fixture(recordings, "services_data_success_response.json"), plain.get("/services/data").body)


def test_pages_of_a_query_have_the_same_keys(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    same(fixture(recordings, "sobject/query_empty_response.json"), plain.query("SELECT Id FROM Opportunity").body)
    deals(crm, 15)
    crm.page = 10
    first = plain.query("SELECT Name FROM Opportunity").body
    last = plain.get(first["nextRecordsUrl"]).body
    for part, ours in (("first", first), ("last", last)):
        real = fixture(recordings, f"sobject/query_paginated_{part}_page_response.json")
        real["records"] = [{"attributes": each["attributes"], "Name": each["Text_Label"]} for each in real["records"]]
        same(real, ours)


def test_parents_and_children_are_nested_the_same_way(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    real = fixture(recordings, "sobject/query_success_response.json")["records"][0]
    id_ = deal(crm, AccountId=crm.org.add("Account", Name="Globex"))
    crm.org.add("OpportunityContactRole", OpportunityId=id_, ContactId=crm.org.add("Contact", Name="Ann"))
    crm.org.add("Task", WhatId=id_, Subject="x")
    soql = "SELECT Account.Name, (SELECT Id FROM OpportunityContactRoles) FROM Opportunity"
    ours = plain.query(soql).body["records"][0]
    parent, children = real["ParentWhizbang__r"], real["Whizbangs__r"]
    assert set(ours["Account"]) == {"attributes", "Name"} <= set(parent)
    same(parent["attributes"], ours["Account"]["attributes"])
    assert set(children) == set(ours["OpportunityContactRoles"])
    same(children["records"][0]["attributes"], ours["OpportunityContactRoles"]["records"][0]["attributes"])


def test_a_query_of_a_real_org_is_answered_alike(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add("Account", Name="Tom Cruise", AccountNumber="123", Phone="12345632", Description="x")
    real = call(recordings, DATA + "TestSelect.test_select_random_strategy.yaml", "GET", "query/")
    same(real.body, plain.get("query/" + real.path.partition("query/")[2]).body)
    counted = call(recordings, DATA + "TestSnowfakery.test_run_until_records_in_org__one_needed.yaml", "GET", "count")
    same(counted.body, plain.get("query/" + counted.path.partition("query/")[2]).body)


def test_a_subquery_of_a_real_org_is_answered_alike(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    real = call(recordings, UPSERTS, "GET", "Opportunities")
    filled = next(each for each in real.body["records"] if each["Opportunities"])
    empty = next(each for each in real.body["records"] if not each["Opportunities"])
    ann, bob = (crm.org.add("Contact", Name=f"{name} Smith") for name in ("Ann", "Bob"))
    deal(crm, ContactId=ann)
    first, second = plain.get("query/" + real.path.partition("query/")[2]).body["records"]
    assert bob
    same(filled, first)
    assert (empty["Opportunities"], second["Opportunities"]) == (None, None)


def test_refusals_are_worded_the_same(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add_field("Contact", "Key__c", "string", external_id=True)
    for name, answer, words in (
        ("write_error", plain.post("sobjects/Contact", {"foo": 1}), (("Bar", "Contact"),)),
        ("delete_error", plain.delete("sobjects/Contact/rid"), ()),
        ("sobject_find_error", plain.get("sobjects/Contact/23foo"), ()),
        ("sobject_describe_error", plain.get("sobjects/Nope/describe"), ()),
        ("upsert_error", plain.patch("sobjects/Contact/Namez/x", {"LastName": "x"}), ()),
    ):
        real = fixture(recordings, f"sobject/{name}_response.json")
        for theirs, ours in words:
            real[0]["message"] = real[0]["message"].replace(theirs, ours)
        assert answer.body == real, name
        assert answer.status in {400, 404}
    same(fixture(recordings, "sobject/query_error_response.json"), plain.query("SELECT Nope FROM Contact").body)


def test_single_saves_are_answered_with_the_same_keys(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add_field("Contact", "Key__c", "string", external_id=True)
    made = plain.post("sobjects/Contact", {"LastName": "x", "Key__c": "k"})
    same(fixture(recordings, "sobject/create_success_response.json") | {"errors": []}, made.body)
    upserted = plain.patch("sobjects/Contact/Key__c/other", {"LastName": "x"})
    real = fixture(recordings, "sobject/upsert_created_success_response.json")
    assert list(unlike(real, upserted.body)) == ["$.created is too many"]
    plain.post("sobjects/Contact", {"LastName": "x", "Key__c": "k"})
    several = plain.patch("sobjects/Contact/Key__c/k", {"LastName": "x"})
    assert several.status == 300
    for theirs, ours in zip(
        fixture(recordings, "sobject/upsert_multiple_error_response.json"), several.body, strict=True
    ):
        assert theirs.split("/")[:4] == [*ours.split("/")[:3], "v23.0"]
        assert theirs.count("/") == ours.count("/")


def test_what_was_deleted_and_changed_is_told_with_the_same_keys(
    recordings: Path, crm: SalesforceSimulator, plain: Plain
) -> None:
    _, gone = deals(crm, 2)
    crm.org.delete("Opportunity", gone)
    span = "start=2026-11-02T00:00:00%2B00:00&end=2026-11-03T00:00:00%2B00:00"
    for name in ("deleted", "updated"):
        real = fixture(recordings, f"sobject/get_{name}_success_response.json")
        same(real, plain.get(f"sobjects/Opportunity/{name}?{span}").body)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_collections_of_a_real_org_are_answered_alike(
    recordings: Path, crm: SalesforceSimulator, plain: Plain, method: str
) -> None:
    crm.org.add_stage("In Progress")
    for each in calls(recordings, UPSERTS):
        if each.method != method or "/composite/sobjects" not in each.path or "ContactId" in str(each.asked):
            continue
        where = each.path.partition("/composite")[2]
        ours = plain.ask(method, f"composite{where}", each.asked)
        assert ours.status == each.status, ours.body
        assert len(ours.body) == len(each.body)
        same(each.body, ours.body)


def test_a_part_of_a_composite_call_that_fails_is_told_as_it_was_recorded(
    recordings: Path, crm: SalesforceSimulator, plain: Plain
) -> None:
    real = call(recordings, COMPOSITE + "test_errors.yaml", "POST", "/composite")
    asked = {
        "compositeRequest": [
            each | {"url": each["url"].replace("vxx.0", "v66.0")} for each in real.asked["compositeRequest"]
        ]
    }
    ours = plain.post("composite", asked)
    assert ours.status == real.status
    assert ours.body == real.body
    assert crm.api_calls == 1


def test_a_composite_call_of_a_real_org_is_answered_alike(
    recordings: Path, crm: SalesforceSimulator, plain: Plain
) -> None:
    real = call(recordings, COMPOSITE + "test_composite_parallel_salesforce.yaml", "POST", "/composite")
    crm.org.add("Account", Name="Smith Corp.")
    asked = [each | {"url": each["url"].replace("vxx.0", "v66.0")} for each in real.asked["compositeRequest"]]
    queries = [place for place, each in enumerate(asked) if "/query" in each["url"] and "LIMIT 1" in each["url"]][:5]
    ours = plain.post("composite", {"compositeRequest": [asked[place] for place in queries]}).body["compositeResponse"]
    assert queries
    for place, part in zip(queries, ours, strict=True):
        theirs = real.body["compositeResponse"][place]
        assert part["httpStatusCode"] == theirs["httpStatusCode"]
        same(theirs["body"], part["body"])
        assert set(part) == set(theirs)


def test_records_are_counted_with_the_same_keys(recordings: Path, crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add("Account", Name="Globex")
    real = call(recordings, DATA + "TestSelect.test_select_random_strategy.yaml", "GET", "recordCount")
    same(real.body, plain.get("limits/recordCount?sObjects=Account").body)


def test_a_query_that_is_refused_shows_where_as_it_was_recorded(
    recordings: Path, crm: SalesforceSimulator, plain: Plain
) -> None:
    crm.org.add("Account", Name="Globex")
    place = "utils/salesforce/tests/cassettes/TestCountSObjects.test_count_sobjects__errors.yaml"
    real = call(recordings, place, "POST", "/composite")
    asked = [each | {"url": each["url"].replace("vxx.0", "v66.0")} for each in real.asked["compositeRequest"]]
    good, bad = plain.post("composite", {"compositeRequest": asked}).body["compositeResponse"]
    their_good, their_bad = real.body["compositeResponse"]
    same(their_good, good | {"body": good["body"] | {"records": []}})
    assert bad == their_bad
