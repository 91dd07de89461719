"""What the service tells of itself holds no secret, whatever goes wrong; and it calls nobody but its CRMs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
import requests

from tests.connectors.hubspot.accounts import install_properties
from tests.connectors.hubspot.test_events import batch, event
from tests.connectors.salesforce.test_events import envelope, notification
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.messages import OutboundMessages
from tests.web.conftest import until
from tests.web.test_serve import CONFIG, KEY, PATH, PLAYBOOK, command, deal, environment, org, status

__all__ = ["org"]
TOKEN, HUB_KEY = "admin-token-0123456789", "hub-client-secret"
HUB = """
  hub:
    type: hubspot
    url: {url}
    sign_in: token
    token: "${{HUB_TOKEN}}"
    events: {{app_id: 7, client_secret: "${{HUB_KEY}}", public_url: "https://hooks.acme.example"}}
"""
WATCHED = r"""
import os, sys
calls = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def watch(event, given):
    if event in ("socket.connect", "socket.getaddrinfo"):
        host, port = given[1][:2] if event == "socket.connect" else given[:2]
        os.write(calls, f"{event} {host} {port}\n".encode())
sys.addaudithook(watch)
sys.path.insert(0, sys.argv[1])
del sys.argv[1]
from cli import main
main()
"""
"""Starts the command with a hook that writes down every address it looks up or connects to."""


@dataclass
class Told:
    """Everything that a service told: its answers, its log, and whom it called."""

    url: str
    process: subprocess.Popen[str]
    folder: Path
    answers: list[str] = field(default_factory=list)
    log: str = ""

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.url + path, data=body, headers=headers, timeout=30)
        self.answers.append(f"{answer.headers}\n{answer.text}")
        return answer

    def admin(self, method: str, path: str) -> requests.Response:
        return self.ask(method, path, Authorization=f"Bearer {TOKEN}")

    def called(self) -> set[str]:
        return set((self.folder / "calls").read_text(encoding="utf-8").splitlines())


@pytest.fixture
def hub() -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator() as crm:
        install_properties(crm.account)
        yield crm


@contextmanager
def telling(
    org: SalesforceSimulator, folder: Path, *options: str, more: str = "", secrets: Mapping[str, str] | None = None
) -> Iterator[Told]:
    config = CONFIG.format(url=org.url, organization=org.org.organization_id).replace(
        "\ncrm: acme", f"{more}\ncrm: acme"
    )
    (folder / "dealgate.yaml").write_text(config + 'admin: {token: "${ADMIN}"}\n', encoding="utf-8")
    (folder / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    cli = Path(command()[1]).parent
    words = [sys.executable, "-c", WATCHED, str(folder / "calls"), str(cli), "serve", "--port", "0", *options]
    surroundings = {**environment(org), "ADMIN": TOKEN, **(secrets or {})}
    with subprocess.Popen(  # noqa: S603 - our own
        words, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, process.communicate()[1]
        told = Told(first.split()[-1], process, folder)
        try:
            yield told
        finally:
            process.send_signal(signal.SIGTERM)
            rest, told.log = process.communicate(timeout=60)
            told.log += first + rest
    assert process.returncode == 0


@pytest.mark.parametrize("how", ["text", "json"])
def test_no_secret_is_ever_told(org: SalesforceSimulator, hub: HubSpotSimulator, tmp_path: Path, how: str) -> None:
    secrets = {"HUB_TOKEN": hub.token, "HUB_KEY": HUB_KEY, "NO_PROXY": "127.0.0.1"}
    more = HUB.format(url=hub.url).rstrip("\n")
    with telling(org, tmp_path, "--log-format", how, more=more, secrets=secrets) as told:
        with OutboundMessages(org, f"{told.url}/webhooks/salesforce/acme/{PATH}") as out:
            id_ = deal(org)
            until(lambda: status(org, id_) == "not yet")
            hub.sign_in.token = "another"  # noqa: S105 - of the tests
            org.expire_sessions()
            deal(org)
            until(lambda: not out.waiting)
        _try_everything(told)
        until(lambda: 'dealgate_failures_total{crm="acme",reason="crm"} 0.0' not in told.ask("GET", "/metrics").text)
    everything = "\n".join([told.log, *told.answers])
    kept = {"PATH": PATH, "KEY": KEY, "ADMIN": TOKEN, "SESSION": environment(org)["SESSION"], **secrets}
    del kept["NO_PROXY"]
    assert [name for name, secret in kept.items() if secret in everything] == []
    assert "is left alone" in told.log or "failed: " in told.log


def _try_everything(told: Told) -> None:
    """Ask for everything, rightly and wrongly."""
    for end in (PATH, f"{PATH}x", "%00", ""):
        told.ask("POST", f"/webhooks/salesforce/acme/{end}", b"<")
        told.ask("GET", f"/webhooks/salesforce/acme/{end}")
    told.ask("POST", "/webhooks/hubspot/hub", batch(event()), **{"X-HubSpot-Signature-v3": HUB_KEY})
    for path in ("/admin/status", "/admin/set-aside", "/admin/openapi.json", "/admin/nothing"):
        told.admin("GET", path)
        told.ask("GET", path, Authorization=f"Bearer {TOKEN}x")
    for path in ("/admin/reload", "/admin/sweeps/acme", "/admin/sweeps/nobody", "/admin/set-aside/acme/1/retry"):
        told.admin("POST", path)


def test_a_line_of_json_says_what_it_is_about(org: SalesforceSimulator, tmp_path: Path) -> None:
    with (
        telling(org, tmp_path, "--log-format", "json") as told,
        OutboundMessages(org, f"{told.url}/webhooks/salesforce/acme/{PATH}"),
    ):
        id_ = deal(org)
        until(lambda: status(org, id_) == "not yet")
    lines = [json.loads(line) for line in told.log.splitlines() if line.startswith("{")]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    (judged, *_) = [line for line in lines if "run" in line and line["logger"] == "dealgate.due"]
    assert (judged["crm"], judged["deals"], judged["level"]) == ("acme", [id_], "INFO")
    (taken, *_) = [line for line in lines if line["logger"] == "dealgate.access"]
    assert (taken["method"], taken["path"], taken["status"]) == ("POST", "/webhooks/salesforce/acme/***", 200)


@contextmanager
def trap() -> Iterator[tuple[str, list[object]]]:
    """Listen for whoever comes by, and take note."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        came: list[object] = []

        def accept() -> None:
            while True:
                try:
                    client, address = listening.accept()
                except OSError:
                    return
                came.append(address)
                client.close()

        Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", came
        listening.shutdown(socket.SHUT_RDWR)


