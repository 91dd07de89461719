"""The one way to HubSpot signs in, tries again only what may be tried again, and names what fails."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import (
    DailyLimitError,
    HubSpotError,
    MissingScopesError,
    MovingError,
    NotFoundError,
    SignInError,
    UncertainError,
    UnknownPathError,
)
from connectors.hubspot.settings import API, OAuth, Token
from connectors.protocol import CrmError, CrmLimitError
from connectors.secret import Secret
from connectors.transport import new_transport
from tests.connectors.hubspot.accounts import client_of, settings_of
from tests.simulators.hubspot import HubSpotSimulator

DEALS = API.objects("deals")
NEW_TASK = {"properties": {"hs_timestamp": "2026-11-09T16:00:00Z", "hs_task_subject": "Call"}}


def by_oauth(crm: HubSpotSimulator, refresh: str = "") -> OAuth:
    secrets = Secret(crm.sign_in.client_secret), Secret(refresh or crm.sign_in.refresh_token)
    return OAuth(crm.sign_in.client_id, *secrets)


def oauth_client(crm: HubSpotSimulator, tmp_path: Path, refresh: str = "") -> HubSpotClient:
    return client_of(crm, settings_of(crm, tmp_path / "oauth.duckdb", sign_in=by_oauth(crm, refresh)))


def tokens_asked(crm: HubSpotSimulator) -> int:
    return len(crm.calls.of("token"))


def test_several_values_of_a_parameter_all_arrive(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.account.add_deal("Acme", amount="15000")
    (deal,) = client.get(DEALS, {"limit": "10", "properties": ["dealname", "amount"]})["results"]
    assert (deal["properties"]["dealname"], deal["properties"]["amount"]) == ("Acme", "15000")


def test_hubspots_own_clock_is_told(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    assert client.now() is None
    crm.faults.clock_skew = timedelta(minutes=-7)
    client.get(DEALS)
    assert client.now() == crm.clock.now - timedelta(minutes=7)


def test_every_call_is_counted_and_signing_in_is_none(crm: HubSpotSimulator, tmp_path: Path) -> None:
    client = oauth_client(crm, tmp_path)
    crm.faults.server_error()
    client.get(DEALS)
    client.search("deals", {"filterGroups": []})
    assert client.calls.total == 3
    assert client.calls.by_kind == {"records": 2, "search": 1}


def test_the_days_limit_is_read_from_the_answers(client: HubSpotClient) -> None:
    client.get(DEALS)
    assert client.usage is not None
    assert (client.usage.limit, client.usage.left) == (650_000, 649_999)


def test_an_access_token_is_renewed_before_it_ends(crm: HubSpotSimulator, tmp_path: Path) -> None:
    client = oauth_client(crm, tmp_path)
    client.get(DEALS)
    crm.clock.advance(timedelta(minutes=20))
    client.get(DEALS)
    assert tokens_asked(crm) == 1
    crm.clock.advance(timedelta(minutes=9))
    client.get(DEALS)
    assert tokens_asked(crm) == 2
    assert client.calls.total == 3


def test_an_access_token_that_ended_early_is_renewed_once(crm: HubSpotSimulator, tmp_path: Path) -> None:
    client = oauth_client(crm, tmp_path)
    client.get(DEALS)
    crm.faults.expire_tokens()
    client.get(DEALS)
    assert tokens_asked(crm) == 2
    crm.faults.token_revoked = True
    with pytest.raises(SignInError, match="refused"):
        client.get(DEALS)
    assert tokens_asked(crm) == 3


def test_a_withdrawn_token_is_told_and_never_shown(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.faults.token_revoked = True
    with pytest.raises(SignInError) as raised:
        client.get(DEALS)
    assert "withdrawn" in str(raised.value)
    assert crm.token not in f"{raised.value} {client.settings}"
    assert client.calls.total == 1


def test_a_refresh_token_that_is_not_known_is_told_and_never_shown(crm: HubSpotSimulator, tmp_path: Path) -> None:
    client = oauth_client(crm, tmp_path, "wrong-refresh")
    with pytest.raises(SignInError) as raised:
        client.get(DEALS)
    assert "install the app" in str(raised.value)
    assert "wrong-refresh" not in f"{raised.value} {client.settings}"


def test_a_netrc_does_not_replace_the_token(
    crm: HubSpotSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = client_of(crm, settings_of(crm, tmp_path / "m.duckdb"), new_transport())
    assert client.get(DEALS) == {"results": []}


def test_missing_scopes_are_named(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.sign_in.scopes.discard("crm.objects.deals.read")
    with pytest.raises(MissingScopesError) as raised:
        client.get(DEALS)
    assert raised.value.scopes == ("crm.objects.deals.read",)
    assert "grant the app `crm.objects.deals.read`" in str(raised.value)
    assert client.calls.total == 1


def test_a_record_that_is_not_there_is_told_from_an_address_that_is_not(client: HubSpotClient) -> None:
    with pytest.raises(NotFoundError) as raised:
        client.get(API.objects("deals", "404"))
    assert not isinstance(raised.value, UnknownPathError)
    with pytest.raises(UnknownPathError, match="GET /crm/nothing"):
        client.get("/crm/nothing/2026-09/here")
    assert client.calls.total == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504, 524])
def test_a_read_that_fails_is_tried_again(crm: HubSpotSimulator, client: HubSpotClient, status: int) -> None:
    crm.faults.server_error(2, status)
    assert client.get(DEALS) == {"results": []}
    assert client.calls.total == 3


def test_pages_of_html_broken_answers_and_lost_connections_are_tried_again(
    crm: HubSpotSimulator, client: HubSpotClient
) -> None:
    crm.account.add_deal()
    for fault in (crm.faults.html_error, crm.faults.truncate_body, crm.faults.drop_connection):
        fault()
        assert len(client.get(DEALS)["results"]) == 1
    assert client.calls.total == crm.calls.counted == 6


def test_what_fails_again_and_again_is_given_up(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.faults.server_error(99)
    with pytest.raises(HubSpotError) as raised:
        client.get(DEALS)
    assert raised.value.passing
    assert client.calls.total == 5


def test_a_new_record_is_not_sent_again_when_it_may_have_been_made(
    crm: HubSpotSimulator, client: HubSpotClient
) -> None:
    crm.faults.server_error(1, 504, after_commit=True)
    with pytest.raises(UncertainError):
        client.send("POST", API.objects("tasks"), NEW_TASK)
    crm.faults.drop_connection(1, after_commit=True)
    with pytest.raises(UncertainError):
        client.send("POST", API.objects("tasks"), NEW_TASK)
    assert len(crm.account.live("tasks")) == 2


def test_a_new_record_that_was_kept_out_is_sent_again(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.faults.lock()
    crm.faults.rate_limit()
    crm.faults.migrate()
    before = crm.clock.now
    client.send("POST", API.objects("tasks"), NEW_TASK)
    assert len(crm.account.live("tasks")) == 1
    assert crm.clock.now - before >= timedelta(seconds=2 + 10 + 2)


def test_an_account_that_is_moved_for_hours_stops_the_run(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.faults.migrate(wait=7200)
    with pytest.raises(MovingError, match="120 minutes") as raised:
        client.get(DEALS)
    assert isinstance(raised.value, CrmLimitError)
    assert client.calls.total == 1


def test_the_daily_limit_stops_the_run_at_once(crm: HubSpotSimulator, client: HubSpotClient) -> None:
    crm.faults.daily_limit(after=1)
    client.get(DEALS)
    with pytest.raises(DailyLimitError):
        client.get(DEALS)
    assert client.calls.total == 2


def test_an_address_nobody_answers_at_is_told(tmp_path: Path) -> None:
    with HubSpotSimulator() as gone:
        settings = settings_of(gone, tmp_path / "m.duckdb")
        client = client_of(gone, settings)
    with pytest.raises(CrmError, match="HubSpot cannot be reached\n  help: check `url` and the network"):
        client.get(DEALS)


def test_an_untrusted_certificate_is_told_and_not_tried_again(tmp_path: Path) -> None:
    with HubSpotSimulator(tls=True) as crm:
        client = client_of(crm, settings_of(crm, tmp_path / "m.duckdb"))
        with pytest.raises(CrmError, match="certificate of HubSpot is not trusted"):
            client.get(DEALS)
        by_app = client_of(crm, settings_of(crm, tmp_path / "n.duckdb", sign_in=by_oauth(crm)))
        with pytest.raises(SignInError, match="REQUESTS_CA_BUNDLE"):
            by_app.get(DEALS)


def test_a_sign_in_shows_no_secret() -> None:
    assert "abc" not in repr((Token(Secret("abc")), OAuth("id", Secret("abc"), Secret("abc"))))
