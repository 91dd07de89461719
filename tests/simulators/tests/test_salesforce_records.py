"""Single records of a simulated org: what a save answers, leaves behind, and refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal
from tests.simulators.tests.plain import Plain

NEW = {"Name": "New", "StageName": "Qualification", "CloseDate": "2026-12-31"}
DEALS = "sobjects/Opportunity"
KEY = "sobjects/Task/Dealgate_Key__c"


def test_a_record_is_made_read_changed_and_deleted(crm: SalesforceSimulator, plain: Plain) -> None:
    made = plain.post(f"{DEALS}/", NEW)
    assert (made.status, made.body["success"], made.body["errors"]) == (201, True, [])
    where = f"{DEALS}/{made.body['id']}"
    assert made.headers["Location"].endswith(where)
    changed = plain.patch(where, {"Amount": 5})
    assert (changed.status, changed.raw) == (204, b"")
    assert plain.get(where).body["Amount"] == 5.0
    shown = plain.get(f"{where}?fields=Name,StageName").body
    assert set(shown) == {"attributes", "Id", "Name", "StageName"}
    assert plain.delete(where).status == 204
    assert plain.get(where).error == (404, "ENTITY_IS_DELETED", "entity is deleted")
    assert crm.api_calls == 6


def test_a_save_works_out_what_follows(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm, Amount=1000.0)
    crm.clock.advance(timedelta(hours=1))
    plain.patch(f"{DEALS}/{id_}", {"StageName": "Closed Won"})
    row = plain.get(f"{DEALS}/{id_}").body
    assert (row["IsClosed"], row["IsWon"], row["Probability"], row["ForecastCategoryName"]) == (
        True,
        True,
        100.0,
        "Closed",
    )
    assert row["LastStageChangeDate"] == row["SystemModstamp"] == "2026-11-02T16:00:00.000+0000"
    assert row["CreatedDate"] == "2026-11-02T15:00:00.000+0000"


def test_every_save_that_touches_what_is_watched_leaves_history(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    for body in ({"Amount": 5}, {"StageName": "Prospecting"}, {"NextStep": "Call"}, {"CloseDate": "2027-01-31"}):
        crm.clock.advance(timedelta(hours=1))
        plain.patch(f"{DEALS}/{id_}", body)
    rows = plain.query("SELECT StageName, Amount, PrevAmount, CloseDate, PrevCloseDate FROM OpportunityHistory").body[
        "records"
    ]
    told = [(row["StageName"], row["Amount"], row["PrevAmount"], row["PrevCloseDate"]) for row in rows]
    assert told == [
        ("Qualification", None, None, None),
        ("Qualification", 5.0, None, "2026-12-31"),
        ("Prospecting", 5.0, 5.0, "2026-12-31"),
        ("Prospecting", 5.0, 5.0, "2026-12-31"),
    ]
    tracked = plain.query("SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory").body["records"]
    assert [(row["Field"], row["OldValue"], row["NewValue"]) for row in tracked] == [
        ("Amount", None, 5.0),
        ("CloseDate", "2026-12-31", "2027-01-31"),
    ]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"Nope": 1}, "INVALID_FIELD", "No such column 'Nope' on sobject of type Opportunity"),
        ({"StageName": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [StageName]"),
        ({"IsClosed": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: IsClosed."),
        ({"CloseDate": "tomorrow"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value tomorrow"),
        ({"Amount": "much"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of currency from VALUE_STRING value much"),
        ({"Amount": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range"),
        ({"NextStep": "x" * 256}, "STRING_TOO_LONG", "data value too large"),
        ({"AccountId": "001dM0000000zzzAAA"}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"),
        ({"AccountId": "Globex"}, "MALFORMED_ID", "id value of incorrect type: Globex"),
        ({"ForecastCategoryName": "Sure"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist"),
    ],
)  # fmt: skip
def test_a_save_that_is_refused_changes_nothing(
    crm: SalesforceSimulator, plain: Plain, body: dict[str, Any], code: str, said: str
) -> None:
    id_ = deal(crm)
    before = plain.get(f"{DEALS}/{id_}").body
    answer = plain.patch(f"{DEALS}/{id_}", body)
    assert answer.error[:2] == (400, code)
    assert said in answer.error[2]
    assert plain.get(f"{DEALS}/{id_}").body == before


def test_a_person_who_saved_meanwhile_wins(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    seen = plain.get(f"{DEALS}/{id_}").headers["Last-Modified"]
    assert plain.patch(f"{DEALS}/{id_}", {"NextStep": "a"}, If_Unmodified_Since=seen).status == 204
    crm.clock.advance(timedelta(seconds=1))
    crm.org.change("Opportunity", id_, NextStep="b")
    assert plain.patch(f"{DEALS}/{id_}", {"NextStep": "c"}, If_Unmodified_Since=seen).error[:2] == (
        412,
        "PRECONDITION_FAILED",
    )
    assert crm.org.get("Opportunity", id_)["NextStep"] == "b"


def test_an_upsert_makes_then_changes_and_tells_several_apart(crm: SalesforceSimulator, plain: Plain) -> None:
    made = plain.patch(f"{KEY}/k%2F1", {"Subject": "a"})
    again = plain.patch(f"{KEY}/k%2F1", {"Subject": "b"})
    assert (made.status, made.body["created"], again.status, again.body["created"]) == (201, True, 200, False)
    assert made.body["id"] == again.body["id"]
    assert crm.org.get("Task", made.body["id"])["Dealgate_Key__c"] == "k/1"
    crm.org.things["task"].fields["dealgate_key__c"].unique = False
    crm.org.add("Task", Dealgate_Key__c="k/1")
    several = plain.patch(f"{KEY}/k%2F1", {"Subject": "c"})
    assert several.status == 300
    assert [each.rpartition("/")[2] for each in several.body] == [row["Id"] for row in crm.org.rows("Task")]


def test_an_upsert_may_be_kept_from_making_anything(plain: Plain) -> None:
    assert plain.patch(f"{KEY}/k?updateOnly=true", {"Subject": "a"}).status == 404
    answer = plain.patch("sobjects/Task/Nope__c/k", {"Subject": "a"})
    assert answer.error == (404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Nope__c")


def test_a_unique_key_is_held_once(crm: SalesforceSimulator, plain: Plain) -> None:
    held = crm.org.add("Task", Dealgate_Key__c="k")
    answer = plain.post("sobjects/Task", {"Dealgate_Key__c": "k"})
    assert answer.error[:2] == (400, "DUPLICATE_VALUE")
    assert held[:15] in answer.error[2]
    crm.org.delete("Task", held)
    assert plain.post("sobjects/Task", {"Dealgate_Key__c": "k"}).status == 201


def test_what_is_not_there_is_not_found(plain: Plain) -> None:
    gone = (404, "NOT_FOUND", "The requested resource does not exist")
    assert plain.get("sobjects/Nope/describe").error == gone
    assert plain.get("nowhere").error == gone
    assert plain.get("sobjects/Opportunity/006dM0000000zzzAAA").error == gone
    assert plain.delete("sobjects/Opportunity/rid").error[2].endswith("accessible: rid")


def test_what_changed_and_what_was_deleted_in_a_stretch_of_time(crm: SalesforceSimulator, plain: Plain) -> None:
    kept, gone = deal(crm), deal(crm)
    crm.clock.advance(timedelta(hours=1))
    crm.org.delete("Opportunity", gone)
    span = "start=2026-11-02T14:00:00%2B00:00&end=2026-11-03T00:00:00%2B00:00"
    assert plain.get(f"{DEALS}/updated?{span}").body["ids"] == [kept]
    assert plain.get(f"{DEALS}/deleted?{span}").body["deletedRecords"] == [
        {"id": gone, "deletedDate": "2026-11-02T16:00:00.000+0000"}
    ]


def test_what_belongs_to_a_deleted_deal_goes_and_comes_with_it(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    crm.org.add("OpportunityContactRole", OpportunityId=id_, ContactId=crm.org.add("Contact", Name="Ann"))
    plain.delete(f"{DEALS}/{id_}")
    count = "SELECT COUNT() FROM OpportunityContactRole"
    assert plain.query(count).body["totalSize"] == 0
    crm.org.undelete("Opportunity", id_)
    assert plain.query(count).body["totalSize"] == 1


def test_a_deal_that_is_made_with_a_contact_has_a_primary_role(plain: Plain) -> None:
    person = plain.post("sobjects/Contact", {"LastName": "Smith"}).body["id"]
    plain.post(DEALS, {**NEW, "ContactId": person})
    (role,) = plain.query("SELECT ContactId, IsPrimary FROM OpportunityContactRole").body["records"]
    assert (role["ContactId"], role["IsPrimary"]) == (person, True)
