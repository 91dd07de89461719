"""Bulk jobs of a simulated org, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain

DATA = {"Content-Type": "text/csv"}


def ingest(plain: Plain, operation: str, sheet: str, **more: Any) -> str:
    """Make a job, give it its sheet and close it; give its id."""
    asked = {"object": "Opportunity", "contentType": "CSV", "lineEnding": "LF", "operation": operation, **more}
    job = plain.post("jobs/ingest", asked).body
    assert job["state"] == "Open"
    put = plain.ask("PUT", f"/{job['contentUrl']}", sheet.encode(), DATA)
    assert (put.status, put.raw) == (201, b"")
    assert plain.patch(f"jobs/ingest/{job['id']}", {"state": "UploadComplete"}).body["state"] == "UploadComplete"
    return str(job["id"])


def test_a_query_waits_then_comes_in_sheets(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 25)
    deal(crm, 'say "hi",\nthen go', Amount=5.0, Dealgate_Checked_At__c="2026-11-01T00:00:00.000+0000")
    crm.job_polls = 2
    soql = "SELECT Id, Name, Amount, IsClosed, Dealgate_Checked_At__c, Account.Name FROM Opportunity"
    job = plain.post("jobs/query", {"operation": "query", "query": soql}).body
    where = f"jobs/query/{job['id']}"
    assert plain.get(f"{where}/results").status == 404
    assert [plain.get(where).body["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    first = plain.get(f"{where}/results?maxRecords=20")
    locator = first.headers["Sforce-Locator"]
    second = plain.get(f"{where}/results?maxRecords=20&locator={locator}")
    assert (first.headers["Sforce-NumberOfRecords"], second.headers["Sforce-NumberOfRecords"]) == ("20", "6")
    assert second.headers["Sforce-Locator"] == "null"
    rows = first.rows + second.rows
    assert len({row["Id"] for row in rows}) == 26
    last = rows[-1]
    assert last["Name"] == 'say "hi",\nthen go'
    assert (last["Amount"], last["IsClosed"], last["Account.Name"]) == ("5.0", "false", "")
    assert last["Dealgate_Checked_At__c"] == "2026-11-01T00:00:00.000Z"
    assert first.raw.startswith(b'"Id","Name","Amount"')


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id, (SELECT Id FROM OpportunityContactRoles) FROM Opportunity",
        "SELECT COUNT() FROM Opportunity",
        "SELECT Id FROM Opportunity LIMIT 1 OFFSET 1",
    ],
)
def test_what_a_bulk_query_cannot_do_is_refused(plain: Plain, soql: str) -> None:
    assert plain.post("jobs/query", {"operation": "query", "query": soql}).error[:2] == (400, "API_ERROR")


def test_results_are_asked_for_with_the_version_of_the_job(plain: Plain) -> None:
    job = plain.post("jobs/query", {"operation": "query", "query": "SELECT Id FROM Opportunity"}).body["id"]
    plain.get(f"jobs/query/{job}")
    assert plain.get(f"/services/data/v65.0/jobs/query/{job}/results").status == 409
    assert plain.get(f"jobs/query/{job}/results").raw == b'"Id"\n'


def test_a_deleted_row_is_seen_by_query_all_alone(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.delete("Opportunity", deal(crm))
    for operation, count in (("query", 0), ("queryAll", 1)):
        job = plain.post("jobs/query", {"operation": operation, "query": "SELECT Id, IsDeleted FROM Opportunity"}).body[
            "id"
        ]
        plain.get(f"jobs/query/{job}")
        assert len(plain.get(f"jobs/query/{job}/results").rows) == count


def test_an_update_tells_good_and_bad_rows_in_sheets_of_their_own(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.org.add_validation_rule("Opportunity", "Gate", 'NextStep = "never"', "Not so", "NextStep")
    ids = [deal(crm, f"Deal {number}", Amount=1.0, NextStep="old") for number in range(8)]
    crm.faults.lock_rows([ids[3]])
    steps = ["x", "never", "#N/A", "x", "", "x", "x", "x"]
    sheet = "Id,NextStep\n" + "".join(f"{id_},{step}\n" for id_, step in zip(ids, steps, strict=True))
    job = ingest(plain, "update", sheet)
    told = plain.get(f"jobs/ingest/{job}").body
    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == ("JobComplete", 8, 2)
    done, failed = (plain.get(f"jobs/ingest/{job}/{name}Results").rows for name in ("successful", "failed"))
    assert {row["sf__Id"] for row in done} == set(ids) - {ids[1], ids[3]}
    assert [row["sf__Id"] for row in done] != sorted(row["sf__Id"] for row in done)
    assert {row["sf__Created"] for row in done} == {"false"}
    errors = {row["sf__Id"]: row["sf__Error"] for row in failed}
    assert errors[ids[1]] == "FIELD_CUSTOM_VALIDATION_EXCEPTION:Not so:NextStep--"
    assert errors[ids[3]].startswith("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record")
    assert [crm.org.get("Opportunity", id_)["NextStep"] for id_ in ids[:5]] == ["x", "old", None, "old", "old"]
    assert plain.get(f"jobs/ingest/{job}/unprocessedrecords").rows == []


def test_rows_are_inserted_upserted_and_deleted(crm: SalesforceSimulator, plain: Plain) -> None:
    job = ingest(plain, "insert", 'Name,StageName,CloseDate\n"a, b",Qualification,2026-12-31\n')
    plain.get(f"jobs/ingest/{job}")
    (made,) = plain.get(f"jobs/ingest/{job}/successfulResults").rows
    assert (made["sf__Created"], crm.org.get("Opportunity", made["sf__Id"])["Name"]) == ("true", "a, b")
    for created in ("true", "false"):
        keyed = ingest(
            plain, "upsert", "Dealgate_Key__c,Subject\nk,s\n", object="Task", externalIdFieldName="Dealgate_Key__c"
        )
        plain.get(f"jobs/ingest/{keyed}")
        assert plain.get(f"jobs/ingest/{keyed}/successfulResults").rows[0]["sf__Created"] == created
    gone = ingest(plain, "delete", f"Id\n{made['sf__Id']}\n")
    plain.get(f"jobs/ingest/{gone}")
    assert crm.org.rows("Opportunity") == []


def test_a_job_that_is_aborted_leaves_its_rows_unprocessed(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    job = ingest(plain, "update", f"Id,Amount\n{id_},5\n")
    assert plain.patch(f"jobs/ingest/{job}", {"state": "Aborted"}).body["state"] == "Aborted"
    assert plain.get(f"jobs/ingest/{job}/unprocessedrecords").rows == [{"Id": id_, "Amount": "5"}]
    assert crm.org.get("Opportunity", id_)["Amount"] is None


@pytest.mark.parametrize(
    ("sheet", "said"),
    [("Id,Nope\nx,y\n", "Field name not found : Nope"), ("Id,Amount\r\nx,5\r\n", "LineEnding is invalid on user data")],
)
def test_a_sheet_that_does_not_fit_its_job_fails_it(plain: Plain, sheet: str, said: str) -> None:
    job = plain.get(f"jobs/ingest/{ingest(plain, 'update', sheet)}").body
    assert job["state"] == "Failed"
    assert said in job["errorMessage"]


def test_a_job_takes_one_sheet_and_is_closed_once(plain: Plain) -> None:
    job = ingest(plain, "insert", "Name\nx\n")
    assert plain.ask("PUT", f"jobs/ingest/{job}/batches", b"Name\ny\n", DATA).error[1] == "INVALIDJOBSTATE"
    assert plain.patch(f"jobs/ingest/{job}", {"state": "UploadComplete"}).error[1] == "INVALIDJOBSTATE"
