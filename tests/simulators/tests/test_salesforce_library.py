"""The library that many use drives a simulated org by its own protocol: queries, jobs, records, deployments."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import simple_salesforce.bulk2
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?><Package xmlns="http://soap.sforce.com/2006/04/metadata">
<types><members>Opportunity.{field}</members><name>CustomField</name></types>
<types><members>Opportunity.{rule}</members><name>ValidationRule</name></types><version>66.0</version></Package>"""
OBJECT = """<?xml version="1.0" encoding="UTF-8"?><CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
<fields><fullName>Blocked__c</fullName><label>Blocked</label><length>255</length><type>Text</type></fields>
<validationRules><fullName>Gate</fullName><active>true</active>
<errorConditionFormula>{formula}</errorConditionFormula><errorDisplayField>StageName</errorDisplayField>
<errorMessage>{message}</errorMessage></validationRules></CustomObject>"""
GATE = 'AND(ISCHANGED(StageName), CONTAINS(Blocked__c, "|" &amp; TEXT(StageName) &amp; "|"))'


@pytest.fixture
def library(crm: SalesforceSimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Salesforce]:
    monkeypatch.setattr(simple_salesforce.bulk2, "sleep", lambda _: None)
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(crm.ca_file)
        yield Salesforce(session_id=crm.session_id, instance_url=crm.url, version="66.0", session=session)


def package(formula: str = GATE, message: str = "Not yet", field: str = "Blocked__c", rule: str = "Gate") -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("package.xml", MANIFEST.format(field=field, rule=rule))
        archive.writestr("objects/Opportunity.object", OBJECT.format(formula=formula, message=message))
    packed.seek(0)
    return packed


def test_it_iterates_over_the_pages_of_a_query(crm: SalesforceSimulator, library: Salesforce) -> None:
    deals(crm, 25)
    crm.page, crm.faults.unsteady_pages = 10, True
    assert len(list(library.query_all_iter("SELECT Id, Name FROM Opportunity"))) == 25
    assert library.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 25


def test_it_runs_a_query_as_a_bulk_job(crm: SalesforceSimulator, library: Salesforce) -> None:
    deals(crm, 25)
    crm.job_polls = 3
    sheets = list(library.bulk2.Opportunity.query("SELECT Id, Name FROM Opportunity", max_records=10))
    assert [sheet.strip().count("\n") for sheet in sheets] == [10, 10, 5]


def test_it_downloads_a_bulk_query(crm: SalesforceSimulator, library: Salesforce, tmp_path: Path) -> None:
    deals(crm, 5)
    (found,) = library.bulk2.Opportunity.download("SELECT Id FROM Opportunity", path=str(tmp_path))
    assert found["number_of_records"] == 5
    assert len(Path(found["file"]).read_text(encoding="utf-8").splitlines()) == 6


def test_it_writes_by_bulk_jobs_of_every_kind(crm: SalesforceSimulator, library: Salesforce) -> None:
    bulk = library.bulk2.Opportunity
    made = {"StageName": "Qualification", "CloseDate": "2026-12-31"}
    (told,) = bulk.insert(records=[{"Name": "a", **made}, {"Name": "b", **made}, {"Name": "", **made}])
    assert (told["numberRecordsTotal"], told["numberRecordsFailed"]) == (3, 1)
    assert "REQUIRED_FIELD_MISSING" in bulk.get_failed_records(told["job_id"])
    ids = [row["Id"] for row in crm.org.rows("Opportunity")]
    bulk.update(records=[{"Id": id_, "NextStep": "x"} for id_ in ids])
    assert [row["NextStep"] for row in crm.org.rows("Opportunity")] == ["x", "x"]
    library.bulk2.Task.upsert(records=[{"Dealgate_Key__c": "k", "Subject": "s"}], external_id_field="Dealgate_Key__c")
    assert [row["Subject"] for row in crm.org.rows("Task")] == ["s"]
    bulk.delete(records=[{"Id": ids[0]}])
    assert [row["Id"] for row in crm.org.rows("Opportunity")] == ids[1:]


def test_it_makes_changes_upserts_and_deletes_records(crm: SalesforceSimulator, library: Salesforce) -> None:
    made = library.Opportunity.create({"Name": "a", "StageName": "Qualification", "CloseDate": "2026-12-31"})
    assert library.Opportunity.update(made["id"], {"Amount": 5}) == 204
    assert library.Opportunity.get(made["id"])["Amount"] == 5.0
    assert library.Task.upsert("Dealgate_Key__c/k", {"Subject": "a"}) == 201
    assert library.Task.upsert("Dealgate_Key__c/k", {"Subject": "b"}) == 200
    assert library.Task.get_by_custom_id("Dealgate_Key__c", "k")["Subject"] == "b"
    assert library.Opportunity.delete(made["id"]) == 204
    assert library.describe()["maxBatchSize"] == 200
    assert library.Opportunity.describe()["name"] == "Opportunity"
    assert library.limits()["DailyApiRequests"]["Max"] == crm.daily_limit
    assert library.api_usage["api-usage"].used == crm.api_calls


