"""What is posted is kept once and only then acknowledged; what is not believed, or too large, leaves nothing behind."""

from __future__ import annotations

import hashlib
import hmac
import logging
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.hubspot.events.signature import signature_of
from connectors.secret import Secret
from engine.ledger.store import open_ledger
from tests.connectors.hubspot.test_events import batch, event
from tests.connectors.salesforce.test_events import DEAL, FIRST, OTHER, SECOND, envelope, notification, told
from tests.web.conftest import APP_KEY, KEY, NOW, PATH, PUBLIC, Running, serving
from web.access import shown
from web.service import listen

OUTBOUND, CALLOUT, HUB = f"/webhooks/salesforce/acme/{PATH}", "/webhooks/salesforce/acme", "/webhooks/hubspot/hub"
ACK = b"<Ack>true</Ack>"
LARGEST = 1 << 20


def signed(body: bytes, at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    made = hmac.new(KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X_Dealgate_Timestamp": stamp, "X_Dealgate_Signature": made}


def signed_by_hubspot(body: bytes, target: str = HUB) -> dict[str, str]:
    stamp = str(int(NOW.timestamp() * 1000))
    made = signature_of(Secret(APP_KEY), "POST", PUBLIC + target, body, stamp)
    return {"X_HubSpot_Signature_v3": made, "X_HubSpot_Request_Timestamp": stamp}


def test_an_outbound_message_is_kept_and_then_acknowledged(running: Running) -> None:
    answer = running.post(OUTBOUND, envelope(notification(), notification(SECOND, OTHER)), Content_Type="text/xml")
    assert (answer.status_code, ACK in answer.content) == (200, True)
    assert answer.headers["content-type"].startswith("text/xml")
    assert running.due() == {("acme", DEAL): 1, ("acme", OTHER): 1}
    assert running.woken == ["acme"]


def test_a_message_that_comes_again_is_acknowledged_and_asks_for_nothing(running: Running) -> None:
    for _ in range(3):
        assert ACK in running.post(OUTBOUND, envelope(notification())).content
    assert (running.due(), running.events(), running.woken) == ({("acme", DEAL): 1}, 1, ["acme"])


def test_nine_changes_of_a_deal_make_it_due_once(running: Running) -> None:
    for number in range(9):
        running.post(OUTBOUND, envelope(notification(f"04ldM000000{number:04}")))
    assert (running.due(), running.events()) == ({("acme", DEAL): 9}, 9)


def test_a_message_about_other_objects_is_acknowledged(running: Running) -> None:
    answer = running.post(OUTBOUND, envelope(notification(FIRST, "001dM00000Mw7VtQAJ", "sf:Account")))
    assert (answer.status_code, ACK in answer.content, running.events()) == (200, True, 0)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (OUTBOUND + "x", envelope(notification())),
        (OUTBOUND[:-1], envelope(notification())),
        (OUTBOUND, envelope(notification(), organization="00DdM00000AbCdFUAV")),
        (CALLOUT, told()),
        (HUB, batch(event())),
        (HUB + "/x", batch(event())),
    ],
    ids=["end too long", "end too short", "another organization", "unsigned callout", "unsigned batch", "a path"],
)
def test_what_is_not_believed_is_told_nothing(running: Running, path: str, body: bytes) -> None:
    answer = running.post(path, body)
    assert (answer.status_code, answer.content, running.events(), running.woken) == (401, b"", 0, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        envelope(notification(), before="<!DOCTYPE x [<!ENTITY e 'x'>]>"),
        envelope(notification(), before="<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/'>"),
        envelope(),
    ],
    ids=["empty", "text", "entities", "external", "no notification"],
)
def test_what_is_no_message_is_named_and_leaves_nothing(running: Running, body: bytes) -> None:
    answer = running.post(OUTBOUND, body)
    assert (answer.status_code, list(answer.json()), running.events()) == (400, ["problem"], 0)


def test_a_signed_callout_is_kept(running: Running) -> None:
    body = told([DEAL, OTHER])
    answer = running.post(CALLOUT, body, **signed(body))
    assert (answer.status_code, answer.json()) == (200, {"kept": True})
    assert running.due() == {("acme", DEAL): 1, ("acme", OTHER): 1}


def test_a_replayed_callout_asks_for_nothing_and_a_late_one_is_refused(running: Running) -> None:
    body = told()
    for _ in range(2):
        assert running.post(CALLOUT, body, **signed(body)).status_code == 200
    assert running.due() == {("acme", DEAL): 1}
    for late in (-timedelta(minutes=6), timedelta(minutes=6)):
        assert running.post(CALLOUT, body, **signed(body, NOW + late)).status_code == 401


def test_a_signed_batch_is_kept_with_its_query_and_escapes(running: Running) -> None:
    target = f"{HUB}?a=%20b&c=%2Fd"
    body = batch(event(), event(), event(eventId=1), event(objectId="x"))
    answer = running.post(target, body, **signed_by_hubspot(body, f"{HUB}?a=%20b&c=/d"))
    assert (answer.status_code, running.due(), running.events()) == (200, {("hub", "1246965"): 1}, 2)