def test_nothing_in_a_request_is_ever_called(org: SalesforceSimulator, tmp_path: Path) -> None:
    with trap() as (address, came), telling(org, tmp_path) as told:
        with OutboundMessages(org, f"{told.url}/webhooks/salesforce/acme/{PATH}"):
            id_ = deal(org, Name=f"http://{address}/", NextStep="")
            until(lambda: status(org, id_) == "not yet")
        for path, body, headers in _lures(address, org.org.organization_id):
            told.ask("POST", path, body, **headers)
            told.ask("GET", path, **headers)
        _absolute(told, address)
        told.admin("POST", "/admin/reload")
    assert came == []
    (port,) = re.findall(r":(\d+)", org.url.removeprefix("https:"))
    connected = {call for call in told.called() if call.startswith("socket.connect")}
    assert connected == {f"socket.connect 127.0.0.1 {port}"}
    assert {call.split()[1] for call in told.called()} == {"127.0.0.1"} | (
        {"localhost"} if "localhost" in org.url else set()
    )
    assert not [call for call in told.called() if call.endswith(address.partition(":")[2])]


def _lures(address: str, organization: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Give requests that name an address wherever one could be named."""
    url = f"http://{address}/x"
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    carried = dict.fromkeys(("Referer", "Origin", "X-Forwarded-Host", "X-Original-URL", "Forwarded"), url)
    carried |= {"Host": address, "X-Forwarded-For": address.partition(":")[0]}
    message = envelope(notification(), organization=organization)
    urls = f"<EnterpriseUrl>{url}</EnterpriseUrl><PartnerUrl>{url}</PartnerUrl>".encode()
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{url}">]>'
    yield f"/webhooks/salesforce/acme/{PATH}", message.replace(b"<SessionId", urls + b"<SessionId"), carried
    yield f"/webhooks/salesforce/acme/{PATH}", envelope(notification(), before=entity), carried
    yield "/webhooks/salesforce/acme", json.dumps({"organization": url, "id": url, "deals": [url]}).encode(), carried
    for named in (quote(url, safe=""), quote(f"//{address}", safe=""), f"@{address}", address):
        yield f"/webhooks/hubspot/{named}", b"[]", carried
        yield f"/admin/sweeps/{named}", b"", bearer | carried
        yield f"/admin/set-aside/acme/{named}/retry", b"", bearer | carried
    yield f"/admin/set-aside?most=1&url={quote(url)}&callback={quote(url)}", b"", bearer | carried
    yield f"/admin/reload?url={quote(url)}", json.dumps({"url": url}).encode(), bearer | carried


def _absolute(told: Told, address: str) -> None:
    """Ask as one asks a proxy."""
    host, port = told.url.removeprefix("http://").split(":")
    for sent in (
        f"GET http://{address}/ HTTP/1.1\r\nHost: {address}\r\n\r\n",
        f"CONNECT {address} HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(sent.encode())
            client.shutdown(socket.SHUT_WR)
            told.answers.append(client.recv(65536).decode("latin-1"))


def test_a_password_of_the_store_is_not_told_where_it_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    text = 'crms: {here: {type: local, path: crm.db}}\nplaybooks: [sales.yaml]\nstore: "postgresql://me:${PW}@127.0.0.1:1/x"\n'
    (tmp_path / "dealgate.yaml").write_text(text, encoding="utf-8")
    for words in (("apply",), ("worker",)):
        ended = subprocess.run(  # noqa: S603 - our own
            command(*words),
            cwd=tmp_path,
            env={**os.environ, "PW": "s3cret-word"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode != 0
        assert "s3cret-word" not in ended.stdout + ended.stderr
