"""What an account is made of: properties, groups, pipelines, owners, its details."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DEALS, Caller

DEAL = "/crm/v3/properties/deals"
OWN = {"name": "own", "label": "Own", "groupName": "dealinformation", "type": "string", "fieldType": "text"}
CHOICE = OWN | {"type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}]}


def test_a_property_is_made_read_changed_archived_and_restored(call: Caller) -> None:
    made = call.post(DEAL, OWN, 201)
    assert made.items() >= {**OWN, "hasUniqueValue": False, "calculated": False, "archived": False}.items()
    assert made["modificationMetadata"]["archivable"] is True
    assert call.get(f"/crm/properties/2026-09/deals/{OWN['name']}") == made
    assert call("PATCH", f"{DEAL}/own", {"label": "Ours"}).json()["label"] == "Ours"
    assert call("DELETE", f"{DEAL}/own").status_code == 204
    assert call("GET", f"{DEAL}/own").status_code == 404
    assert [each["name"] for each in call.get(DEAL, archived="true")["results"]] == ["own"]
    assert call.post(DEAL, OWN, 201)["archived"] is False


def test_a_name_is_taken_once(call: Caller) -> None:
    call.post(DEAL, OWN, 201)
    answer = call.refused("POST", DEAL, OWN, 409)
    assert answer["category"] == "OBJECT_ALREADY_EXISTS"
    assert answer["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert answer["message"] == "A property named 'own' already exists."


def test_a_batch_makes_what_it_can(call: Caller) -> None:
    answer = call.post(f"{DEAL}/batch/create", {"inputs": [OWN, OWN | {"name": "amount"}]}, 207)
    assert [each["name"] for each in answer["results"]] == ["own"]
    assert answer["errors"][0]["context"] == {"name": ["amount"]}


def test_options_are_replaced_whole(call: Caller) -> None:
    call.post(DEAL, CHOICE, 201)
    answer = call("PATCH", f"{DEAL}/own", {"options": [{"label": "B", "value": "b"}]}).json()
    assert [each["value"] for each in answer["options"]] == ["b"]
    refused = call.refused("POST", DEALS, {"properties": {"own": "a"}})
    assert refused["errors"][0]["code"] == "INVALID_OPTION"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Own"},
        {"groupName": "nowhere"},
        {"type": "text"},
        {"fieldType": "number"},
        {"label": ""},
        {"options": [{"label": "A", "value": "a"}] * 2},
        {"options": []},
        {"type": "bool", "fieldType": "booleancheckbox"},
    ],
)
def test_a_definition_that_is_none_is_refused(call: Caller, wrong: dict[str, Any]) -> None:
    call.refused("POST", DEAL, CHOICE | wrong)


def test_an_object_has_ten_unique_properties_at_most(call: Caller) -> None:
    for number in range(10):
        call.post(DEAL, OWN | {"name": f"own_{number}", "hasUniqueValue": True}, 201)
    call.refused("POST", DEAL, OWN | {"hasUniqueValue": True})
    call.post(DEAL, OWN, 201)


def test_a_property_in_use_and_one_of_hubspot_stay(crm: HubSpotSimulator, call: Caller) -> None:
    call.post(DEAL, OWN, 201)
    crm.account.used.add("own")
    assert call.refused("DELETE", f"{DEAL}/own")["subCategory"] == "Properties.CANNOT_DELETE_PROPERTY_IN_USE"
    call.refused("DELETE", f"{DEAL}/amount")


def test_groups_are_made_once(call: Caller) -> None:
    group = {"name": "dealgate", "label": "Dealgate"}
    assert call.post(f"{DEAL}/groups", group, 201)["displayOrder"] == -1
    call.refused("POST", f"{DEAL}/groups", group, 409)
    call.post(DEAL, OWN | {"groupName": "dealgate"}, 201)
    assert [each["name"] for each in call.get(f"{DEAL}/groups")["results"]] == ["dealinformation", "dealgate"]
    call.refused("DELETE", f"{DEAL}/groups/dealgate")


def test_stages_tell_with_texts_whether_they_are_closed(call: Caller) -> None:
    (line,) = call.get("/crm/v3/pipelines/deals")["results"]
    stages = {each["id"]: each["metadata"] for each in line["stages"]}
    assert stages["contractsent"] == {"isClosed": "false", "probability": "0.9"}
    assert stages["closedlost"] == {"isClosed": "true", "probability": "0.0"}
    assert call.get("/crm/pipelines/2026-09/0-3/default")["stages"] == line["stages"]


def test_a_stage_that_was_removed_is_no_option_any_more(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal(stage="contractsent")
    crm.account.remove_stage("default", "contractsent")
    other = crm.account.add_deal()
    refused = call.refused("PATCH", f"{DEALS}/{other}", {"properties": {"dealstage": "contractsent"}})
    assert refused["errors"][0]["code"] == "INVALID_OPTION"
    assert call.get(f"{DEALS}/{id_}")["properties"]["dealstage"] == "contractsent"
    names = {each["name"] for each in call.get(DEAL)["results"]}
    assert "hs_v2_date_entered_contractsent" not in names
    assert "hs_v2_date_entered_closedwon" in names


def test_a_deal_takes_stages_of_its_own_pipeline_alone(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_pipeline("partner", "Partner", {"talk": ("Talk", "0.5")})
    id_ = crm.account.add_deal()
    call.refused("PATCH", f"{DEALS}/{id_}", {"properties": {"dealstage": "talk"}})
    given = {"properties": {"dealstage": "talk", "pipeline": "partner"}}
    assert call("PATCH", f"{DEALS}/{id_}", given).status_code == 200
    options = {each["value"] for each in call.get(f"{DEAL}/dealstage")["options"]}
    assert {"talk", "closedwon"} <= options


def test_owners_come_in_pages_and_archived_ones_apart(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_owner(f"o{number}@example.com", "Olga") for number in range(3)]
    gone = crm.account.add_owner("gone@example.com", archived=True)
    first = call.get("/crm/v3/owners", limit=2)
    rest = call.get("/crm/owners/2026-09", limit=2, after=first["paging"]["next"]["after"])
    assert [each["id"] for each in first["results"] + rest["results"]] == ids
    assert [each["id"] for each in call.get("/crm/v3/owners", archived="true")["results"]] == [gone]
    assert call.get("/crm/v3/owners", email="o1@example.com")["results"][0]["id"] == ids[1]
    assert call.get(f"/crm/v3/owners/{ids[0]}")["firstName"] == "Olga"


def test_an_account_tells_who_it_is(crm: HubSpotSimulator, call: Caller) -> None:
    for path in ("/account-info/v3/details", "/account-info/2026-09/details"):
        assert call.get(path)["portalId"] == crm.account.portal


def test_an_object_the_account_lacks_is_not_known(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.without("quotes")
    assert call("GET", "/crm/v3/objects/quotes").status_code == 400
    call.refused("GET", "/crm/v3/properties/quotes")
