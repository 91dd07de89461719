"""Nobody takes the service from the others: an address or a CRM that sends too much is told when to come again."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.store import Ledger
from engine.runs.service_settings import IntakeSettings
from tests.connectors.hubspot.test_events import batch, event
from tests.web.conftest import Running, serving
from tests.web.test_intake import CALLOUT, HUB, signed, signed_by_hubspot, told
from web.clients import UNKNOWN, client_of
from web.limits import SECONDS, Buckets

OURS = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
FEW = IntakeSettings(per_address=1, per_crm=1000)


def post(running: Running, number: int = 1, **headers: str) -> int:
    body = batch(event(eventId=number))
    return running.post(HUB, body, **signed_by_hubspot(body), **headers).status_code


def client(peer: str | None, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return client_of({"client": (peer, 1) if peer is not None else None, "headers": headers}, OURS)


def test_an_address_that_sends_too_much_is_told_when_to_come_again(ledger: Ledger) -> None:
    with serving(ledger, settings=FEW) as running:
        answers = [running.post(HUB, b"[]") for _ in range(15)]
        assert [each.status_code for each in answers[:10]] == [401] * 10
        turned = [each for each in answers if each.status_code == 429]
        assert len(turned) >= 4
        assert {each.headers["retry-after"] for each in turned} == {"1"}
        assert turned[0].json() == {"problem": "too many requests"}
        assert running.counts()["dealgate_turned_away_total"] == len(turned)


def test_health_and_metrics_are_asked_for_as_often_as_anybody_likes(ledger: Ledger) -> None:
    with serving(ledger, settings=FEW) as running:
        statuses = {running.ask("GET", path).status_code for path in ("/healthz", "/metrics") * 15}
        assert statuses == {200}


def test_a_crm_that_sends_too_much_is_told_to_come_again_and_others_are_not(ledger: Ledger) -> None:
    with serving(ledger, settings=IntakeSettings(per_address=1000, per_crm=1)) as running:
        statuses = [post(running, number) for number in range(15)]
        assert statuses[:10] == [200] * 10
        assert 429 in statuses[10:]
        assert running.post(CALLOUT, told(), **signed(told())).status_code == 200
        assert running.events() == statuses.count(200) + 1


def test_what_is_not_believed_uses_up_nothing_of_its_crms_share(ledger: Ledger) -> None:
    with serving(ledger, settings=IntakeSettings(per_address=1000, per_crm=1)) as running:
        for _ in range(15):
            assert running.post(HUB, b"[]").status_code == 401
        assert post(running) == 200


def test_behind_our_proxy_each_address_counts_for_itself(ledger: Ledger) -> None:
    settings = IntakeSettings(per_address=1, per_crm=1000, proxies=(ip_network("127.0.0.1"),))
    with serving(ledger, settings=settings) as running:
        for _ in range(12):
            running.post(HUB, b"[]", X_Forwarded_For="203.0.113.9")
        assert running.post(HUB, b"[]", X_Forwarded_For="203.0.113.9").status_code == 429
        assert running.post(HUB, b"[]", X_Forwarded_For="203.0.113.10").status_code == 401


def test_nobody_chooses_an_address_for_himself(ledger: Ledger) -> None:
    with serving(ledger, settings=FEW) as running:
        statuses = [post(running, X_Forwarded_For=f"203.0.113.{number}") for number in range(15)]
        assert 429 in statuses


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9, 10.2.3.4"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9, not an address"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        (None, [], UNKNOWN),
    ],
)
def test_a_request_comes_from_the_last_address_that_is_no_proxy_of_ours(
    peer: str | None, forwarded: list[str], found: str
) -> None:
    assert client(peer, *forwarded) == found


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=4))
def test_whatever_is_forwarded_names_somebody(forwarded: list[str]) -> None:
    assert client("127.0.0.1", *forwarded)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200), st.integers(1, 20))
def test_no_more_is_taken_than_a_bucket_holds_and_fills_up_by(pauses: list[float], per_second: int) -> None:
    now = [0.0]
    buckets = Buckets(per_second, lambda: now[0])
    taken = 0
    for pause in pauses:
        now[0] += pause
        taken += buckets.take("a") == 0
    assert taken <= per_second * SECONDS + per_second * now[0] + 1


@given(st.integers(1, 20))
def test_who_comes_again_when_told_is_taken(per_second: int) -> None:
    now = [0.0]
    buckets = Buckets(per_second, lambda: now[0])
    while not (wait := buckets.take("a")):
        pass
    now[0] += wait
    assert buckets.take("a") == 0


def test_however_many_addresses_send_what_is_kept_is_bounded() -> None:
    buckets = Buckets(1, lambda: 0.0, most=50)
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets) == 50


def test_a_clock_that_goes_back_fills_no_bucket() -> None:
    now = [100.0]
    buckets = Buckets(1, lambda: now[0])
    while not buckets.take("a"):
        pass
    now[0] = 50.0
    assert buckets.take("a") == 1
