"""Sessions, limits and faults of a simulated org: each can be switched on, and goes off again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import jwt
import pytest

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.auth import JWT_BEARER, new_key
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Answer, Plain

TOKEN = "/services/oauth2/token"  # noqa: S105 - a path, not a credential
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ENDED = (401, "INVALID_SESSION_ID", "Session expired or invalid")
ALL = "SELECT Id FROM Opportunity"


def token(plain: Plain, form: str) -> Answer:
    return plain.ask("POST", TOKEN, form.encode(), FORM)


def test_a_session_ends_between_two_pages(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 15)
    crm.page = 10
    crm.faults.expire_session(after=1)
    more = plain.query(ALL).body["nextRecordsUrl"]
    assert plain.get(more).error == ENDED
    answer = token(plain, f"grant_type=client_credentials&client_id={crm.client_id}&client_secret={crm.client_secret}")
    plain.session = answer.body["access_token"]
    assert len(plain.get(more).body["records"]) == 5


def test_a_made_up_session_is_refused(crm: SalesforceSimulator, plain: Plain) -> None:
    plain.session = "00D!made.up"
    assert plain.query(ALL).error == ENDED
    assert plain.get("/services/data").status == 200
    assert crm.api_calls == 1


def test_an_assertion_is_really_verified(crm: SalesforceSimulator, plain: Plain) -> None:
    other, key = new_key(crm), new_key(crm)
    good = {"iss": crm.client_id, "sub": crm.username, "aud": crm.url, "exp": crm.clock.now + timedelta(minutes=3)}

    def answer(claims: dict[str, object], signed_by: str = key) -> Answer:
        assertion = jwt.encode(claims, signed_by, algorithm="RS256")
        return token(plain, f"grant_type={JWT_BEARER}&assertion={assertion}")

    assert set(answer(good).body) >= {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"}
    for claims, error in (
        (good | {"aud": "https://login.example.com"}, "invalid_client"),
        (good | {"sub": "nobody@example.com"}, "invalid_grant"),
        (good | {"exp": crm.clock.now - timedelta(seconds=1)}, "invalid_grant"),
        (good | {"exp": crm.clock.now + timedelta(hours=1)}, "invalid_grant"),
    ):
        refused = answer(claims)
        assert (refused.status, refused.body["error"]) == (400, error)
    assert answer(good, other).body["error"] == "invalid_grant"


def test_limits_are_told_with_every_answer_and_end_the_day(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.daily_limit = 2
    assert plain.query(ALL).headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert plain.get("limits").body["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    assert plain.query(ALL).error == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


def test_a_daily_limit_comes_when_it_is_asked_for_and_can_be_lifted(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.faults.daily_limit(after=1)
    assert [plain.query(ALL).status for _ in range(3)] == [200, 403, 403]
    crm.faults.lift_limit()
    assert plain.query(ALL).status == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("concurrent_limit", 403, "REQUEST_LIMIT_EXCEEDED"), ("server_error", 503, "SERVER_UNAVAILABLE")],
)
def test_what_passes_comes_as_often_as_asked_for(
    crm: SalesforceSimulator, plain: Plain, fault: str, status: int, code: str
) -> None:
    getattr(crm.faults, fault)(2)
    assert [plain.query(ALL).status for _ in range(3)] == [status, status, 200]
    getattr(crm.faults, fault)()
    assert plain.query(ALL).error[:2] == (status, code)


def test_a_page_of_html_takes_the_place_of_an_answer(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.faults.html_error()
    answer = plain.query(ALL)
    assert (answer.status, answer.headers["Content-Type"], answer.raw[:6]) == (502, "text/html", b"<html>")


def test_an_answer_is_cut_in_half(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.faults.truncate_body()
    with pytest.raises(IncompleteRead):
        plain.query(ALL)


@pytest.mark.parametrize("after", [True, False])
def test_a_lost_answer_may_have_been_carried_out(crm: SalesforceSimulator, plain: Plain, *, after: bool) -> None:
    id_ = deal(crm)
    crm.faults.drop_connection(after_commit=after)
    with pytest.raises((RemoteDisconnected, HTTPException, ConnectionError)):
        plain.patch(f"sobjects/Opportunity/{id_}", {"NextStep": "x"})
    assert crm.org.get("Opportunity", id_)["NextStep"] == ("x" if after else None)


def test_a_server_error_may_come_after_the_write(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    crm.faults.server_error(after_commit=True)
    assert plain.query(ALL).status == 200
    assert plain.patch(f"sobjects/Opportunity/{id_}", {"NextStep": "x"}).error[:2] == (500, "UNKNOWN_EXCEPTION")
    assert crm.org.get("Opportunity", id_)["NextStep"] == "x"


def test_the_clock_that_is_told_may_differ_from_the_stamps(crm: SalesforceSimulator, plain: Plain) -> None:
    crm.faults.clock_skew = timedelta(hours=2)
    told = parsedate_to_datetime(plain.query(ALL).headers["Date"])
    assert told == datetime(2026, 11, 2, 17, tzinfo=UTC)
    assert crm.org.get("Opportunity", deal(crm))["CreatedDate"] == "2026-11-02T15:00:00.000+0000"


def test_hidden_and_forbidden_fields_and_denied_rows(crm: SalesforceSimulator, plain: Plain) -> None:
    id_, denied = deals(crm, 2)
    crm.org.hide_field("Opportunity", "Amount")
    crm.faults.forbid_field("Opportunity", "NextStep")
    crm.faults.deny_rows([denied])
    assert plain.query("SELECT Amount FROM Opportunity").error[1] == "INVALID_FIELD"
    described = {each["name"]: each for each in plain.get("sobjects/Opportunity/describe").body["fields"]}
    assert "Amount" not in described
    assert (described["NextStep"]["updateable"], described["Type"]["updateable"]) == (False, True)
    where = f"sobjects/Opportunity/{id_}"
    assert plain.patch(where, {"Amount": 1}).error[1] == "INVALID_FIELD"
    assert plain.patch(where, {"NextStep": "x"}).error[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert plain.get(f"{where}?fields=NextStep").status == 200
    assert plain.patch(f"sobjects/Opportunity/{denied}", {"Type": "New"}).error[1] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_locators_are_lost_and_jobs_fail(crm: SalesforceSimulator, plain: Plain) -> None:
    deals(crm, 15)
    crm.page = 10
    more = plain.query(ALL).body["nextRecordsUrl"]
    crm.faults.lose_locators()
    assert [plain.get(more).status for _ in range(2)] == [400, 200]
    crm.faults.fail_jobs()
    job = plain.post("jobs/query", {"operation": "query", "query": ALL}).body["id"]
    assert plain.get(f"jobs/query/{job}").body["state"] == "Failed"


def test_whole_writes_may_be_locked_out(crm: SalesforceSimulator, plain: Plain) -> None:
    id_ = deal(crm)
    crm.faults.lock_call()
    body = {"records": [{"attributes": {"type": "Opportunity"}, "id": id_, "Amount": 1}]}
    assert plain.patch("composite/sobjects", body).error[:2] == (400, "UNABLE_TO_LOCK_ROW")
    assert plain.patch("composite/sobjects", body).body[0]["success"]


def ask_twice_where_once_is_allowed() -> None:
    with SalesforceSimulator() as crm, Plain(crm) as plain:
        crm.calls.allow(1)
        plain.query(ALL)
        assert crm.calls.over == 0
        plain.query(ALL)


def test_a_run_that_asks_more_often_than_allowed_fails() -> None:
    with pytest.raises(AssertionError, match="1 more API requests were made than allowed"):
        ask_twice_where_once_is_allowed()


def test_who_signed_in_is_who_writes(crm: SalesforceSimulator, plain: Plain) -> None:
    rep = crm.org.add("User", Name="Rep", IsActive=True)
    plain.session = crm.new_session(rep)
    id_ = deal(crm)
    plain.patch(f"sobjects/Opportunity/{id_}", {"StageName": "Prospecting"})
    rows = plain.query("SELECT StageName, CreatedBy.Name FROM OpportunityHistory").body["records"]
    assert [row["CreatedBy"]["Name"] for row in rows] == ["Dealgate Engine", "Rep"]