def test_batches_in_any_order_and_twice_end_alike(running: Running) -> None:
    bodies = [batch(event(eventId=number, objectId=number % 3)) for number in (3, 1, 2, 5, 4, 1, 3)]
    for body in bodies:
        assert running.post(HUB, body, **signed_by_hubspot(body)).status_code == 200
    assert running.due() == {("hub", "0"): 1, ("hub", "1"): 2, ("hub", "2"): 2}


@pytest.mark.parametrize(
    "path",
    ["/webhooks/salesforce/nobody", f"/webhooks/salesforce/hub/{PATH}", "/webhooks/hubspot/acme", "/webhooks", "/docs",
     "/openapi.json", "/redoc", "/webhooks/salesforce/acme/a/b"],
)  # fmt: skip
def test_where_nobody_listens_there_is_nothing(running: Running, path: str) -> None:
    answer = running.post(path, b"{}")
    assert (answer.status_code, list(answer.json())) == (404, ["problem"])


def test_only_posts_are_taken(running: Running) -> None:
    answer = running.ask("GET", OUTBOUND)
    assert (answer.status_code, list(answer.json())) == (405, ["problem"])


def test_a_body_that_says_it_is_too_large_is_not_read(running: Running) -> None:
    answer = running.post(HUB, b"x" * (LARGEST + 1))
    assert (answer.status_code, answer.json()) == (413, {"problem": "the body is too large"})


def test_a_body_that_turns_out_too_large_is_read_no_further(running: Running) -> None:
    sent = []

    def pieces() -> Iterator[bytes]:
        for _ in range(160):
            sent.append(1)
            yield b"x" * 65536

    try:
        status = running.post(HUB, pieces()).status_code
    except OSError:  # the connection was closed while we still sent
        status = 413
    assert status == 413
    assert len(sent) < 160


def test_the_largest_body_is_taken(running: Running) -> None:
    body = envelope(notification())
    answer = running.post(OUTBOUND, body + b" " * (LARGEST - len(body)))
    assert answer.status_code == 200


def test_a_store_that_fails_acknowledges_nothing_and_asks_to_come_again(running: Running) -> None:
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE due_deal RENAME TO gone")
    answer = running.post(OUTBOUND, envelope(notification()))
    assert (answer.status_code, answer.headers["retry-after"], ACK in answer.content) == (503, "10", False)
    assert "due_deal" not in answer.text
    assert running.ask("GET", "/readyz").status_code == 503
    assert running.ask("GET", "/healthz").status_code == 200
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO due_deal")
    assert running.events() == 0
    assert ACK in running.post(OUTBOUND, envelope(notification())).content
    assert running.due() == {("acme", DEAL): 1}


def test_a_locked_store_is_not_waited_for_longer_than_hubspot_waits(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    body = batch(event())
    with open_ledger(file, patience=1) as ledger, serving(ledger) as running:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        answer = running.post(HUB, body, **signed_by_hubspot(body))
        took = time.monotonic() - begun
        other.rollback()
        other.close()
        assert (answer.status_code, took < 5) == (503, True)
        assert running.post(HUB, body, **signed_by_hubspot(body)).status_code == 200


def test_it_says_whether_it_is_up_and_ready(running: Running) -> None:
    assert running.ask("GET", "/healthz").json() == {"status": "up"}
    assert running.ask("GET", "/readyz").json() == {"status": "ready"}


def test_many_who_post_at_once_are_all_kept(running: Running) -> None:
    bodies = [batch(*(event(eventId=n * 100 + m, objectId=m % 17) for m in range(20))) for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda body: running.post(HUB, body, **signed_by_hubspot(body)).status_code, bodies))
    assert statuses == [200] * 40
    assert (running.events(), len(running.due())) == (800, 17)


def test_the_log_never_tells_the_end_of_a_path(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        running.post(OUTBOUND, envelope(notification()))
        running.post(OUTBOUND, b"<")
        running.post(OUTBOUND + "wrong", b"<")
        running.post(CALLOUT, told(), **signed(told()))
    ours = [each for each in caplog.records if not each.name.startswith("urllib3")]
    logged = "\n".join(each.getMessage() for each in ours)
    assert "POST /webhooks/salesforce/acme/*** 200" in logged
    assert [secret for secret in (PATH, KEY) if secret in logged] == []


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/healthz", "/healthz"),
        (OUTBOUND, "/webhooks/salesforce/acme/***"),
        (OUTBOUND + "/more", "/webhooks/salesforce/acme/***"),
        ("/a\nINFO all is well", "/a?INFO all is well"),
        ("/ü", "/\\xfc"),
        ("/" + "x" * 300, "/" + "x" * 199),
    ],
)
def test_a_path_is_logged_on_one_line_without_its_secret(path: str, logged: str) -> None:
    assert shown(path) == logged


def test_answers_tell_nothing_of_the_server(running: Running) -> None:
    assert "server" not in running.post(CALLOUT, told()).headers


def test_an_answer_is_sent_at_once_and_waits_for_no_receipt() -> None:
    with listen("127.0.0.1", 0) as listening:
        client = socket.create_connection(listening.getsockname())
        accepted, _ = listening.accept()
        with client, accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