def test_its_exceptions_are_those_of_the_real_refusals(crm: SalesforceSimulator, library: Salesforce) -> None:
    id_ = deal(crm)
    crm.org.things["task"].fields["dealgate_key__c"].unique = False
    for _ in range(2):
        crm.org.add("Task", Dealgate_Key__c="k")
    with pytest.raises(SalesforceMoreThanOneRecord):
        library.Task.get_by_custom_id("Dealgate_Key__c", "k")
    with pytest.raises(SalesforceMalformedRequest, match="No such column"):
        library.query("SELECT Nope FROM Opportunity")
    with pytest.raises(SalesforceResourceNotFound):
        library.Opportunity.get("006dM0000000zzzAAA")
    crm.faults.concurrent_limit()
    with pytest.raises(SalesforceRefusedRequest, match="ConcurrentPerOrgLongTxn"):
        library.Opportunity.get(id_)
    crm.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        library.query("SELECT Id FROM Opportunity")


def deployed(library: Salesforce, packed: io.BytesIO, **options: Any) -> dict[str, Any]:
    started = library.deploy(packed, sandbox=False, rollbackOnError=True, **options)
    found: dict[str, Any] = library.checkDeployStatus(started["asyncId"])
    return found


def test_it_deploys_a_rule_that_is_then_enforced(crm: SalesforceSimulator, library: Salesforce) -> None:
    crm.job_polls = 2
    started = library.deploy(package(), sandbox=False, rollbackOnError=True)
    assert library.checkDeployStatus(started["asyncId"])["state"] == "InProgress"
    done = library.checkDeployStatus(started["asyncId"])
    assert (done["state"], done["deployment_detail"]["deployed_count"]) == ("Succeeded", "2")
    id_ = deal(crm, Blocked__c="|Closed Won|")
    with Plain(crm) as plain:
        refused = plain.patch(f"sobjects/Opportunity/{id_}", {"StageName": "Closed Won"})
    assert refused.error[1:] == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not yet")


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (lambda: package("AND(Nope__c"), "Syntax error"),
        (lambda: package("Nope__c = 1"), "Field Nope__c does not exist"),
        (lambda: package("Amount &gt; 5"), "leans on what a blank does"),
        (lambda: package(message="x" * 256), "Error Message: data value too large"),
        (lambda: package(field="Other__c"), "Blocked__c is not in package.xml"),
        (lambda: package(rule="Other"), "Gate is not in package.xml"),
    ],
)
def test_a_deployment_that_fails_changes_nothing(
    crm: SalesforceSimulator, library: Salesforce, packed: Any, said: str
) -> None:
    done = deployed(library, packed())
    assert done["state"] == "Failed"
    assert said in str(done["deployment_detail"]["errors"])
    assert crm.org.rules == {}
    assert crm.org.thing("Opportunity").find("Blocked__c") is None


def test_a_deployment_may_only_be_checked(crm: SalesforceSimulator, library: Salesforce) -> None:
    assert deployed(library, package(), checkOnly=True)["state"] == "Succeeded"
    assert crm.org.rules == {}


def test_rules_are_told_in_full_one_at_a_time(crm: SalesforceSimulator, library: Salesforce) -> None:
    for name in ("Dealgate_A", "Dealgate_B", "Other"):
        crm.org.add_validation_rule("Opportunity", name, "Amount > 5", "Too much", "Amount")
    listed = "SELECT Id, ValidationName FROM ValidationRule WHERE ValidationName LIKE 'Dealgate%'"
    rows = library.restful("tooling/query", {"q": listed})["records"]
    assert [row["ValidationName"] for row in rows] == ["Dealgate_A", "Dealgate_B"]
    in_full = f"SELECT Metadata FROM ValidationRule WHERE Id = '{rows[1]['Id']}'"  # noqa: S608 - the test's own
    one = library.restful("tooling/query", {"q": in_full})
    assert one["records"][0]["Metadata"]["errorConditionFormula"] == "Amount > 5"
    with pytest.raises(SalesforceMalformedRequest, match="no more than one row"):
        library.restful("tooling/query", {"q": "SELECT Metadata FROM ValidationRule"})
