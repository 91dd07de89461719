"""Whatever is sent to a running service, it is answered as its OpenAPI document says, and never by a failure."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ledger.store import Ledger, open_ledger
from engine.runs.service_settings import IntakeSettings
from tests.web.conftest import NOW, Running, serving
from tests.web.test_admin import BEARER, TOKEN, admin_of, put_aside

PLENTY = IntakeSettings(per_address=100_000, per_crm=100_000)
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
KNOWN = """
[dictionaries]
crms = {values = ["acme", "hub", "nobody"]}
kinds = {values = ["hubspot", "salesforce", "oracle"]}
deals = {values = ["1", "2", "3", "a/b"]}
[parameters]
"path.crm" = {dictionary = "crms", probability = 0.8}
"path.kind" = {dictionary = "kinds", probability = 0.8}
"path.deal" = {dictionary = "deals", probability = 0.8}
"""


def fuzz(running: Running, folder: Path, token: str) -> str:
    """Let schemathesis ask for everything in the document, and give what it says of that."""
    (folder / "schemathesis.toml").write_text(KNOWN, encoding="utf-8")
    document = folder / "openapi.json"
    document.write_bytes(running.ask("GET", "/admin/openapi.json", **BEARER).content)
    words = [str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", running.url]
    words += ["--header", f"Authorization: Bearer {token}", "--checks", CHECKS, "--max-examples", "25"]
    words += ["--phases", "coverage,fuzzing", "--generation-deterministic", "--no-color", "--continue-on-failure"]
    surroundings = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    ended = subprocess.run(  # noqa: S603 - our own
        words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize("token", [TOKEN, "wrong-token-0123456"], ids=["with the token", "with a wrong one"])
def test_every_answer_is_as_the_document_says(tmp_path: Path, token: str) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger, serving(ledger, admin=admin_of, settings=PLENTY) as running:
        put_aside(ledger, "acme", "1", "2", "3", "a/b")
        said = fuzz(running, tmp_path, token)
        found = re.search(r"(\d+) generated, (\d+) passed", said)
        assert found is not None, said
        assert int(found[1]) > 150
        assert running.ask("GET", "/healthz").status_code == 200
        assert bool(running.woken) == (token == TOKEN)


def exchange(running: Running, sent: bytes) -> bytes:
    """Send bytes as they are, and give what comes back until the service closes."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_bytes_that_are_no_request_are_answered_or_let_go_and_the_next_request_is_taken(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger, serving(ledger, settings=PLENTY) as running:

        @settings(max_examples=150, deadline=None)
        @given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda more: b"POST /webhooks/" + more))
        def any_bytes(sent: bytes) -> None:
            answer = exchange(running, sent)
            assert not re.match(rb"HTTP/1\.1 5", answer), answer

        any_bytes()
        assert running.ask("GET", "/healthz").status_code == 200


def test_nothing_of_what_was_sent_is_kept_in_the_store(ledger: Ledger) -> None:
    with serving(ledger, settings=PLENTY) as running:
        for path in ("/webhooks/hubspot/hub", "/webhooks/salesforce/acme", "/webhooks/salesforce/acme/x"):
            running.post(path, b"[]", X_HubSpot_Request_Timestamp=str(int(NOW.timestamp() * 1000)))
        assert (running.events(), running.due()) == (0, {})
