"""The admin API tells how the service stands and does what it is asked, for those who hold the token alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.secret import Secret
from engine.ledger import due, sweep_parts, sweeps, tables
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger
from engine.runs.loaded import Loaded
from tests.web.conftest import NOW, Running, serving
from web.admin import Admin

TOKEN = "0123456789abcdef-token"  # noqa: S105 - of the tests
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOADED = Loaded(("sales@3",), NOW - timedelta(hours=1))
REFUSED = Loaded(("sales@3",), NOW - timedelta(hours=1), "sales.yaml:3:1: unknown-key: `x` is not a key", NOW)
PATHS = ("/admin/status", "/admin/set-aside", "/admin/openapi.json", "/admin/nothing", "/admin")


def admin_of(running: Running) -> Admin:
    return Admin(
        Secret(TOKEN),
        running.ledger,
        ["acme", "hub"],
        lambda: LOADED,
        lambda: REFUSED,
        running.woken.append,
        lambda: NOW,
    )


@pytest.fixture
def running(ledger: Ledger) -> Iterator[Running]:
    with serving(ledger, admin=admin_of) as found:
        yield found


def get(running: Running, path: str) -> Any:
    answer = running.ask("GET", path, **BEARER)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put_aside(ledger: Ledger, crm: str, *deals: str) -> None:
    with ledger.writing() as connection:
        due.ask(connection, crm, deals, NOW)
        claimed = due.claim(connection, crm, 100, Lease("w", NOW, NOW + timedelta(minutes=10)))
        due.fail(connection, claimed, "the CRM refused the question", lambda _: None, NOW)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xff"],
)
def test_whoever_does_not_hold_the_token_is_told_nothing(running: Running, path: str, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    for method in ("GET", "POST"):
        answer = running.ask(method, path, **headers)
        assert (answer.status_code, answer.json()) == (401, {"problem": "this needs the token"})
        assert answer.headers["www-authenticate"] == "Bearer"


def test_nothing_is_done_for_whoever_does_not_hold_the_token(running: Running) -> None:
    put_aside(running.ledger, "acme", "1")
    for path in ("/admin/set-aside/acme/1/retry", "/admin/sweeps/acme", "/admin/reload"):
        assert running.post(path).status_code == 401
    assert running.due() == {("acme", "1"): 1}
    assert running.woken == []
    with running.ledger.reading() as connection:
        assert sweeps.live_sweep(connection, "acme") is None


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_there_is_no_admin_api(ledger: Ledger, path: str) -> None:
    with serving(ledger) as running:
        answer = running.ask("GET", path, **BEARER)
        assert (answer.status_code, answer.json()) == (404, {"problem": "there is nothing here"})


def test_the_status_tells_what_is_due_and_which_playbooks_judge(running: Running) -> None:
    put_aside(running.ledger, "acme", "1")
    with running.ledger.writing() as connection:
        due.ask(connection, "acme", ["2", "3"], NOW)
    found = get(running, "/admin/status")
    assert found["playbooks"]["playbooks"] == ["sales@3"]
    acme, hub = found["crms"]
    assert acme["due"] == {"waiting": 2, "in_hand": 0, "failed": 0, "set_aside": 1}
    assert (acme["crm"], hub["crm"], acme["sweep"], acme["oldest_due_at"]) == (
        "acme",
        "hub",
        None,
        "2026-11-02T15:00:00Z",
    )
    assert sum(hub["due"].values()) == 0


def test_the_status_tells_how_far_a_sweep_has_come(running: Running) -> None:
    with running.ledger.writing() as connection:
        sweeps.ask(connection, "hub", "2026-11-01", NOW - timedelta(days=1), {})
        connection.execute(tables.sweep.update().values(state="done", finished_at=NOW - timedelta(hours=20)))
        sweeps.ask(connection, "hub", "2026-11-02", NOW, {})
        live = sweeps.live_sweep(connection, "hub")
        assert live is not None
        for number, deals in enumerate((1000, 500)):
            sweep_parts.put_part(connection, sweep_parts.Part(live.id, number, deals, "t", "w"))
        connection.execute(tables.sweep_part.update().where(tables.sweep_part.c.number == 1).values(state="done"))
    hub = get(running, "/admin/status")["crms"][1]
    assert (hub["sweep"]["slot"], hub["sweep"]["deals"], hub["sweep"]["judged"]) == ("2026-11-02", 1500, 0.3333)
    assert hub["sweep"]["parts"] == {"done": 1, "waiting": 1}
    assert hub["last_done_sweep"]["slot"] == "2026-11-01"


def test_deals_set_aside_are_listed_with_their_reason(running: Running) -> None:
    put_aside(running.ledger, "acme", "2", "1")
    put_aside(running.ledger, "elsewhere", "9")
    found = get(running, "/admin/set-aside")
    assert [(each["crm"], each["deal"], each["reason"]) for each in found] == [
        ("acme", "1", "the CRM refused the question"),
        ("acme", "2", "the CRM refused the question"),
    ]
    assert len(get(running, "/admin/set-aside?most=1")) == 1


@pytest.mark.parametrize("deal", ["1", "a/b", "a%2Fb", "ü"])
def test_a_deal_that_was_set_aside_is_tried_once_more(running: Running, deal: str) -> None:
    named = deal.replace("%2F", "/")
    put_aside(running.ledger, "acme", named)
    answer = running.post(f"/admin/set-aside/acme/{deal}/retry", **BEARER)
    assert (answer.status_code, answer.json()) == (200, {"crm": "acme", "deal": named})
    assert running.woken == ["acme"]
    with running.ledger.reading() as connection:
        assert due.set_aside(connection, "acme") == []
        assert due.waiting(connection, "acme") == 1


@pytest.mark.parametrize(
    "path", ["/admin/set-aside/acme/7/retry", "/admin/set-aside/nobody/1/retry", "/admin/sweeps/nobody"]
)
def test_what_is_not_there_is_not_made(running: Running, path: str) -> None:
    with running.ledger.writing() as connection:
        due.ask(connection, "acme", ["7"], NOW)
    answer = running.post(f"/admin/{path}", **BEARER)
    assert (answer.status_code, list(answer.json())) == (404, ["problem"])
    assert running.due() == {("acme", "7"): 1}
    assert running.woken == []


def test_a_sweep_is_asked_for_once(running: Running) -> None:
    answers = [running.post("/admin/sweeps/acme", **BEARER) for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 409]
    assert answers[1].json() == {"problem": "a sweep of this CRM goes on"}
    with running.ledger.reading() as connection:
        live = sweeps.live_sweep(connection, "acme")
    assert live is not None
    assert (live.slot, running.woken) == (answers[0].json()["slot"], ["acme"])


def test_playbooks_are_read_again_and_what_keeps_them_from_it_is_told(running: Running) -> None:
    answer = running.post("/admin/reload", **BEARER)
    assert answer.json() == {
        "playbooks": ["sales@3"],
        "since": "2026-11-02T14:00:00Z",
        "problem": REFUSED.problem,
        "problem_at": "2026-11-02T15:00:00Z",
    }


@pytest.mark.parametrize("query", ["most=0", "most=1001", "most=many"])
def test_what_cannot_be_read_is_named(running: Running, query: str) -> None:
    answer = running.ask("GET", f"/admin/set-aside?{query}", **BEARER)
    assert (answer.status_code, answer.json()) == (422, {"problem": "`most` cannot be read"})


def test_a_store_that_is_away_is_told_and_quotes_nothing(running: Running) -> None:
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE due_deal RENAME TO gone")
    answer = running.ask("GET", "/admin/status", **BEARER)
    assert (answer.status_code, answer.json()) == (503, {"problem": "the store cannot be reached"})
    with running.ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO due_deal")


def test_the_document_describes_every_path_and_what_it_may_answer(running: Running) -> None:
    document = get(running, "/admin/openapi.json")
    assert set(document["paths"]) == {
        "/webhooks/{kind}/{crm}", "/webhooks/{kind}/{crm}/{end}", "/healthz", "/readyz", "/metrics",
        "/admin/status", "/admin/set-aside", "/admin/set-aside/{crm}/{deal}/retry", "/admin/sweeps/{crm}",
        "/admin/reload", "/admin/openapi.json",
    }  # fmt: skip
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation.get("description") or operation.get("summary")


def test_the_log_never_tells_the_token(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        running.ask("GET", "/admin/status", **BEARER)
        running.ask("GET", f"/admin/{TOKEN}")
        running.ask("GET", "/admin/status", Authorization=f"Bearer {TOKEN}x")
    ours = [each.getMessage() + str(each.__dict__) for each in caplog.records if not each.name.startswith("urllib3")]
    assert any("/admin/status 200" in each for each in ours)
    assert [each for each in ours if f"Bearer {TOKEN}" in each] == []
