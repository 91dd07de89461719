"""What an account pushes is believed only when it is signed, and of what it says only which deals to look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hubspot.utils.signature import Signature
from hypothesis import given
from hypothesis import strategies as st

from connectors.events import Heard, NotBelievedError, NotUnderstoodError, Posted
from connectors.hubspot.events.listener import HubSpotListener
from connectors.hubspot.events.signature import decoded, signature_of
from connectors.hubspot.settings import EventSettings
from connectors.secret import Secret
from engine.judge.events import Event

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
APP, KEY, URL, TARGET = 1160452, "app-secret", "https://hooks.acme.example", "/webhooks/hubspot/acme"
LISTENER = HubSpotListener(EventSettings(APP, Secret(KEY), URL))


def event(**changed: Any) -> dict[str, Any]:
    usual = {
        "eventId": 3816279340, "subscriptionId": 25, "portalId": 33, "appId": APP, "occurredAt": 1793631600000,
        "subscriptionType": "deal.propertyChange", "attemptNumber": 0, "objectId": 1246965,
        "propertyName": "dealstage", "propertyValue": "contractsent", "changeSource": "CRM_UI", "sourceId": "userId:1",
    }  # fmt: skip
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def batch(*events: Any) -> bytes:
    return json.dumps(events).encode()


def hear(body: bytes, *, at: datetime = NOW, key: str = KEY, target: str = TARGET, **headers: str) -> Heard:
    stamp = str(int(at.timestamp() * 1000))
    signature = signature_of(Secret(key), "POST", decoded(URL + target), body, stamp)
    sent = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp, "host": "127.0.0.1:8700"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return LISTENER.hear(Posted("POST", target, sent, body), NOW)


def deals(*events: Any) -> list[str]:
    return [deal for each in hear(batch(*events)).events for deal in each.deal_ids]


def test_a_change_of_a_deal_names_it() -> None:
    identity = "webhook 33 25 1246965 3816279340 1793631600000"
    assert hear(batch(event())) == Heard((Event(identity, ("1246965",)),))


def test_events_that_differ_in_any_part_of_their_identity_are_different() -> None:
    parts = ("portalId", "subscriptionId", "objectId", "eventId", "occurredAt")
    events = [event(), event(attemptNumber=3), *(event(**{name: 7}) for name in parts)]
    assert len(hear(batch(*events)).events) == 1 + len(parts)


@pytest.mark.parametrize("changed", [{"objectId": "1246965"}, {"portalId": "33", "eventId": "3816279340"}])
def test_numbers_may_come_as_texts(changed: dict[str, Any]) -> None:
    assert hear(batch(event(**changed))) == hear(batch(event()))


@pytest.mark.parametrize(
    "told",
    [
        event(subscriptionType="deal.creation", changeFlag="NEW"),
        event(subscriptionType="object.propertyChange", objectTypeId="0-3"),
        event(subscriptionType="deal.deletion", changeFlag="DELETED"),
        event(subscriptionType="deal.restore"),
        event(subscriptionType="deal.merge", objectId=None, primaryObjectId=1246965, mergedObjectIds=[1, 2]),
        event(subscriptionType="deal.associationChange", objectId=None, associationType="DEAL_TO_CONTACT",
              fromObjectId=1246965, toObjectId=5),
        event(subscriptionType="contact.associationChange", objectId=None, associationType="CONTACT_TO_DEAL",
              fromObjectId=5, toObjectId="1246965"),
        event(subscriptionType="object.associationChange", objectId=None, associationType="TASK_TO_DEAL_LABELED",
              fromObjectId=5, toObjectId=1246965),
        event(subscriptionType="object.associationChange", objectId=None, fromObjectTypeId="0-1", fromObjectId=5,
              toObjectTypeId="0-3", toObjectId=1246965),
    ],
)  # fmt: skip
def test_every_kind_of_event_leads_to_the_deal_it_names(told: dict[str, Any]) -> None:
    assert deals(told) == ["1246965"]


def test_a_merge_leads_to_the_deal_that_stays_under_either_id() -> None:
    told = event(subscriptionType="deal.merge", objectId=None, primaryObjectId=1, newObjectId=9, mergedObjectIds=[2])
    assert deals(told) == ["1", "9"]


@pytest.mark.parametrize(
    "told",
    [
        event(subscriptionType="contact.propertyChange"),
        event(subscriptionType="object.propertyChange", objectTypeId="0-1"),
        event(subscriptionType="contact.associationChange", objectId=None, associationType="CONTACT_TO_COMPANY",
              fromObjectId=5, toObjectId=6),
        event(changeSource="INTEGRATION", sourceId=str(APP)),
        event(changeSource="API", sourceId=f"appId:{APP}"),
        event(changeSource="INTEGRATION", sourceId=APP),
    ],
)  # fmt: skip
def test_other_objects_and_our_own_writes_are_counted_and_ignored(told: dict[str, Any]) -> None:
    assert hear(batch(told)) == Heard((), ignored=1)


@pytest.mark.parametrize("source", [{"sourceId": "7"}, {"sourceId": None}, {"changeSource": "CRM_UI"}])
def test_what_another_app_or_a_person_wrote_is_looked_at(source: dict[str, Any]) -> None:
    ours = {"changeSource": "INTEGRATION", "sourceId": str(APP)}
    assert deals(event(**(ours | source))) == ["1246965"]


def test_one_event_that_cannot_be_read_is_named_and_the_others_count() -> None:
    wrong = [event(objectId="x"), event(objectId=True), event(eventId=None), event(objectId=1.5), 7, None, "deal"]
    heard = hear(batch(*wrong, event()))
    assert [each.deal_ids for each in heard.events] == [("1246965",)]
    assert heard.wrong == (
        "event 1: `objectId` is no number",
        "event 2: `objectId` is no number",
        "event 3: `eventId` is no number",
        "event 4: `objectId` is no number",
        "event 5: it is no object",
        "event 6: it is no object",
        "event 7: it is no object",
    )


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"null", b"7", b"[" * 100_000, batch(*[event()] * 101)])
def test_a_signed_body_that_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstoodError):
        hear(body)


def test_an_empty_batch_says_nothing() -> None:
    assert hear(b"[]") == Heard(())


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_signature_holds_five_minutes_both_ways(minutes: int) -> None:
    assert hear(batch(event()), at=NOW + timedelta(minutes=minutes)).events


@pytest.mark.parametrize("minutes", [-6, 6, 5.001, -5.001])
def test_a_replay_and_a_request_from_the_future_are_not_believed(minutes: float) -> None:
    with pytest.raises(NotBelievedError):
        hear(batch(event()), at=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "another"},
        {"x_hubspot_signature_v3": ""},
        {"x_hubspot_signature_v3": "ü" * 44},
        {"x_hubspot_signature_v3": "A" * 44},
        {"x_hubspot_request_timestamp": ""},
        {"x_hubspot_request_timestamp": "１７９３６３１６０００００"},  # noqa: RUF001 - digits that are not ASCII
        {"x_hubspot_request_timestamp": "nan"},
        {"x_hubspot_request_timestamp": "9" * 400},
    ],
)
def test_a_wrong_or_missing_proof_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(NotBelievedError):
        hear(batch(event()), **changed)


def test_a_path_that_goes_on_is_not_believed() -> None:
    with pytest.raises(NotBelievedError):
        LISTENER.hear(Posted("POST", TARGET + "/x", {}, b"[]", "x"), NOW)


def test_the_address_is_that_of_the_configuration_and_not_of_the_request() -> None:
    assert hear(batch(event()), host="evil.example", x_forwarded_host="evil.example").events


def test_only_the_listed_escapes_are_decoded() -> None:
    listed = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B"
    assert decoded(listed) == ":/?@!$'()*,;"
    assert decoded(listed.lower()) == ":/?@!$'()*,;"
    kept = "%20%23%25%26%2B%3D%5B%5D%7E%C3%A4%253A+&="
    assert decoded(kept) == kept


@given(
    st.binary(max_size=200).filter(lambda body: body.isascii()), st.sampled_from([TARGET, f"{TARGET}?a=%20b&c=%2Fd"])
)
def test_the_vendors_own_helper_signs_alike(body: bytes, target: str) -> None:
    stamp = "1793631600000"
    theirs = Signature.get_signature(KEY, body.decode(), "v3", decoded(URL + target), "POST", stamp)
    assert signature_of(Secret(KEY), "POST", decoded(URL + target), body, stamp) == theirs


@given(st.binary(max_size=200), st.text(max_size=50), st.text(max_size=20))
def test_nothing_unsigned_is_ever_believed_or_fails_otherwise(body: bytes, signature: str, stamp: str) -> None:
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    with pytest.raises(NotBelievedError):
        LISTENER.hear(Posted("POST", TARGET, headers, body), NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted(event())), JSON), st.sampled_from(["deal.merge", "object.associationChange"])
)
def test_whatever_an_event_holds_it_is_heard_or_named(changed: dict[str, Any], kind: str) -> None:
    heard = hear(batch({**event(), **changed}, event(subscriptionType=kind), event()))
    assert ("1246965",) in [each.deal_ids for each in heard.events]
