"""Answers held against recorded ones of real accounts: the same keys, the same types, values of the same form."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.hubspot import HubSpotSimulator, Source
from tests.simulators.hubspot.schema import FIELD_TYPES
from tests.simulators.hubspot.times import moment_of, stamp
from tests.simulators.tests.hubspot.calling import Caller

FORMS = {
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z",
    "number": r"-?\d+(\.\d+)?",
    "text": r"(?s).*",
}  # fmt: skip
LISTED = ("deals", "contacts", "companies", "quotes")


def file_of(recordings: Path, *parts: str) -> Path:
    path = recordings.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not among the recorded answers")
    return path


@pytest.fixture
def recorded(recordings: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(file_of(recordings, "dlt", "hubspot_mock_data.json").read_text())
    return found


def rows(recordings: Path, name: str) -> Iterator[dict[str, str]]:
    with file_of(recordings, "fivetran", "dbt_hubspot", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def form(value: Any) -> str:
    """Name the form of a value."""
    if value is None:
        return "null"
    if not isinstance(value, str):
        return type(value).__name__
    return next(name for name, pattern in FORMS.items() if re.fullmatch(pattern, value))


def keys_of(record: Mapping[str, Any]) -> set[str]:
    """Give the keys of a record; its address in HubSpot is newer than the recordings."""
    return set(record) - {"url"}


def account_like(crm: HubSpotSimulator, recorded: Mapping[str, Any], object_: str) -> list[str]:
    """Make the records that were recorded, as far as a caller may write them."""
    made = []
    for each in recorded[f"mock_{object_}_data"]["results"]:
        kind = crm.account.kind(object_)
        values = {name: value for name, value in each["properties"].items() if value is not None}
        crm.clock.now = moment_of(values.pop(kind.created))
        values.pop(kind.modified)
        made.append(crm.account.add(object_, id=values.pop("hs_object_id"), **values))
        crm.clock.now = moment_of(each["updatedAt"])
        crm.account.touch(object_, made[-1])
    return made


@pytest.mark.parametrize("object_", LISTED)
def test_recorded_records_come_back_as_they_were_recorded(
    crm: HubSpotSimulator, call: Caller, recorded: Mapping[str, Any], object_: str
) -> None:
    account_like(crm, recorded, object_)
    found = {each["id"]: each for each in call.get(f"/crm/v3/objects/{object_}", limit=100)["results"]}
    for each in recorded[f"mock_{object_}_data"]["results"]:
        ours = found[each["id"]]
        assert keys_of(ours) == set(each)
        assert {name: form(value) for name, value in ours["properties"].items()} == {
            name: form(value) for name, value in each["properties"].items()
        }
        assert ours["properties"] == each["properties"]
        assert (ours["createdAt"], ours["updatedAt"], ours["archived"]) == (
            each["createdAt"], each["updatedAt"], each["archived"],
        )  # fmt: skip


def test_a_history_has_the_recorded_shape(crm: HubSpotSimulator, call: Caller, recorded: Mapping[str, Any]) -> None:
    (first, *_) = recorded["mock_contacts_with_history"]["results"]
    deal = crm.account.add_deal()
    id_ = crm.account.add_contact(first["properties"]["email"], firstname="Maria", by=Source("CONTACTS_WEB", "sample"))
    crm.account.associate("deals", deal, "contacts", id_)
    names = "city,email,firstname,lastmodifieddate"
    asked = {"propertiesWithHistory": names, "properties": names, "associations": "deals"}
    ours = call.get(f"/crm/v3/objects/contacts/{id_}", **asked)
    assert keys_of(ours) == set(first)
    theirs = first["propertiesWithHistory"]
    entries = [each for history in theirs.values() for each in history]
    assert {key for each in entries for key in each} >= {
        key for history in ours["propertiesWithHistory"].values() for each in history for key in each
    }
    for each in (each for history in ours["propertiesWithHistory"].values() for each in history):
        assert {key: form(value) for key, value in each.items()}["timestamp"] == "moment"
    assert {key: type(value) for key, value in ours["associations"]["deals"]["results"][0].items()} == {
        key: type(value) for key, value in first["associations"]["deals"]["results"][0].items()
    }
    never_set = recorded["mock_contacts_with_history"]["results"][1]["propertiesWithHistory"]
    assert never_set["address"] == ours["propertiesWithHistory"]["city"] == []


def test_recorded_histories_stand_newest_first(recorded: Mapping[str, Any]) -> None:
    for each in recorded["mock_contacts_with_history"]["results"]:
        for history in each["propertiesWithHistory"].values():
            moments = [moment_of(version["timestamp"]) for version in history]
            assert moments == sorted(moments, reverse=True)


def test_moments_are_written_as_they_were_recorded(recorded: Mapping[str, Any]) -> None:
    texts = re.findall(r"\"(\d{4}-\d\d-\d\dT[\d:.]+Z)\"", json.dumps(recorded))
    assert len(texts) > 50
    assert any("." not in text for text in texts)
    assert [stamp(moment_of(text)) for text in texts] == texts


def test_what_contacts_are_made_of_was_found_in_a_real_account(call: Caller, recorded: Mapping[str, Any]) -> None:
    theirs = {each["name"] for each in recorded["mock_contacts_properties"]["results"]}
    theirs |= set(recorded["mock_contacts_with_history"]["results"][0]["properties"])
    ours = {each["name"] for each in call.get("/crm/v3/properties/contacts")["results"]}
    newer = {"hs_object_source_label", "hs_object_source", "hs_object_source_id", "hs_full_name_or_email"}
    assert ours - theirs - newer == set()


def test_properties_of_real_accounts_are_of_types_that_are_known(recordings: Path) -> None:
    seen = 0
    for row in rows(recordings, "property_data"):
        if row["type"] and row["field_type"]:
            assert row["field_type"] in FIELD_TYPES[row["type"]], row
            seen += 1
    assert seen > 3


def test_stages_of_real_accounts_are_closed_where_their_probability_says_so(
    crm: HubSpotSimulator, call: Caller, recordings: Path
) -> None:
    seen = 0
    for number, row in enumerate(rows(recordings, "deal_pipeline_stage_data")):
        crm.account.add_stage("default", f"stage{number}", row["label"], row["probability"])
        (stage,) = [each for each in call.get("/crm/v3/pipelines/deals/default/stages")["results"]
                    if each["id"] == f"stage{number}"]  # fmt: skip
        assert stage["metadata"]["probability"] == row["probability"]
        if row["closed_won"].lower() == "true" and row["is_closed"].lower() == "true":
            assert stage["metadata"]["isClosed"] == "true"
            seen += 1
    assert seen > 3


def test_tasks_of_real_accounts_can_be_written(crm: HubSpotSimulator, call: Caller, recordings: Path) -> None:
    for row in rows(recordings, "engagement_task_data"):
        owner = row["property_hubspot_owner_id"]
        if owner not in crm.account.owners:
            crm.account.add_owner("o@example.com", id=owner)
        values = {"hs_timestamp": row["property_hs_timestamp"].replace(" ", "T")[:19] + "Z", "hubspot_owner_id": owner}
        values |= {"hs_task_type": row["property_hs_task_type"]} if row["property_hs_task_type"] else {}
        made = call.post("/crm/v3/objects/tasks", {"properties": values}, 201)["properties"]
        assert made["hs_timestamp"] == values["hs_timestamp"]


def test_owners_have_what_real_ones_have(crm: HubSpotSimulator, call: Caller, recordings: Path) -> None:
    columns = set(next(rows(recordings, "owner_data")))
    crm.account.add_owner("o@example.com", "Olga", "Ames")
    (owner,) = call.get("/crm/v3/owners")["results"]
    snake = {re.sub(r"([A-Z])", r"_\1", name).lower() for name in owner}
    named = {"owner_id": "id", "active_user_id": "user_id"}
    elsewhere = {"_fivetran_synced", "portal_id"}
    assert {named.get(each, each) for each in columns - elsewhere} <= snake


def test_an_app_of_the_vendors_own_example_can_sign_in_here(
    crm: HubSpotSimulator, call: Caller, recordings: Path
) -> None:
    manifest = json.loads(file_of(recordings, "hubspot-ui-extensions", "app-hsmeta.json").read_text())
    scopes = set(manifest["config"]["auth"]["requiredScopes"])
    assert scopes <= crm.sign_in.scopes
    crm.sign_in.scopes = scopes
    call.get("/crm/v3/objects/contacts")
    call.refused("GET", "/crm/v3/objects/deals", status=403)


def test_events_that_an_example_subscribes_to_are_told(crm: HubSpotSimulator, recordings: Path) -> None:
    path = file_of(recordings, "hubspot-ui-extensions", "webhooks", "webhooks-hsmeta.json")
    wanted = json.loads(path.read_text())["config"]["subscriptions"]
    for each in (*wanted["crmObjects"], *wanted["legacyCrmObjects"]):
        object_ = crm.account.kind(each["objectType"]).name if "objectType" in each else ""
        crm.webhooks.subscribe(each["subscriptionType"], each.get("propertyName", ""), object_=object_)
    id_ = crm.account.add_contact("a@example.com", firstname="Ann")
    crm.account.change("contacts", id_, lastname="Ames")
    crm.account.archive("contacts", id_)
    told = {event.told["subscriptionType"] for event in crm.webhooks.waiting}
    assert told == {each["subscriptionType"] for each in (*wanted["crmObjects"], *wanted["legacyCrmObjects"])}
