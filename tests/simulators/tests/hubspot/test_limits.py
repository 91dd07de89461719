"""Who is let in, how often, and what goes wrong when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.tests.hubspot.calling import DEALS, Caller

Switch = Callable[[HubSpotSimulator], object]


def token(crm: HubSpotSimulator, path: str = "/oauth/v1/token", **changed: str) -> requests.Response:
    """Ask for an access token."""
    given = {"grant_type": "refresh_token", "client_id": crm.sign_in.client_id,
             "client_secret": crm.sign_in.client_secret, "refresh_token": crm.sign_in.refresh_token}  # fmt: skip
    return requests.post(crm.url + path, data=given | changed, timeout=5)


def test_nobody_is_let_in_without_a_token(crm: HubSpotSimulator, call: Caller) -> None:
    call.session.headers["Authorization"] = "Bearer wrong"
    answer = call.refused("GET", DEALS, status=401)
    assert answer["category"] == "INVALID_AUTHENTICATION"
    assert answer["message"].startswith("Authentication credentials not found. This API supports OAuth 2.0")
    assert crm.token not in str(answer)


def test_a_revoked_token_is_refused(crm: HubSpotSimulator, call: Caller) -> None:
    crm.faults.token_revoked = True
    call.refused("GET", DEALS, status=401)


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-09/token"])
def test_an_access_token_lasts_half_an_hour(crm: HubSpotSimulator, call: Caller, path: str) -> None:
    made = token(crm, path).json()
    assert (made["token_type"], made["expires_in"]) == ("bearer", 1800)
    call.session.headers["Authorization"] = f"Bearer {made['access_token']}"
    answer = call("GET", DEALS)
    assert answer.status_code == 200
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    crm.clock.advance(timedelta(minutes=30, seconds=5))
    refused = call.refused("GET", DEALS, status=401)
    assert refused["category"] == "EXPIRED_AUTHENTICATION"
    assert "expired 5 second(s) ago" in refused["message"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
    ],
)
def test_a_token_is_given_to_the_app_alone(crm: HubSpotSimulator, changed: dict[str, str], status: str) -> None:
    answer = token(crm, **changed)
    assert (answer.status_code, answer.json()["status"]) == (400, status)
    assert crm.sign_in.client_secret not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", DEALS, "crm.objects.deals.read"),
        ("POST", DEALS, "crm.objects.deals.write"),
        ("POST", "/crm/v3/objects/tasks/batch/create", "crm.objects.contacts.write"),
        ("POST", "/crm/v3/objects/emails/search", "sales-email-read"),
        ("POST", "/crm/v3/properties/deals", "crm.schemas.deals.write"),
        ("GET", "/crm/v3/owners", "crm.objects.owners.read"),
    ],
)
def test_a_scope_that_is_missing_is_named(
    crm: HubSpotSimulator, call: Caller, method: str, path: str, scope: str
) -> None:
    crm.sign_in.scopes.discard(scope)
    answer = call.refused(method, path, {}, 403)
    assert answer["category"] == "MISSING_SCOPES"
    assert answer["errors"][0]["context"]["requiredGranularScopes"] == [scope]


def test_any_of_two_scopes_lets_properties_be_read(crm: HubSpotSimulator, call: Caller) -> None:
    crm.sign_in.scopes.discard("crm.schemas.deals.read")
    call.get("/crm/v3/properties/deals")
    crm.sign_in.scopes.discard("crm.objects.deals.read")
    call.refused("GET", "/crm/v3/properties/deals", status=403)


def test_a_path_that_nobody_knows_shows_a_page(call: Caller) -> None:
    for path in ("/crm/v3/nonsense", "/crm/objects/2026-09", "/crm/v9/objects/deals", "/"):
        answer = call("GET", path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html;charset=utf-8")
        assert answer.text.startswith("<!DOCTYPE html>")


def test_headers_tell_how_much_is_left(crm: HubSpotSimulator, call: Caller) -> None:
    crm.limits.enforce()
    crm.limits.ten_secondly = 3
    left = [call("GET", DEALS).headers["X-HubSpot-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = call("GET", DEALS)
    assert (answer.status_code, answer.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert answer.json()["message"] == "You have reached your ten_secondly_rolling limit."
    assert "Retry-After" not in answer.headers
    crm.clock.advance(10)
    answer = call("GET", DEALS)
    assert answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == str(650_000 - 4)


def test_a_day_has_its_limit_and_ends_at_midnight(crm: HubSpotSimulator, call: Caller) -> None:
    crm.limits.enforce()
    crm.limits.daily = 2
    assert [call("GET", DEALS).status_code for _ in range(3)] == [200, 200, 429]
    assert call("GET", DEALS).json()["policyName"] == "DAILY"
    crm.clock.advance(timedelta(hours=9))
    assert call("GET", DEALS).status_code == 200


def test_without_limits_nothing_is_refused_and_there_is_plenty_left(call: Caller) -> None:
    answers = [call("GET", DEALS) for _ in range(200)]
    assert {each.status_code for each in answers} == {200}
    assert answers[-1].headers["X-HubSpot-RateLimit-Remaining"] == "189"


def search_often(times: int, limit: Callable[[HubSpotSimulator], object]) -> None:
    """Run a simulator, limited so, and search so often."""
    with HubSpotSimulator() as crm:
        limit(crm)
        caller = Caller(crm)
        for _ in range(times):
            caller("POST", f"{DEALS}/search", {})
        caller.session.close()


def test_a_run_that_exceeds_a_limit_fails_if_so_asked() -> None:
    search_often(5, lambda crm: crm.limits.enforce(forbid=True))
    search_often(6, lambda crm: crm.limits.enforce())
    with pytest.raises(AssertionError, match="SECONDLY: more than 5 calls"):
        search_often(6, lambda crm: crm.limits.enforce(forbid=True))


def test_a_run_that_makes_more_calls_than_allowed_fails() -> None:
    search_often(2, lambda crm: crm.calls.allow(2))
    with pytest.raises(AssertionError, match="1 calls more"):
        search_often(3, lambda crm: crm.calls.allow(2))


def test_calls_are_counted_by_kind(crm: HubSpotSimulator, call: Caller) -> None:
    call("GET", DEALS)
    call("POST", f"{DEALS}/search", {})
    call("POST", f"{DEALS}/batch/read", {"inputs": []})
    call("GET", "/crm/v3/properties/deals")
    token(crm)
    assert crm.calls.kinds == {"list": 1, "search": 1, "read": 1, "properties": 1, "token": 1}
    assert crm.calls.counted == 4


@pytest.mark.parametrize(
    ("switch", "status"),
    [
        (lambda crm: crm.faults.server_error(status=524), 524),
        (lambda crm: crm.faults.html_error(), 502),
        (lambda crm: crm.faults.migrate(wait=7), 477),
        (lambda crm: crm.faults.rate_limit(policy="SECONDLY"), 429),
        (lambda crm: crm.faults.daily_limit(), 429),
        (lambda crm: crm.faults.lock(), 423),
    ],
)
def test_a_call_that_is_hindered_writes_nothing(
    crm: HubSpotSimulator, call: Caller, switch: Switch, status: int
) -> None:
    switch(crm)
    answer = call("POST", DEALS, {"properties": {"dealname": "New"}})
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("7" if status == 477 else None)
    assert crm.account.live("deals") == []
    crm.faults.lift_limit()
    assert call("POST", DEALS, {"properties": {"dealname": "New"}}).status_code == 201


def test_a_write_may_be_carried_out_and_its_answer_lost(crm: HubSpotSimulator, call: Caller) -> None:
    crm.faults.server_error(after_commit=True, status=504)
    assert call("POST", DEALS, {"properties": {}}).status_code == 504
    crm.faults.drop_connection(after_commit=True)
    call.get(DEALS)
    with pytest.raises(requests.ConnectionError):
        call("POST", DEALS, {"properties": {}})
    assert len(crm.account.live("deals")) == 2


def test_an_answer_may_come_in_half(crm: HubSpotSimulator, call: Caller) -> None:
    crm.faults.truncate_body()
    with pytest.raises(requests.RequestException):
        call("GET", DEALS)
    crm.faults.drop_connection()
    with pytest.raises(requests.ConnectionError):
        call("GET", DEALS)
    call.get(DEALS)


def test_a_hidden_property_is_not_there(crm: HubSpotSimulator, call: Caller) -> None:
    id_ = crm.account.add_deal(amount=1)
    crm.faults.hide_property("deals", "amount")
    assert "amount" not in call.get(f"{DEALS}/{id_}")["properties"]
    assert call("GET", "/crm/v3/properties/deals/amount").status_code == 404
    call.refused("PATCH", f"{DEALS}/{id_}", {"properties": {"amount": "2"}})


def test_the_clock_in_the_header_may_go_wrong(crm: HubSpotSimulator, call: Caller) -> None:
    assert call("GET", DEALS).headers["Date"] == "Mon, 02 Nov 2026 15:00:00 GMT"
    crm.faults.clock_skew = timedelta(minutes=3)
    assert call("GET", DEALS).headers["Date"] == "Mon, 02 Nov 2026 15:03:00 GMT"


def test_https_is_spoken_with_a_certificate_of_its_own() -> None:
    with HubSpotSimulator(tls=True) as crm:
        headers = {"Authorization": f"Bearer {crm.token}"}
        answer = requests.get(crm.url + DEALS, headers=headers, verify=str(crm.ca_file), timeout=5)
    assert (answer.status_code, crm._tls) == (200, True)  # noqa: SLF001 - what it was asked for
