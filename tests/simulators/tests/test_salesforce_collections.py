"""Many records a call: each has its own answer in its own place, or all fail together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain

MANY = "composite/sobjects"
NEW = {"attributes": {"type": "Opportunity"}, "Name": "New", "StageName": "Qualification", "CloseDate": "2026-12-31"}


def records(*some: dict[str, Any], whole: bool = False, object_: str = "Opportunity") -> dict[str, Any]:
    return {"allOrNone": whole, "records": [{"attributes": {"type": object_}, **each} for each in some]}


def test_bad_rows_spoil_no_others_and_carry_no_id(crm: SalesforceSimulator, plain: Plain) -> None:
    first, gone, last = deals(crm, 3)
    crm.org.delete("Opportunity", gone)
    answer = plain.patch(MANY, records(*({"id": each, "NextStep": "x"} for each in (first, gone, last))))
    assert answer.status == 200
    assert answer.body == [
        {"id": first, "success": True, "errors": []},
        {
            "success": False,
            "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": []}],
        },
        {"id": last, "success": True, "errors": []},
    ]
    assert crm.api_calls == 1


def test_all_or_none_takes_back_what_went_well(crm: SalesforceSimulator, plain: Plain) -> None:
    first, second = deals(crm, 2)
    told: list[str] = []
    crm.org.on_save.append(lambda *_: told.append("saved"))
    rows = plain.patch(MANY, records({"id": first, "Amount": 5}, {"id": second, "StageName": ""}, whole=True)).body
    assert [row["errors"][0]["statusCode"] for row in rows] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert rows[0]["errors"][0]["message"].endswith("the request was using AllOrNone header")
    assert crm.org.get("Opportunity", first)["Amount"] is None
    assert len(crm.org.rows("OpportunityHistory")) == 2
    assert told == []
    assert plain.query("SELECT Id FROM Opportunity WHERE Amount = 5").body["totalSize"] == 0


def test_records_are_made_upserted_read_and_deleted(crm: SalesforceSimulator, plain: Plain) -> None:
    made = plain.post(MANY, {"records": [NEW, {**NEW, "Name": None}]}).body
    assert (made[0]["success"], made[1]["success"]) == (True, False)
    keyed = [{"Dealgate_Key__c": key, "Subject": key} for key in ("a", "b")]
    path = f"{MANY}/Task/Dealgate_Key__c"
    assert [row["created"] for row in plain.patch(path, records(keyed[0], object_="Task")).body] == [True]
    assert [row["created"] for row in plain.patch(path, records(*keyed, object_="Task")).body] == [False, True]
    ids = [row["Id"] for row in crm.org.rows("Task")]
    read = plain.post(f"{MANY}/Task", {"ids": [ids[1], "00TdM0000000zzzAAA", ids[0]], "fields": ["Subject"]}).body
    assert [each and each["Subject"] for each in read] == ["b", None, "a"]
    gone = plain.delete(f"{MANY}?ids={ids[0]},00TdM0000000zzzAAA&allOrNone=false").body
    assert [row["success"] for row in gone] == [True, False]


def test_the_same_record_twice_in_a_call_is_refused_the_second_time(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    rows = plain.patch(MANY, records({"id": id_, "Amount": 1}, {"id": id_[:15], "Amount": 2})).body
    assert [row["success"] for row in rows] == [True, False]
    keyed = {"Dealgate_Key__c": "a"}
    rows = plain.patch(f"{MANY}/Task/Dealgate_Key__c", records(keyed, keyed, object_="Task")).body
    assert rows[1]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (records(*[{"Name": "x"}] * 201), "EXCEEDED_ID_LIMIT"),
        ({"records": [{"attributes": {"type": ("Task", "Account")[number % 2]}} for number in range(11)]}, "INVALID_OPERATION"),
        (records({"Nope": 1}), "INVALID_FIELD"),
        (records({**NEW, "CloseDate": "soon"}), "JSON_PARSER_ERROR"),
        ({"records": "none"}, "INVALID_ARGUMENT"),
        (b"{", "JSON_PARSER_ERROR"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_fails_as_a_whole(crm: SalesforceSimulator, plain: Plain, body: Any, code: str) -> None:
    assert plain.post(MANY, body).error[:2] == (400, code)
    assert crm.org.rows("Opportunity") == []


def test_rules_of_the_org_are_asked_on_every_way_of_writing(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add_validation_rule("Opportunity", "Gate", "ISCHANGED(StageName)", "Not yet", "StageName")
    id_ = deal(crm)
    moved = {"StageName": "Prospecting"}
    single = plain.patch(f"sobjects/Opportunity/{id_}", moved)
    assert single.body == [
        {"message": "Not yet", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["StageName"]}
    ]
    (row,) = plain.patch(MANY, records({"id": id_, **moved})).body
    assert row["errors"][0] == {
        "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "message": "Not yet",
        "fields": ["StageName"],
    }
    part = {
        "method": "PATCH",
        "url": f"/services/data/v66.0/sobjects/Opportunity/{id_}",
        "referenceId": "a",
        "body": moved,
    }
    (inner,) = plain.post("composite", {"compositeRequest": [part]}).body["compositeResponse"]
    assert (inner["httpStatusCode"], inner["body"][0]["errorCode"]) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert crm.org.get("Opportunity", id_)["StageName"] == "Qualification"


def test_locks_are_told_by_row_and_pass(crm: SalesforceSimulator, plain: Plain) -> None:
    first, second = deals(crm, 2)
    crm.faults.lock_rows([second[:15]])
    body = records({"id": first, "Amount": 1}, {"id": second, "Amount": 1})
    rows = plain.patch(MANY, body).body
    assert rows[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert second in rows[1]["errors"][0]["message"]
    assert [row["success"] for row in plain.patch(MANY, body).body] == [True, True]


def test_a_composite_call_refers_back_and_fails_together(crm: SalesforceSimulator, plain: Plain) -> None:
    base = "/services/data/v66.0/sobjects"
    account = {"method": "POST", "url": f"{base}/Account", "referenceId": "a", "body": {"Name": "Globex"}}
    made = {key: value for key, value in NEW.items() if key != "attributes"} | {"AccountId": "@{a.id}"}
    linked = {"method": "POST", "url": f"{base}/Opportunity", "referenceId": "b", "body": made}
    bad = {"method": "GET", "url": f"{base}/Nope", "referenceId": "c"}
    parts = plain.post("composite", {"allOrNone": True, "compositeRequest": [account, linked]}).body[
        "compositeResponse"
    ]
    assert [part["httpStatusCode"] for part in parts] == [201, 201]
    assert crm.org.rows("Opportunity")[0]["AccountId"] == parts[0]["body"]["id"]
    parts = plain.post("composite", {"allOrNone": True, "compositeRequest": [account, linked, bad]}).body[
        "compositeResponse"
    ]
    assert [part["body"][0]["errorCode"] for part in parts] == ["PROCESSING_HALTED", "PROCESSING_HALTED", "NOT_FOUND"]
    assert len(crm.org.rows("Account")) == 1
    apart = plain.post("composite", {"allOrNone": False, "compositeRequest": [bad, account]}).body["compositeResponse"]
    assert [part["httpStatusCode"] for part in apart] == [404, 201]
    assert crm.api_calls == 3


@pytest.mark.parametrize("count", [26, 6])
def test_a_composite_call_holds_25_requests_and_five_queries(plain: Plain, count: int) -> None:
    url = "limits" if count > 25 else "query?q=SELECT+Id+FROM+Account"
    asked = [
        {"method": "GET", "url": f"/services/data/v66.0/{url}", "referenceId": f"r{each}"} for each in range(count)
    ]
    assert plain.post("composite", {"compositeRequest": asked}).status == 400
    assert plain.post("composite", {"compositeRequest": asked[:-1]}).status == 200
