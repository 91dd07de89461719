"""What an org pushes is believed only with its proof, and of what it says only which deals to look at."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import Heard, NotBelievedError, NotUnderstoodError, Posted
from connectors.salesforce.events.listener import SalesforceListener
from connectors.salesforce.settings import EventSettings
from connectors.secret import Secret
from engine.judge.events import Event

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ORGANIZATION = "00DdM00000AbCdE"
FULL = "00DdM00000AbCdEUAV"
PATH, KEY = "s3cret-end", "callout-key"
LISTENER = SalesforceListener(EventSettings(FULL, Secret(PATH), Secret(KEY)))
DEAL, OTHER = "006dM00000Mw7VtQAJ", "006dM00000Mw7VuQAJ"
FIRST, SECOND = "04ldM0000000001QAA", "04ldM0000000002QAA"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def notification(
    id_: str = FIRST, deal: str = DEAL, kind: str = "sf:Opportunity", more: str = "<sf:StageName>Won</sf:StageName>"
) -> str:
    return (
        f'<Notification><Id>{id_}</Id><sObject xsi:type="{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>{deal}</sf:Id>{more}</sObject></Notification>"
    )


def envelope(*notifications: str, organization: str = FULL, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{organization}</OrganizationId><ActionId>04kdM0000000001QAA</ActionId>"
        f'<SessionId xsi:nil="true"/>{"".join(notifications)}</notifications></soapenv:Body></soapenv:Envelope>'
    ).encode()


def message(body: bytes, end: str = PATH) -> Heard:
    return LISTENER.hear(Posted("POST", f"/webhooks/salesforce/acme/{end}", {}, body, end), NOW)


def callout(body: bytes, *, at: datetime = NOW, key: str = KEY, signed: bytes | None = None, **headers: str) -> Heard:
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}.".encode() + (body if signed is None else signed), hashlib.sha256)
    sent = {"x-dealgate-timestamp": stamp, "x-dealgate-signature": signature.hexdigest()}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return LISTENER.hear(Posted("POST", "/webhooks/salesforce/acme", sent, body), NOW)


def told(deals: Any = (DEAL,), **changed: Any) -> bytes:
    return json.dumps({"organization": FULL, "id": "flow-1", "deals": list(deals), **changed}).encode()


def ids(heard: Heard) -> Sequence[tuple[str, ...]]:
    return [each.deal_ids for each in heard.events]


def test_a_message_names_its_deals_by_their_long_ids() -> None:
    heard = message(envelope(notification(), notification(SECOND, OTHER[:15])))
    assert heard == Heard((Event(f"notification {FIRST}", (DEAL,)), Event(f"notification {SECOND}", (OTHER,))))


@pytest.mark.parametrize("organization", [FULL, ORGANIZATION])
def test_an_organizations_id_counts_in_either_length(organization: str) -> None:
    assert ids(message(envelope(notification(), organization=organization))) == [(DEAL,)]


@pytest.mark.parametrize("organization", ["00DdM00000AbCdFUAV", "00DdM00000AbCde", "", "00D" + "x" * 9000])
def test_another_organization_is_not_believed(organization: str) -> None:
    with pytest.raises(NotBelievedError) as refused:
        message(envelope(notification(), organization=organization))
    assert str(refused.value) == ""


@pytest.mark.parametrize("end", ["s3cret-enD", "s3cret", PATH + "x", "\udcff", "ßecret", " "])
def test_a_wrong_end_of_the_path_is_not_believed_whatever_the_body(end: str) -> None:
    for body in (envelope(notification()), b"<"):
        with pytest.raises(NotBelievedError):
            message(body, end)


def test_a_notification_twice_in_a_message_is_one_event() -> None:
    assert len(message(envelope(notification(), notification())).events) == 1


def test_other_objects_are_counted_and_ignored() -> None:
    heard = message(envelope(notification(), notification(SECOND, "001dM00000Mw7VtQAJ", "sf:Account")))
    assert (ids(heard), heard.ignored) == ([(DEAL,)], 1)


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE x [<!ENTITY e "x">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{LAUGHS}]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
        "<!DOCTYPE x>",
    ],
    ids=["entity", "external", "billion laughs", "parameter entity", "bare"],
)
def test_a_document_type_is_refused_whatever_it_declares(before: str) -> None:
    with pytest.raises(NotUnderstoodError, match="declares a type or entities"):
        message(envelope(notification(deal="&l9;" if "l9" in before else DEAL), before=before))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<a>",
        b"\xff\xfe<",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b"<a/>",
        envelope(),
        envelope(*[notification()] * 101),
        envelope("<Notification><Id>x</Id></Notification>"),
        envelope(notification(id_="")),
        envelope(notification(deal="")),
        envelope(notification(deal="006' OR Name != '")),
        envelope(notification(deal="006dM00000Mw7VtAAA")),
        envelope(notification(), organization=FULL).replace(b"outbound", b"inbound"),
        b"<x>" * 100_000,
    ],
)
def test_what_is_no_message_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        message(body)
    assert "OR Name" not in str(refused.value)


def test_a_message_with_many_small_parts_is_read() -> None:
    assert ids(message(envelope(notification(more="<sf:A/>" * 100_000)))) == [(DEAL,)]


def test_a_signed_callout_names_its_deals() -> None:
    heard = callout(told([DEAL, OTHER[:15], DEAL, "001dM00000Mw7VtQAJ"]))
    assert heard == Heard((Event("callout flow-1", (DEAL, OTHER)),), ignored=1)


def test_a_callout_about_other_objects_alone_is_ignored() -> None:
    assert callout(told(["001dM00000Mw7VtQAJ"])) == Heard((), ignored=1)


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_callouts_time_may_be_five_minutes_off(minutes: int) -> None:
    assert callout(told(), at=NOW + timedelta(minutes=minutes)).events


@pytest.mark.parametrize("seconds", [-301, 301, -360, 86_400])
def test_a_callout_from_the_past_or_the_future_is_not_believed(seconds: int) -> None:
    with pytest.raises(NotBelievedError):
        callout(told(), at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "another"},
        {"signed": told([OTHER])},
        {"signed": told() + b" "},
        {"x_dealgate_signature": ""},
        {"x_dealgate_signature": "ü" * 64},
        {"x_dealgate_signature": "0" * 64},
        {"x_dealgate_timestamp": ""},
        {"x_dealgate_timestamp": "1e9"},
        {"x_dealgate_timestamp": "١٧٩٣٦٣١٦٠٠"},
        {"x_dealgate_timestamp": "-1"},
        {"x_dealgate_timestamp": "9" * 400},
    ],
)
def test_a_callout_with_a_wrong_or_missing_proof_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(NotBelievedError):
        callout(told(), **changed)


def test_a_signed_callout_of_another_organization_is_not_believed() -> None:
    with pytest.raises(NotBelievedError):
        callout(told(organization="00DdM00000AbCdFUAV"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"null",
        told(organization=7),
        told(id=7),
        told(id=""),
        told(id="\ud800"),
        told(id="a b"),
        told(id="x" * 256),
        told([]),
        told([7]),
        told(["006"]),
        told([DEAL] * 1001),
        json.dumps({"organization": FULL, "id": "x", "deals": DEAL}).encode(),
    ],
)
def test_a_signed_callout_that_is_not_as_it_should_be_is_named(body: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        callout(body)


@given(st.binary(max_size=200), st.text(max_size=80), st.text(max_size=30))
def test_nothing_unsigned_is_ever_believed_or_fails_otherwise(body: bytes, signature: str, timestamp: str) -> None:
    headers = {"x-dealgate-signature": signature, "x-dealgate-timestamp": timestamp}
    with pytest.raises(NotBelievedError):
        LISTENER.hear(Posted("POST", "/webhooks/salesforce/acme", headers, body), NOW)


@given(st.binary(max_size=300))
def test_any_bytes_at_the_secret_path_are_refused_by_name(body: bytes) -> None:
    with pytest.raises((NotUnderstoodError, NotBelievedError)):
        message(body)


def test_no_secret_is_shown() -> None:
    pointers = " ".join(LISTENER.pointers("/webhooks/salesforce/acme"))
    assert PATH not in pointers
    assert KEY not in pointers
