"""Calls of many: their caps, what fails in part, what fails as a whole, and the order of results."""

from __future__ import annotations

import pytest

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DATED, DEALS, Caller, inputs

TASKS = "/crm/v3/objects/tasks/batch"


def test_what_is_not_there_is_told_beside_what_is(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal()
    for path in (DEALS, DATED):
        answer = call.post(f"{path}/batch/read", inputs([id_, "99", "98"]), 207)
        assert [each["id"] for each in answer["results"]] == [id_]
        assert answer["numErrors"] == 1
        (error,) = answer["errors"]
        assert error["category"] == "OBJECT_NOT_FOUND"
        assert error["context"] == {"ids": ["99", "98"]}
        assert error["message"].startswith("Could not get some DEAL objects")


def test_a_partial_answer_may_come_under_200(crm: HubSpotSimulator, call: Caller) -> None:
    crm.faults.partial_status = 200
    assert call.post(f"{DEALS}/batch/read", inputs([crm.account.add_deal(), "99"]))["numErrors"] == 1


def test_a_whole_answer_tells_of_no_errors(crm: HubSpotSimulator, call: Caller) -> None:
    answer = call.post(f"{DEALS}/batch/read", inputs([crm.account.add_deal()]))
    assert set(answer) == {"status", "results", "startedAt", "completedAt"}
    assert answer["status"] == "COMPLETE"


@pytest.mark.parametrize("verb", ["read", "create", "update", "upsert", "archive"])
def test_more_than_a_hundred_inputs_are_refused(crm: HubSpotSimulator, call: Caller, verb: str) -> None:
    ids = [crm.account.add_deal() for _ in range(2)] + [str(number) for number in range(99)]
    call.refused("POST", f"{DEALS}/batch/{verb}", inputs(ids))
    assert len(crm.account.live("deals")) == 2


def test_with_history_fifty_are_read_and_no_more(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_deal() for _ in range(51)]
    asked = {"propertiesWithHistory": ["dealstage"]}
    call.refused("POST", f"{DEALS}/batch/read", inputs(ids, **asked))
    found = call.post(f"{DEALS}/batch/read", inputs(ids[:50], **asked))["results"]
    assert all(each["propertiesWithHistory"]["dealstage"] for each in found)


def test_results_come_in_an_order_of_their_own_unless_it_is_switched_off(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_deal() for _ in range(20)]
    found = [each["id"] for each in call.post(f"{DEALS}/batch/read", inputs(ids))["results"]]
    assert found != ids
    assert sorted(found) == ids
    crm.faults.in_order = True
    assert [each["id"] for each in call.post(f"{DEALS}/batch/read", inputs(ids))["results"]] == ids


def test_one_bad_input_fails_the_whole_batch_and_nothing_is_written(crm: HubSpotSimulator, call: Caller) -> None:
    ids = [crm.account.add_deal("Before") for _ in range(3)]
    bad = {"dealname": "After", "dealstage": "nowhere"}
    given = {"inputs": [{"id": each, "properties": bad if each == ids[1] else {"dealname": "After"}} for each in ids]}
    call.refused("POST", f"{DEALS}/batch/update", given)
    assert {crm.account.get("deals", each)["dealname"] for each in ids} == {"Before"}
    crm.faults.poison_fails_batch = False
    answer = call.post(f"{DEALS}/batch/update", given, 207)
    assert sorted(each["id"] for each in answer["results"]) == [ids[0], ids[2]]
    assert answer["errors"][0]["category"] == "VALIDATION_ERROR"


def test_with_trace_ids_a_bad_input_fails_alone_and_is_named(call: Caller) -> None:
    given = {"inputs": [{"objectWriteTraceId": "a", "properties": {"dealname": "Good"}},
                        {"objectWriteTraceId": "b", "properties": {"dealstage": "nowhere"}}]}  # fmt: skip
    answer = call.post(f"{DEALS}/batch/create", given, 207)
    assert [each["objectWriteTraceId"] for each in answer["results"]] == ["a"]
    assert [each["context"] for each in answer["errors"]] == [{"objectWriteTraceId": ["b"]}]


def test_the_same_id_twice_is_refused(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal()
    call.refused("POST", f"{DEALS}/batch/update", {"inputs": [{"id": id_, "properties": {}}] * 2})


def test_an_update_of_what_is_not_there_is_told_by_its_id(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal()
    given = {"inputs": [{"id": each, "properties": {"dealname": "New"}} for each in (id_, "99")]}
    answer = call.post(f"{DEALS}/batch/update", given, 207)
    assert [each["id"] for each in answer["results"]] == [id_]
    assert answer["errors"][0]["context"] == {"ids": ["99"]}


def test_an_upsert_makes_or_changes_by_a_unique_property(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_property("deals", "key", unique=True)
    crm.account.add_deal(key="one")
    given = [{"id": key, "idProperty": "key", "properties": {"dealname": key}} for key in ("one", "two")]
    answer = call.post(f"{DEALS}/batch/upsert", {"inputs": given})
    assert {each["properties"]["dealname"]: each["new"] for each in answer["results"]} == {"one": False, "two": True}
    assert len(crm.account.live("deals")) == 2
    given[0]["idProperty"] = "dealname"
    call.refused("POST", f"{DEALS}/batch/upsert", {"inputs": given})


def test_an_update_does_not_take_the_id_for_a_unique_property(crm: HubSpotSimulator, call: Caller) -> None:
    given = [{"id": crm.account.add_deal(), "idProperty": "hs_object_id", "properties": {}}]
    call.refused("POST", f"{DEALS}/batch/update", {"inputs": given})


def test_a_batch_is_read_by_a_unique_property(crm: HubSpotSimulator, call: Caller) -> None:
    crm.account.add_property("deals", "key", unique=True)
    id_ = crm.account.add_deal(key="one")
    assert call.post(f"{DEALS}/batch/read", inputs(["one"], idProperty="key"))["results"][0]["id"] == id_
    call.refused("POST", f"{DEALS}/batch/read", inputs(["one"], idProperty="dealname"))


def test_archiving_answers_with_nothing_also_for_what_is_not_there(crm: HubSpotSimulator, call: Caller) -> None:
    answer = call("POST", f"{DEALS}/batch/archive", inputs([crm.account.add_deal(), "99"]))
    assert (answer.status_code, answer.content) == (204, b"")
    assert crm.account.live("deals") == []


def test_tasks_are_made_with_their_deal(crm: HubSpotSimulator, call: Caller) -> None:
    deal = crm.account.add_deal()
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}
    given = {"properties": {"hs_timestamp": "2026-11-03T00:00:00Z", "hs_task_subject": "Call"},
             "associations": [{"to": {"id": deal}, "types": [kind]}]}  # fmt: skip
    made = call.post(f"{TASKS}/create", {"inputs": [given]}, 201)["results"][0]["id"]
    found = call.get(f"{DEALS}/{deal}", associations="tasks")["associations"]["tasks"]["results"]
    assert found == [{"id": made, "type": "deal_to_task"}]
    kind["associationTypeId"] = 999_999
    call.refused("POST", f"{TASKS}/create", {"inputs": [given]})
    assert crm.account.live("tasks") == [made]
