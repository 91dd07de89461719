"""Queries of a simulated org answer as SOQL does, in pages that a client has to follow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain

BAD_REQUEST = 400


def names(plain: Plain, where: str, *, everything: bool = False) -> list[str]:
    answer = plain.query(f"SELECT Name FROM Opportunity {where}", everything=everything)  # noqa: S608 - the tests' own
    assert answer.status == 200, answer.body
    return [row["Name"] for row in answer.body["records"]]


def test_pages_are_followed_to_the_end(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 25)
    crm.page = 10
    pages = list(plain.pages("SELECT Name FROM Opportunity ORDER BY Name"))
    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({row["Name"] for page in pages for row in page}) == 25
    assert len(crm.calls.of("query")) == 3


def test_unsteady_pages_lose_and_double_nothing(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 25)
    crm.page, crm.faults.unsteady_pages = 10, True
    pages = list(plain.pages("SELECT Id FROM Opportunity"))
    assert [len(page) for page in pages] == [10, 5, 5, 5]
    assert len({row["Id"] for page in pages for row in page}) == 25


def test_the_size_of_a_page_is_a_hint_that_is_kept_within_bounds(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 450)
    sizes = [len(page) for page in plain.pages("SELECT Id FROM Opportunity", Sforce_Query_Options="batchSize=10")]
    assert sizes == [200, 200, 50]


def test_a_place_in_an_answer_is_forgotten_after_two_days(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 15)
    crm.page = 10
    more = plain.query("SELECT Id FROM Opportunity").body["nextRecordsUrl"]
    assert plain.get(more).status == 200
    crm.clock.advance(timedelta(days=3))
    assert plain.get(more).error == (BAD_REQUEST, "INVALID_QUERY_LOCATOR", "invalid query locator")


def test_a_subquery_pages_on_its_own(crm: SalesforceSimulator, plain: Plain) -> None:
    (id_, lonely), crm.children = deals(crm, 2), 2
    for number in range(5):
        person = crm.org.add("Contact", Name=f"Person {number}")
        crm.org.add("OpportunityContactRole", OpportunityId=id_, ContactId=person, Role="Champion")
    rows = plain.query("SELECT Id, (SELECT Contact.Name FROM OpportunityContactRoles) FROM Opportunity").body["records"]
    found = {row["Id"]: row["OpportunityContactRoles"] for row in rows}
    assert found[lonely] is None
    nested = found[id_]
    assert (nested["totalSize"], nested["done"], len(nested["records"])) == (5, False, 2)
    second = plain.get(nested["nextRecordsUrl"]).body
    third = plain.get(second["nextRecordsUrl"]).body
    people = [row["Contact"]["Name"] for part in (nested, second, third) for row in part["records"]]
    assert people == [f"Person {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE Amount > 10 AND StageName = 'qualification'", ["b", "c"]),
        ("WHERE Amount = null", ["a"]),
        ("WHERE Amount != 20", ["a", "c"]),
        ("WHERE Name LIKE '%B%' OR (Amount >= 30 AND NOT Name = 'b')", ["b", "c"]),
        ("WHERE Name NOT IN ('a', 'B')", ["c"]),
        ("WHERE CloseDate < 2026-12-01", ["b"]),
        ("WHERE CloseDate = NEXT_N_DAYS:30", ["b"]),
        ("WHERE CloseDate > THIS_YEAR", ["c"]),
        ("WHERE CreatedDate = TODAY AND CreatedDate < TOMORROW", ["a", "b", "c"]),
        ("WHERE CreatedDate < 2026-11-02T15:00:00Z", []),
        ("WHERE SystemModstamp >= 2026-11-02T16:00:00+01:00", ["a", "b", "c"]),
        ("WHERE IsClosed = true", []),
        ("WHERE Account.Name = 'Globex'", ["a"]),
        ("WHERE Account.Name != 'Globex'", ["b", "c"]),
        ("WHERE Id IN (SELECT OpportunityId FROM OpportunityContactRole WHERE Role = 'Champion')", ["b"]),
        ("WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'Globex')", ["b", "c"]),
        ("ORDER BY Amount DESC NULLS LAST", ["c", "b", "a"]),
        ("ORDER BY Amount", ["a", "b", "c"]),
        ("ORDER BY Name DESC LIMIT 1 OFFSET 1", ["b"]),
    ],
)
def test_conditions_and_orders(crm: SalesforceSimulator, plain: Plain, where: str, expected: list[str]) -> None:
    account = crm.org.add("Account", Name="Globex")
    deal(crm, "a", AccountId=account)
    second = deal(crm, "b", Amount=20.0, CloseDate="2026-11-20")
    deal(crm, "c", Amount=30.0, CloseDate="2027-01-01")
    crm.org.add(
        "OpportunityContactRole", OpportunityId=second, ContactId=crm.org.add("Contact", Name="Ann"), Role="Champion"
    )
    found = names(plain, where)
    assert (found if "ORDER" in where else sorted(found)) == expected


@pytest.mark.parametrize(
    ("soql", "code", "said"),
    [
        ("SELECT", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Opportunity WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE Name = 'a' OR Amount = 1 AND Amount = 2", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id, Id FROM Opportunity", "MALFORMED_QUERY", "duplicate field selected: Id"),
        ("SELECT Nope FROM Opportunity", "INVALID_FIELD", "No such column 'Nope' on entity 'Opportunity'"),
        ("SELECT Id FROM Opportunity WHERE Nope = 1", "INVALID_FIELD", "ERROR at Row:1:Column:34"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Opportunity", "INVALID_TYPE", "Didn't understand relationship 'Nopes'"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2026-12-31'", "INVALID_FIELD", "must be of type date and should not"),
        ("SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Opportunity WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Opportunity WHERE Amount = 1 OR Id IN (SELECT WhatId FROM Task)", "MALFORMED_QUERY", "Semi join"),
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused_by_name(plain: Plain, soql: str, code: str, said: str) -> None:
    answer = plain.query(soql)
    assert answer.error[:2] == (BAD_REQUEST, code)
    assert said in answer.error[2]


def test_counts_come_without_records_or_as_one(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 3)
    assert plain.query("SELECT COUNT() FROM Opportunity").body == {"totalSize": 3, "done": True, "records": []}
    counted = plain.query("SELECT COUNT(Amount) FROM Opportunity").body["records"]
    assert counted == [{"attributes": {"type": "AggregateResult"}, "expr0": 0}]


def test_short_and_long_ids_find_the_same_and_long_ones_are_given(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    for given in (id_, id_[:15]):
        assert plain.get(f"query?q=SELECT+Id+FROM+Opportunity+WHERE+Id='{given}'").body["records"][0]["Id"] == id_
        assert plain.get(f"sobjects/Opportunity/{given}").body["Id"] == id_


def test_only_query_all_sees_deleted_rows(crm: SalesforceSimulator, plain: Plain) -> None:
    gone, _ = deals(crm, 2)
    crm.org.delete("Opportunity", gone)
    assert names(plain, "") == ["Deal 1"]
    assert names(plain, "WHERE IsDeleted = true", everything=True) == ["Deal 0"]
    crm.org.undelete("Opportunity", gone)
    assert names(plain, "") == ["Deal 0", "Deal 1"]


def test_a_reference_to_several_kinds_tells_its_kind(crm: SalesforceSimulator, plain: Plain) -> None:
    account = crm.org.add("Account", Name="Globex")
    crm.org.add("Task", WhatId=deal(crm), Subject="about a deal")
    crm.org.add("Task", WhatId=account, Subject="about a company")
    rows = plain.query("SELECT Subject, What.Type, What.Name FROM Task WHERE What.Type = 'Account'").body["records"]
    assert [(row["Subject"], row["What"]["Type"], row["What"]["Name"]) for row in rows] == [
        ("about a company", "Account", "Globex")
    ]


def test_merged_companies_keep_the_deals_and_name_their_master(crm: SalesforceSimulator, plain: Plain) -> None:
    winner, loser = (crm.org.add("Account", Name=name) for name in ("Globex", "Initech"))
    deal(crm, AccountId=loser)
    crm.clock.advance(timedelta(hours=1))
    crm.org.merge("Account", winner, loser)
    changed = "SELECT Account.Name FROM Opportunity WHERE SystemModstamp > 2026-11-02T15:00:00Z"
    row = plain.query(changed).body["records"][0]
    assert row["Account"]["Name"] == "Globex"
    gone = plain.query("SELECT MasterRecordId FROM Account WHERE IsDeleted = true", everything=True).body["records"]
    assert [each["MasterRecordId"] for each in gone] == [winner]


def test_a_touch_moves_the_stamp_and_nothing_else(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    crm.clock.advance(timedelta(hours=1))
    crm.org.touch("Opportunity", id_)
    row = plain.query("SELECT SystemModstamp, LastModifiedDate FROM Opportunity").body["records"][0]
    assert row["SystemModstamp"] == "2026-11-02T16:00:00.000+0000"
    assert row["LastModifiedDate"] == "2026-11-02T15:00:00.000+0000"
