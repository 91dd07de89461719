"""A flipped bit anywhere in what a CRM signed is refused, and no bytes that a CRM might sign ever fail the service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.events import NotBelievedError, Posted
from engine.ledger.store import open_ledger
from engine.runs.service_settings import IntakeSettings
from tests.connectors.hubspot.test_events import batch, event
from tests.connectors.salesforce.test_events import envelope, notification, told
from tests.web.conftest import LISTENERS, NOW, Running, serving
from tests.web.test_intake import CALLOUT, HUB, OUTBOUND, signed, signed_by_hubspot

PLENTY = IntakeSettings(per_address=100_000, per_crm=100_000)
Signing = Callable[[bytes], dict[str, str]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
BODIES = st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode())


def flipped(whole: bytes) -> Iterator[bytes]:
    """Give a text once for each of its bits, with that bit flipped."""
    for number in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[number // 8] ^= 1 << number % 8
        yield bytes(changed)


def posted(path: str, body: bytes, headers: dict[str, str]) -> Posted:
    return Posted("POST", path, {name.lower().replace("_", "-"): value for name, value in headers.items()}, body)


SIGNED = [
    pytest.param("hub", posted(HUB, batch(event()), signed_by_hubspot(batch(event()))), id="a HubSpot batch"),
    pytest.param("acme", posted(CALLOUT, told(), signed(told())), id="a Salesforce callout"),
]


def _changed(right: Posted) -> Iterator[Posted]:
    for body in flipped(right.body):
        yield replace(right, body=body)
    for name, value in right.headers.items():
        for each in flipped(value.encode()):
            yield replace(right, headers={**right.headers, name: each.decode("latin-1")})


def _sent_elsewhere(right: Posted) -> Iterator[Posted]:
    for each in flipped(right.target.encode()):
        yield replace(right, target=each.decode("latin-1"))


@pytest.mark.parametrize(("crm", "right"), SIGNED)
def test_a_flipped_bit_anywhere_is_refused(crm: str, right: Posted) -> None:
    listener = LISTENERS[crm]
    assert listener.hear(right, NOW).events
    wrong = [*_changed(right)] + [*_sent_elsewhere(right)] * (crm == "hub")
    for each in wrong:
        with pytest.raises(NotBelievedError):
            listener.hear(each, NOW)
    assert len(wrong) > 8 * len(right.body) + 400


def test_a_flipped_bit_in_the_end_of_a_path_is_refused() -> None:
    body, end = envelope(notification()), OUTBOUND.rpartition("/")[2]
    for each in flipped(end.encode()):
        wrong = each.decode("latin-1")
        with pytest.raises(NotBelievedError):
            LISTENERS["acme"].hear(Posted("POST", f"{CALLOUT}/{wrong}", {}, body, wrong), NOW)


@pytest.mark.parametrize(
    ("path", "signing"), [(HUB, signed_by_hubspot), (CALLOUT, signed), (OUTBOUND, lambda _: {})],
    ids=["HubSpot", "callout", "outbound message"],
)  # fmt: skip
def test_whatever_a_crm_signs_is_kept_or_refused_and_never_fails(tmp_path: Path, path: str, signing: Signing) -> None:
    with (
        open_ledger(tmp_path / "ledger.db") as ledger,
        serving(ledger, settings=PLENTY) as running,
        requests.Session() as session,
    ):
        session.trust_env = False

        @settings(max_examples=120, deadline=None)
        @given(BODIES)
        def any_body(body: bytes) -> None:
            headers = {name.replace("_", "-"): value for name, value in signing(body).items()}
            answer = session.post(running.url + path, data=body, headers=headers, timeout=30)
            assert answer.status_code in {200, 400, 401}

        any_body()


def test_an_event_with_anything_in_it_is_kept_or_left_out_and_never_fails(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger, serving(ledger, settings=PLENTY) as running:

        @settings(max_examples=120, deadline=None)
        @given(st.dictionaries(st.sampled_from(sorted(event())), JSON, min_size=1))
        def any_event(changed: dict[str, Any]) -> None:
            assert post(running, batch({**event(), **changed})) == 200

        any_event()


def post(running: Running, body: bytes) -> int:
    return running.post(HUB, body, **signed_by_hubspot(body)).status_code


@pytest.mark.parametrize("text", ["0" * 400, "-1", "1e400", "99999999999999999999999", "NaN", '"\\ud800"'])
def test_numbers_and_texts_that_no_database_holds_never_fail(running: Running, text: str) -> None:
    for name in ("objectId", "eventId", "portalId", "occurredAt"):
        made = json.dumps([event()]).replace(json.dumps(event()[name]), text, 1).encode()
        assert post(running, made) in {200, 400}
