"""Webhooks: what is told, in which batches, how they are signed, and what happens where nobody takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hubspot.utils.signature import Signature

from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.webhooks import decoded
from tests.simulators.serving import Request, Response, Service
from tests.simulators.tests.hubspot.calling import DEALS, Caller

TARGET = "https://gate.example.com/webhooks/hubspot/acme?of=a%3Ab"


class Listener(Service):
    """Takes webhooks, or refuses them."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        super().__init__(tls=False)
        self.status = 200
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(self.status)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for request in self.requests for event in json.loads(request.body)]


@pytest.fixture
def listener(crm: HubSpotSimulator) -> Iterator[Listener]:
    with Listener() as listener:
        crm.webhooks.target, crm.webhooks.reached_at = TARGET, listener.url
        crm.webhooks.subscribe("deal.propertyChange", "dealstage", "amount")
        yield listener


def test_a_move_is_told_with_who_made_it(crm: HubSpotSimulator, call: Caller, listener: Listener) -> None:
    id_ = crm.account.add_deal()
    crm.webhooks.deliver()
    listener.requests.clear()
    crm.account.move(id_, "contractsent")
    call("PATCH", f"{DEALS}/{id_}", {"properties": {"dealstage": "closedwon"}}).raise_for_status()
    (delivery,) = crm.webhooks.deliver()
    assert delivery.status == 200
    person, ourselves = listener.events
    assert person.pop("eventId") != ourselves.pop("eventId")
    assert person == {
        "subscriptionId": 25, "portalId": 147893286, "appId": 1160452, "occurredAt": 1793631600000,
        "subscriptionType": "deal.propertyChange", "attemptNumber": 0, "objectId": int(id_),
        "propertyName": "dealstage", "propertyValue": "contractsent", "changeSource": "CRM_UI",
        "sourceId": "userId:1001",
    }  # fmt: skip
    assert (ourselves["changeSource"], ourselves["sourceId"]) == ("INTEGRATION", "1160452")


def test_what_did_not_change_is_not_told(crm: HubSpotSimulator, listener: Listener) -> None:
    id_ = crm.account.add_deal()
    crm.webhooks.waiting.clear()
    crm.account.change("deals", id_, dealname="New", dealstage="appointmentscheduled")
    assert crm.webhooks.deliver() == []
    assert listener.requests == []


def test_the_signature_is_the_one_of_the_vendors_own_library(crm: HubSpotSimulator, listener: Listener) -> None:
    crm.account.add_deal()
    crm.webhooks.deliver()
    (request,) = listener.requests
    body, stamp = request.body.decode(), request.headers["x-hubspot-request-timestamp"]
    url = "https://gate.example.com/webhooks/hubspot/acme?of=a:b"
    made = Signature.get_signature(crm.sign_in.client_secret, body, "v3", url, "POST", stamp)
    assert made == request.headers["x-hubspot-signature-v3"]
    assert Signature.get_signature(crm.sign_in.client_secret, body, "v1") == request.headers["x-hubspot-signature"]


def test_only_some_characters_of_an_address_are_decoded() -> None:
    assert decoded("https://x/%3A%2f%20%25%C3%A4%26%3D") == "https://x/:/%20%25%C3%A4%26%3D"


def test_a_hundred_events_go_in_a_batch(crm: HubSpotSimulator, listener: Listener) -> None:
    for _ in range(101):
        crm.account.add_deal()
    assert [len(each.events) for each in crm.webhooks.deliver()] == [100, 1]
    assert {event["subscriptionType"] for event in listener.events} == {"deal.propertyChange"}


def test_what_is_not_taken_comes_again_later_and_at_last_no_more(crm: HubSpotSimulator, listener: Listener) -> None:
    crm.account.add_deal()
    listener.status = 503
    assert [each.status for each in crm.webhooks.deliver()] == [503]
    assert crm.webhooks.deliver() == []
    while crm.webhooks.waiting:
        crm.clock.advance(timedelta(hours=1))
        crm.webhooks.deliver()
    assert [event["attemptNumber"] for event in listener.events] == list(range(11))
    assert len({event["eventId"] for event in listener.events}) == 1


def test_where_nobody_listens_events_wait(crm: HubSpotSimulator) -> None:
    crm.webhooks.target = "http://127.0.0.1:9/"
    crm.webhooks.subscribe("deal.creation")
    crm.account.add_deal()
    assert [each.status for each in crm.webhooks.deliver()] == [0]
    assert crm.webhooks.waiting[0].attempt == 1


def test_events_may_come_twice_and_in_disorder(crm: HubSpotSimulator, listener: Listener) -> None:
    crm.webhooks.twice = crm.webhooks.shuffled = True
    ids = [int(crm.account.add_deal()) for _ in range(20)]
    crm.webhooks.deliver()
    told = [event["objectId"] for event in listener.events]
    assert sorted(told) == sorted(ids * 2)
    assert told != sorted(told)


def test_creation_deletion_merge_and_associations_are_told(crm: HubSpotSimulator, listener: Listener) -> None:
    crm.webhooks.subscriptions.clear()
    for what in ("deal.creation", "deal.deletion", "deal.restore", "deal.merge", "deal.associationChange"):
        crm.webhooks.subscribe(what)
    crm.webhooks.subscribe("object.creation", object_="contacts")
    person = crm.account.add_contact()
    first = crm.account.add_deal(contacts=[person])
    second = crm.account.add_deal()
    crm.account.merge("deals", first, second)
    crm.account.archive("deals", first)
    crm.account.restore("deals", first)
    crm.webhooks.deliver()
    told = {event["subscriptionType"]: event for event in listener.events}
    assert told["deal.creation"]["changeFlag"] == "NEW"
    assert told["deal.deletion"].items() >= {"changeFlag": "DELETED", "objectId": int(first)}.items()
    assert told["deal.merge"].items() >= {"primaryObjectId": int(first), "mergedObjectIds": [int(second)],
                                          "newObjectId": int(first)}.items()  # fmt: skip
    assert told["deal.associationChange"].items() >= {
        "associationType": "DEAL_TO_CONTACT", "fromObjectId": int(first), "toObjectId": int(person),
        "associationRemoved": False, "isPrimaryAssociation": False,
    }.items()  # fmt: skip
    assert told["object.creation"].items() >= {"objectTypeId": "0-1", "changeFlag": "CREATED"}.items()


def test_a_request_may_carry_another_time(crm: HubSpotSimulator, listener: Listener) -> None:
    crm.webhooks.skew = timedelta(minutes=-6)
    crm.account.add_deal()
    crm.webhooks.deliver()
    assert listener.requests[0].headers["x-hubspot-request-timestamp"] == str(1793631600000 - 360_000)
