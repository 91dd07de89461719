"""What a simulated org pushes: messages until they are acknowledged, callouts once."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from defusedxml.ElementTree import fromstring

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.callouts import FlowCallouts
from tests.simulators.salesforce.messages import OutboundMessages
from tests.simulators.serving import Request, Response, Service
from tests.simulators.tests.conftest import deal, deals
from tests.simulators.tests.plain import Plain

OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
ACK = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>%s</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


class Listener(Service):
    """Keeps what it hears, and answers as it is told; once all that is said, it acknowledges."""

    def __init__(self) -> None:
        super().__init__(tls=False)
        self.heard: list[Request] = []
        self.answers: list[Response | None] = []
        self.spoken_to = threading.Event()

    def answer(self, request: Request) -> Response | None:
        self.heard.append(request)
        self.spoken_to.set()
        return self.answers.pop(0) if self.answers else Response(200, ACK % b"true", {"Content-Type": "text/xml"})

    def notifications(self, place: int = -1) -> list[tuple[str, str]]:
        """Give id and deal of each notification of a message."""
        found = fromstring(self.heard[place].body).iter(f"{OUTBOUND}Notification")
        return [(str(each.findtext(f"{OUTBOUND}Id")), str(next(each.iter(f"{SOBJECT}Id")).text)) for each in found]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture
def sender(crm: SalesforceSimulator, listener: Listener) -> Iterator[OutboundMessages]:
    with closing(OutboundMessages(crm, f"{listener.url}/hook")) as sender:
        yield sender


def test_a_saved_deal_is_told_in_an_envelope(
    crm: SalesforceSimulator, plain: Plain, listener: Listener, sender: OutboundMessages
) -> None:
    id_ = deal(crm)
    plain.patch(f"sobjects/Opportunity/{id_}", {"StageName": "Prospecting"})
    assert sender.deliver() == 1
    (heard,) = listener.heard
    assert heard.headers["content-type"].startswith("text/xml")
    root = fromstring(heard.body)
    assert root.findtext(f".//{OUTBOUND}OrganizationId") == crm.org.organization_id
    assert [each.text for each in root.iter(f"{SOBJECT}StageName")] == ["Prospecting", "Prospecting"]
    told = listener.notifications()
    assert [deal_ for _, deal_ in told] == [id_, id_]
    assert len({each for each, _ in told}) == 2
    assert sender.deliver() == 0


def test_a_message_holds_a_hundred_notifications(
    crm: SalesforceSimulator, listener: Listener, sender: OutboundMessages
) -> None:
    deals(crm, 250)
    assert sender.deliver() == 3
    assert [len(listener.notifications(place)) for place in range(3)] == [100, 100, 50]


@pytest.mark.parametrize("refusal", [Response(503), Response(200, ACK % b"false"), Response(200, b"what?"), None])
def test_what_is_not_acknowledged_comes_again_ever_less_often(
    crm: SalesforceSimulator, listener: Listener, sender: OutboundMessages, refusal: Response | None
) -> None:
    deal(crm)
    listener.answers = [refusal, refusal]
    pauses = []
    sender.deliver()
    for _ in range(2):
        waited = sender.waiting[0].due - crm.clock.now
        pauses.append(waited)
        assert sender.deliver() == 0
        crm.clock.advance(waited)
        sender.deliver()
    assert pauses[1] > pauses[0] > timedelta(0)
    assert [each.acknowledged for each in sender.deliveries] == [False, False, True]
    assert len({each.notifications for each in sender.deliveries}) == 1
    assert sender.waiting == []


def test_a_message_is_given_up_after_a_day(
    crm: SalesforceSimulator, listener: Listener, sender: OutboundMessages
) -> None:
    deal(crm)
    listener.answers = [Response(500)] * 99
    for _ in range(60):
        sender.deliver()
        crm.clock.advance(timedelta(minutes=30))
    assert (len(sender.waiting), len(sender.given_up)) == (0, 1)


def test_duplicates_disorder_and_a_forged_organization(
    crm: SalesforceSimulator, listener: Listener, sender: OutboundMessages
) -> None:
    sender.repeats, sender.disorder, sender.organization = 1, True, "00DdM0000000zzzAAA"
    ids = deals(crm, 20)
    sender.deliver()
    sender.deliver()
    first, second = listener.notifications(0), listener.notifications(1)
    assert sorted(first) == sorted(second)
    assert [deal_ for _, deal_ in first] != ids
    assert fromstring(listener.heard[0].body).findtext(f".//{OUTBOUND}OrganizationId") == "00DdM0000000zzzAAA"
    assert sender.deliver() == 0


def test_nothing_is_told_of_what_was_rolled_back(plain: Plain, sender: OutboundMessages) -> None:
    good = {"attributes": {"type": "Opportunity"}, "Name": "x", "StageName": "Qualification", "CloseDate": "2026-12-31"}
    plain.post("composite/sobjects", {"allOrNone": True, "records": [good, {**good, "Name": ""}]})
    assert sender.waiting == []
    plain.post("composite/sobjects", {"allOrNone": False, "records": [good, {**good, "Name": ""}]})
    assert len(sender.waiting) == 1


def test_messages_go_out_by_themselves(crm: SalesforceSimulator, listener: Listener) -> None:
    with OutboundMessages(crm, listener.url) as sender:
        deal(crm)
        assert listener.spoken_to.wait(10)
    assert sender.deliveries[0].acknowledged


def test_a_callout_is_signed_and_sent_once(crm: SalesforceSimulator, listener: Listener) -> None:
    listener.answers = [Response(500)]
    with closing(FlowCallouts(crm, listener.url, "s3cret")) as callouts:
        id_ = deal(crm)
        assert (callouts.deliver(), callouts.deliver(), callouts.answers) == (1, 0, [500])
        callouts.late = timedelta(minutes=6)
        crm.org.change("Opportunity", id_, NextStep="x")
        callouts.deliver()
    first, second = listener.heard
    stamp = first.headers["x-dealgate-timestamp"]
    right = hmac.new(b"s3cret", stamp.encode() + b"." + first.body, hashlib.sha256).hexdigest()
    assert first.headers["x-dealgate-signature"] == right
    assert json.loads(first.body) == {"organization": crm.org.organization_id, "id": "callout-1", "deals": [id_]}
    assert int(stamp) - int(second.headers["x-dealgate-timestamp"]) == 360


def test_a_running_simulator_can_be_told_to_push(crm: SalesforceSimulator, plain: Plain, listener: Listener) -> None:
    told = plain.post(
        "/_control", {"outbound": {"url": f"{listener.url}/hook"}, "callouts": {"url": listener.url, "secret": "s"}}
    )
    assert told.status == 200
    deal(crm)
    assert listener.spoken_to.wait(10)
    crm.pushing.close()
    assert {each.path for each in listener.heard} <= {"/hook", ""}
    heard = len(listener.heard)
    deal(crm)
    assert len(listener.heard) == heard
    assert plain.post("/_control", {"outbound": {"url": listener.url, "colour": "red"}}).status == 400
