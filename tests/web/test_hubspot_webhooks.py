"""What a HubSpot account delivers, twice, in disorder and again, makes each deal due that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.simulators.hubspot import HubSpotSimulator, Source
from tests.web.conftest import APP, APP_KEY, NOW, PUBLIC, Running

HUB = "/webhooks/hubspot/hub"


@pytest.fixture
def crm(running: Running) -> Iterator[HubSpotSimulator]:
    """An account whose app is subscribed to what Dealgate's own manifest asks for, and more."""
    with HubSpotSimulator() as crm:
        crm.clock.now = NOW
        hooks = crm.webhooks
        hooks.secret, hooks.target, hooks.reached_at = APP_KEY, PUBLIC + HUB, running.url + HUB
        hooks.subscribe("object.creation", object_="deals")
        hooks.subscribe("object.propertyChange", "dealstage", "amount", object_="deals")
        for verb in ("deletion", "restore", "merge", "associationChange"):
            hooks.subscribe(f"deal.{verb}")
        hooks.subscribe("contact.propertyChange", "email")
        yield crm


def due(running: Running) -> set[str]:
    return {deal for _, deal in running.due()}


def test_what_people_do_to_deals_makes_them_due(crm: HubSpotSimulator, running: Running) -> None:
    account = crm.account
    ids = [account.add_deal(f"Deal {number}") for number in range(3)]
    account.change("deals", ids[0], amount="5")
    contact = account.add_contact("ann@example.com")
    account.associate("contacts", contact, "deals", ids[1])
    account.archive("deals", ids[2])
    assert {each.status for each in crm.webhooks.deliver()} == {200}
    assert due(running) == set(ids)


def test_a_merge_makes_the_deal_due_that_stays(crm: HubSpotSimulator, running: Running) -> None:
    winner, loser = crm.account.add_deal("Winner"), crm.account.add_deal("Loser")
    crm.webhooks.waiting.clear()
    stays = crm.account.merge("deals", winner, loser)
    crm.webhooks.deliver()
    assert stays in due(running)
    assert loser not in due(running)


def test_batches_twice_and_in_disorder_are_kept_once(crm: HubSpotSimulator, running: Running) -> None:
    crm.webhooks.twice = crm.webhooks.shuffled = True
    crm.webhooks.batch = 7
    ids = [crm.account.add_deal(f"Deal {number}") for number in range(25)]
    for id_ in ids:
        crm.account.change("deals", id_, dealstage="qualifiedtobuy")
    sent = sum(len(each.events) for each in crm.webhooks.deliver())
    assert (sent, running.events(), due(running)) == (150, 75, set(ids))


def test_our_own_writes_and_other_objects_are_ignored(crm: HubSpotSimulator, running: Running) -> None:
    id_, contact = crm.account.add_deal(), crm.account.add_contact("ann@example.com")
    crm.webhooks.waiting.clear()
    crm.account.change("deals", id_, by=Source("INTEGRATION", str(APP), "Dealgate"), dealstage="qualifiedtobuy")
    crm.account.change("contacts", contact, email="ann@example.org")
    assert [(len(each.events), each.status) for each in crm.webhooks.deliver()] == [(2, 200)]
    assert running.events() == 0
    crm.account.change("deals", id_, by=Source("INTEGRATION", "77", "Another"), dealstage="closedwon")
    crm.webhooks.deliver()
    assert due(running) == {id_}


def test_what_was_not_taken_comes_again_and_is_kept_then(crm: HubSpotSimulator, running: Running) -> None:
    id_ = crm.account.add_deal()
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE due_deal RENAME TO gone")
    assert [each.status for each in crm.webhooks.deliver()] == [503]
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO due_deal")
    crm.clock.advance(timedelta(minutes=2).total_seconds())
    (again,) = crm.webhooks.deliver()
    assert (again.status, again.events[0]["attemptNumber"], due(running)) == (200, 1, {id_})


@pytest.mark.parametrize("skew", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_request_from_six_minutes_ago_or_ahead_is_not_believed(
    crm: HubSpotSimulator, running: Running, skew: timedelta
) -> None:
    crm.account.add_deal()
    crm.webhooks.skew = skew
    assert [each.status for each in crm.webhooks.deliver()] == [401]
    assert running.events() == 0


@pytest.mark.parametrize("wrong", ["secret", "target"])
def test_another_apps_signature_and_another_address_are_not_believed(
    crm: HubSpotSimulator, running: Running, wrong: str
) -> None:
    setattr(crm.webhooks, wrong, "https://else.example" + HUB)
    crm.account.add_deal()
    assert [each.status for each in crm.webhooks.deliver()] == [401]
    assert running.events() == 0


def test_a_recorded_request_can_be_replayed_for_nothing(crm: HubSpotSimulator, running: Running) -> None:
    crm.account.add_deal()
    (sent,) = crm.webhooks.deliver()
    headers = {name.replace("-", "_"): value for name, value in sent.headers.items()}
    before = running.due()
    assert running.post(HUB, sent.body, **headers).status_code == 200
    assert running.due() == before
