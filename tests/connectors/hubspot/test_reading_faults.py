"""What can go wrong while an account is read, each named, and what need not stop the rest does not."""

from __future__ import annotations

import pytest

from connectors.hubspot.errors import HubSpotError, MissingScopesError, SignInError
from tests.connectors.hubspot.sweeps import Sweeps

DEALS_READ = "crm.objects.deals.read"


def withdraw(sweeps: Sweeps, *scopes: str) -> None:
    sweeps.crm.sign_in.scopes -= set(scopes)


def test_a_revoked_token_says_what_to_do_and_shows_no_token(sweeps: Sweeps) -> None:
    sweeps.crm.faults.token_revoked = True
    with pytest.raises(SignInError, match="help: give the app's present token") as refused:
        sweeps.sweep()
    assert sweeps.crm.token not in str(refused.value)


@pytest.mark.parametrize(
    ("scope", "hidden", "table"),
    [
        ("sales-email-read", "emails", ""),
        ("crm.objects.companies.read", "companies", "accounts"),
        ("crm.objects.owners.read", "owners", "owners"),
    ],
)
def test_what_the_app_may_not_read_is_named_with_the_scope_and_is_not_there_rather_than_empty(
    sweeps: Sweeps, scope: str, hidden: str, table: str
) -> None:
    sweeps.sweep()
    withdraw(sweeps, scope)
    tables = sweeps.sweep()
    assert tables["deals"].num_rows == 3
    assert table not in tables.tables
    assert ("account_id" in tables.delivered["deals"]) == (table != "accounts")
    named = [each for each in sweeps.problems if each.code == "hidden-object"]
    assert [each.message.split()[0] for each in named] == [hidden]
    assert scope in named[0].help or scope.removesuffix(".read") in named[0].help


def test_a_scope_that_comes_back_brings_what_was_hidden(sweeps: Sweeps) -> None:
    scopes = set(sweeps.crm.sign_in.scopes)
    withdraw(sweeps, "crm.objects.companies.read")
    assert "accounts" not in sweeps.sweep().tables
    sweeps.crm.sign_in.scopes |= scopes
    assert sweeps.sweep()["accounts"]["name"].to_pylist() == ["Globex"]
    assert sweeps.problems == ()


def test_without_the_scope_to_read_deals_nothing_is_read_and_it_is_named(sweeps: Sweeps) -> None:
    withdraw(sweeps, DEALS_READ)
    with pytest.raises(MissingScopesError, match=r"crm\.objects\.deals"):
        sweeps.sweep()


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "SECONDLY"])
def test_too_many_calls_are_made_again_later(sweeps: Sweeps, policy: str) -> None:
    sweeps.crm.faults.rate_limit(2, policy)
    assert sweeps.names() == ["Deal 0", "Deal 1", "Deal 2"]


@pytest.mark.parametrize("status", [502, 503, 504, 524])
def test_a_server_that_fails_for_a_moment_loses_nothing(sweeps: Sweeps, status: int) -> None:
    sweeps.crm.faults.server_error(2, status)
    assert sweeps.names() == ["Deal 0", "Deal 1", "Deal 2"]


def test_pages_of_html_and_lost_connections_are_asked_again(sweeps: Sweeps) -> None:
    sweeps.crm.faults.html_error()
    assert len(sweeps.names()) == 3
    sweeps.crm.faults.drop_connection()
    assert len(sweeps.names()) == 3


def test_a_server_that_fails_for_good_keeps_the_mirror_for_the_next_night(sweeps: Sweeps) -> None:
    sweeps.sweep()
    sweeps.account.change("deals", sweeps.deals[0], dealname="Changed")
    sweeps.crm.faults.server_error(1_000)
    with pytest.raises(HubSpotError):
        sweeps.sweep()
    sweeps.crm.faults.counted.clear()
    assert sweeps.names() == ["Changed", "Deal 1", "Deal 2"]


def test_an_object_the_account_does_not_have_is_not_there(sweeps: Sweeps) -> None:
    sweeps.account.without("communications", "quotes")
    assert sweeps.names() == ["Deal 0", "Deal 1", "Deal 2"]


def test_partial_answers_are_read_whatever_their_status(sweeps: Sweeps) -> None:
    sweeps.crm.faults.partial_status = 200
    sweeps.account.archive("deals", sweeps.deals[1])
    assert sweeps.few(sweeps.deals)["deals"]["id"].to_pylist() == [sweeps.deals[0], sweeps.deals[2]]
