"""Records one at a time: how they look, what becomes of values, what is worked out, what is remembered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DATED, DEALS, Caller

TASKS = "/crm/v3/objects/tasks"


def fault(answer: Any) -> dict[str, Any]:
    """Give the one fault that stands as JSON inside the message."""
    start = "Property values were not valid: "
    assert answer["category"] == "VALIDATION_ERROR"
    assert answer["message"].startswith(start)
    (found,) = json.loads(answer["message"].removeprefix(start))
    assert answer["errors"][0]["code"] == found["error"]
    assert answer["errors"][0]["context"] == {"propertyName": [found["name"]]}
    return dict(found)


def test_every_value_is_a_text_or_null_and_the_default_properties_come_unasked(
    crm: HubSpotSimulator, call: Caller
) -> None:
    id_ = crm.account.add_deal("First", amount=15000)
    found = call.get(f"{DEALS}/{id_}")
    assert found["id"] == id_
    assert found["properties"] == {
        "amount": "15000", "closedate": None, "createdate": "2026-11-02T15:00:00Z", "dealname": "First",
        "dealstage": "appointmentscheduled", "hs_lastmodifieddate": "2026-11-02T15:00:00Z", "hs_object_id": id_,
        "pipeline": "default",
    }  # fmt: skip
    assert found["createdAt"] == found["updatedAt"] == "2026-11-02T15:00:00Z"
    assert found["archived"] is False


def test_both_ways_of_versioning_and_every_name_of_an_object_lead_to_the_same_record(
    crm: HubSpotSimulator, call: Caller
) -> None:
    id_ = crm.account.add_deal()
    paths = (DEALS, "/crm/v3/objects/deal", "/crm/v3/objects/0-3", DATED, "/crm/objects/2026-03/deals")
    assert len({json.dumps(call.get(f"{path}/{id_}")) for path in paths}) == 1


def test_milliseconds_are_left_out_where_they_are_zero_and_three_digits_elsewhere(
    crm: HubSpotSimulator, call: Caller
) -> None:
    moments = {0: "15:00:00Z", 500: "15:00:00.500Z", 120: "15:00:00.120Z", 123: "15:00:00.123Z"}
    for thousandths, text in moments.items():
        id_ = crm.account.add_deal(at=datetime(2026, 11, 2, 15, 0, 0, thousandths * 1000, UTC))
        assert call.get(f"{DEALS}/{id_}")["createdAt"] == f"2026-11-02T{text}"


def test_an_unknown_property_is_left_out_on_read_and_refused_on_write(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal()
    assert "nonsense" not in call.get(f"{DEALS}/{id_}", properties="amount,nonsense")["properties"]
    found = fault(call.refused("PATCH", f"{DEALS}/{id_}", {"properties": {"nonsense": "1"}}))
    assert (found["error"], found["name"], found["portalId"]) == ("PROPERTY_DOESNT_EXIST", "nonsense", 147893286)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("hs_lastmodifieddate", "2026-01-01", "READ_ONLY_VALUE"),
        ("hs_is_closed", "true", "READ_ONLY_VALUE"),
        ("dealstage", "nowhere", "INVALID_OPTION"),
        ("pipeline", "nowhere", "INVALID_OPTION"),
        ("closedate", "tomorrow", "INVALID_DATE"),
        ("closedate", "2026-13-01", "INVALID_DATE"),
        ("amount", "much", "INVALID_LONG"),
        ("amount", "NaN", "INVALID_LONG"),
        ("hubspot_owner_id", "1", "INVALID_OWNER_ID"),
        ("dealname", "x" * 65_537, "INVALID_STRING_LENGTH"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(
    crm: HubSpotSimulator, call: Caller, name: str, value: str, error: str
) -> None:
    id_ = crm.account.add_deal("Before")
    before = crm.account.get("deals", id_)
    given = {"properties": {"description": "new", name: value}}
    assert fault(call.refused("PATCH", f"{DEALS}/{id_}", given))["error"] == error
    assert crm.account.get("deals", id_) == before


@pytest.mark.parametrize(
    ("type_", "given", "read"),
    [
        ("datetime", "2026-12-31", "2026-12-31T00:00:00Z"),
        ("datetime", "1798675200000", "2026-12-31T00:00:00Z"),
        ("datetime", "2026-12-31T10:00:00+02:00", "2026-12-31T08:00:00Z"),
        ("date", "2026-12-31", "2026-12-31"),
        ("date", 1798675200000, "2026-12-31"),
        ("number", 15000, "15000"),
        ("number", "12.50", "12.50"),
        ("bool", True, "true"),
        ("string", "text", "text"),
        ("string", "", None),
        ("string", None, None),
    ],
)
def test_a_value_comes_back_in_the_form_of_its_type(
    crm: HubSpotSimulator, call: Caller, type_: str, given: Any, read: str | None
) -> None:
    crm.account.add_property("deals", "own", type_, options=("true", "false") if type_ == "bool" else ())
    id_ = crm.account.add_deal()
    call("PATCH", f"{DEALS}/{id_}", {"properties": {"own": "" if given == "" else given}}).raise_for_status()
    assert call.get(f"{DEALS}/{id_}", properties="own")["properties"]["own"] == read


def test_a_date_that_is_not_midnight_is_no_date(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_property("deals", "own", "date")
    id_ = crm.account.add_deal()
    refused = call.refused("PATCH", f"{DEALS}/{id_}", {"properties": {"own": "2026-12-31T10:00:00Z"}})
    assert fault(refused)["error"] == "INVALID_DATE"


def test_a_write_answers_with_what_changed_and_what_was_worked_out(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal("Deal", amount="100", description="long")
    crm.clock.advance(60)
    answer = call("PATCH", f"{DEALS}/{id_}", {"properties": {"dealstage": "qualifiedtobuy"}}).json()["properties"]
    assert answer["dealstage"] == "qualifiedtobuy"
    assert answer["hs_deal_stage_probability"] == "0.40000000000000002220446049250313080847263336181640625"
    assert answer["hs_v2_date_entered_qualifiedtobuy"] == answer["hs_lastmodifieddate"] == "2026-11-02T15:01:00Z"
    assert answer["hs_v2_date_exited_appointmentscheduled"] == "2026-11-02T15:01:00Z"
    assert "description" not in answer


def test_closing_a_deal_works_out_that_it_is_closed_and_when(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal(amount="100")
    crm.account.move(id_, "closedwon", at="2026-11-05T10:00:00Z")
    names = "hs_is_closed,hs_is_closed_won,hs_is_closed_lost,closedate,hs_closed_amount,hs_deal_stage_probability"
    assert call.get(f"{DEALS}/{id_}", properties=names)["properties"].items() >= {
        "hs_is_closed": "true", "hs_is_closed_won": "true", "hs_is_closed_lost": "false", "hs_closed_amount": "100",
        "closedate": "2026-11-05T10:00:00Z", "hs_deal_stage_probability": "1",
    }.items()  # fmt: skip


def test_a_stage_an_admin_made_has_properties_with_a_number_behind_its_id(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_stage("default", "0b1c-2d3e", "Legal")
    id_ = crm.account.add_deal()
    crm.account.move(id_, "0b1c-2d3e")
    defined = [each["name"] for each in call.get("/crm/v3/properties/deals")["results"] if "0b1c" in each["name"]]
    assert [name.rpartition("_")[0] for name in defined] == [
        "hs_v2_date_entered_0b1c_2d3e",
        "hs_v2_date_exited_0b1c_2d3e",
    ]
    assert call.get(f"{DEALS}/{id_}", properties=defined[0])["properties"][defined[0]] == "2026-11-02T15:00:00Z"


def test_history_comes_newest_first_with_who_did_it_and_no_more_than_twenty(
    crm: HubSpotSimulator, call: Caller
) -> None:
    id_ = crm.account.add_deal()
    for _ in range(13):
        for stage in ("qualifiedtobuy", "appointmentscheduled"):
            crm.clock.advance(60)
            crm.account.move(id_, stage)
    crm.clock.advance(60)
    call("PATCH", f"{DEALS}/{id_}", {"properties": {"dealstage": "contractsent"}}).raise_for_status()
    history = call.get(f"{DEALS}/{id_}", propertiesWithHistory="dealstage")["propertiesWithHistory"]["dealstage"]
    assert len(history) == 20
    assert history[0] == {"value": "contractsent", "timestamp": "2026-11-02T15:27:00Z", "sourceType": "INTEGRATION",
                          "sourceId": "1160452", "sourceLabel": "Dealgate"}  # fmt: skip
    assert history[1]["sourceType"] == "CRM_UI"
    assert [each["timestamp"] for each in history] == sorted((each["timestamp"] for each in history), reverse=True)


def test_a_task_is_overdue_by_the_hour_and_complete_from_a_moment_on(crm: HubSpotSimulator, call: Caller) -> None:
    made = call.post(TASKS, {"properties": {"hs_timestamp": "2026-11-03T00:00:00Z", "hs_task_subject": "Call"}}, 201)
    assert made["properties"]["hs_task_is_overdue"] == "false"
    crm.clock.advance(timedelta(days=2))
    assert (
        call.get(f"{TASKS}/{made['id']}", properties="hs_task_is_overdue")["properties"]["hs_task_is_overdue"] == "true"
    )
    done = call("PATCH", f"{TASKS}/{made['id']}", {"properties": {"hs_task_status": "COMPLETED"}}).json()
    assert done["properties"]["hs_task_completion_date"] == "2026-11-04T15:00:00Z"
    assert done["properties"]["hs_task_is_overdue"] == "false"


def test_a_task_without_a_due_date_is_refused(call: Caller) -> None:
    answer = call.refused("POST", TASKS, {"properties": {"hs_task_subject": "Call"}})
    assert answer["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"


def test_a_unique_value_is_held_by_one_record_alone(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_property("deals", "key", unique=True)
    first, second = crm.account.add_deal(key="one"), crm.account.add_deal(key="two")
    refused = call.refused("PATCH", f"{DEALS}/{second}", {"properties": {"key": "ONE"}})
    assert fault(refused)["error"] == "CONFLICTING_UNIQUE_VALUE"
    assert call.get(f"{DEALS}/two", idProperty="key")["id"] == second
    crm.account.archive("deals", first)
    call("PATCH", f"{DEALS}/{second}", {"properties": {"key": "one"}}).raise_for_status()


def test_two_contacts_do_not_share_an_address(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_contact("a@example.com")
    answer = call.refused("POST", "/crm/v3/objects/contacts", {"properties": {"email": "A@example.com"}}, 409)
    assert (answer["category"], answer["message"]) == ("CONFLICT", f"Contact already exists. Existing ID: {id_}")


def test_a_list_gives_ten_by_default_and_no_paging_at_its_end(crm: HubSpotSimulator, call: Caller) -> None:
    made = [crm.account.add_deal(f"Deal {number}") for number in range(12)]
    first = call.get(DEALS)
    assert [each["id"] for each in first["results"]] == made[:10]
    assert first["paging"]["next"]["after"] == made[10]
    last = call.get(DEALS, after=first["paging"]["next"]["after"])
    assert [each["id"] for each in last["results"]] == made[10:]
    assert "paging" not in last


@pytest.mark.parametrize("asked", [{"limit": 101}, {"limit": 51, "propertiesWithHistory": "dealstage"}, {"limit": 0}])
def test_a_page_has_at_most_a_hundred_records_and_half_of_that_with_history(
    call: Caller, asked: dict[str, Any]
) -> None:
    assert call("GET", DEALS, **asked).status_code == 400


def test_properties_may_be_listed_with_commas_or_one_by_one(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_deal(amount="1", description="x")
    assert call.get(DEALS, properties="amount,description") == call.get(DEALS, properties=["amount", "description"])


def test_an_archived_deal_is_listed_apart(crm: HubSpotSimulator, call: Caller) -> None:
    kept, gone = crm.account.add_deal(), crm.account.add_deal()
    for _ in range(2):
        assert call("DELETE", f"{DEALS}/{gone}").status_code == 204
    assert [each["id"] for each in call.get(DEALS)["results"]] == [kept]
    (archived,) = call.get(DEALS, archived="true")["results"]
    assert (archived["id"], archived["archived"], archived["archivedAt"]) == (gone, True, "2026-11-02T15:00:00Z")
    assert call("GET", f"{DEALS}/{gone}").status_code == 404
    assert call.refused("PATCH", f"{DEALS}/{gone}", {"properties": {}}, 404)["category"] == "OBJECT_NOT_FOUND"
    crm.account.restore("deals", gone)
    assert len(call.get(DEALS)["results"]) == 2


@pytest.mark.parametrize("new_record", [False, True])
def test_the_id_of_a_merged_deal_leads_to_the_one_that_is_left_but_not_in_a_batch(
    crm: HubSpotSimulator, call: Caller, new_record: bool
) -> None:
    person = crm.account.add_contact()
    winner, loser = crm.account.add_deal("Winner"), crm.account.add_deal("Loser", amount="7", contacts=[person])
    left = crm.account.merge("deals", winner, loser, new_record=new_record)
    found = call.get(f"{DEALS}/{loser}", properties="dealname,amount,hs_merged_object_ids", associations="contacts")
    assert found["id"] == left
    assert (found["properties"]["dealname"], found["properties"]["amount"]) == ("Winner", "7")
    assert loser in found["properties"]["hs_merged_object_ids"].split(";")
    assert found["associations"]["contacts"]["results"] == [{"id": person, "type": "deal_to_contact"}]
    answer = call.post(f"{DEALS}/batch/read", {"inputs": [{"id": loser}, {"id": left}]}, 207)
    assert [each["id"] for each in answer["results"]] == [left]
    assert [each["id"] for each in call.get(DEALS)["results"]] == [left]
    assert call.get(DEALS, archived="true")["results"] == []


def test_a_call_may_merge_two_deals(crm: HubSpotSimulator, call: Caller) -> None:
    winner, loser = crm.account.add_deal("Winner"), crm.account.add_deal("Loser")
    assert call.post(f"{DEALS}/merge", {"primaryObjectId": winner, "objectIdToMerge": loser})["id"] == winner
    assert crm.account.live("deals") == [winner]


def test_a_condition_of_a_stage_binds_writes_over_the_newest_paths_alone(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_property("deals", "gate")
    crm.account.require("contractsent", "gate")
    id_ = crm.account.add_deal()
    given = {"properties": {"dealstage": "contractsent"}}
    answer = call.refused("PATCH", f"{DATED}/{id_}", given)
    assert answer["errors"] == [{
        "message": "gate is required because of a conditional property rule based on [dealstage]",
        "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY", "context": {"propertyName": ["gate"]},
    }]  # fmt: skip
    for body in (given, {"properties": {"dealstage": "contractsent", "gate": "open"}}):
        path = DEALS if body is given else DATED
        call("PATCH", f"{path}/{id_}", body).raise_for_status()
        crm.account.move(id_, "appointmentscheduled")
    call(
        "PATCH", f"/crm/objects/2026-03/deals/{id_}", {"properties": {"gate": "", "dealstage": "contractsent"}}
    ).raise_for_status()


def test_a_body_that_is_no_json_is_refused(crm: HubSpotSimulator, call: Caller) -> None:
    answer = call.session.post(crm.url + DEALS, data=b"{", timeout=5)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert call("POST", DEALS, []).status_code == 400
