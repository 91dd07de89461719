"""`dealgate serve` as a process: from a save in the CRM to what is written there, and to its end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.salesforce import names
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.callouts import FlowCallouts
from tests.simulators.salesforce.clock import RunningClock
from tests.simulators.salesforce.installed import install_fields
from tests.simulators.salesforce.messages import OutboundMessages
from tests.web.conftest import until

PATH, KEY = "s3cret-end", "callout-key"
PLAYBOOK = """
playbook: sales
version: 1
title: Sales
stages:
  - id: discovery
    title: Discovery
    crm: {salesforce: Qualification}
    exit_criteria:
      - {id: next, says: The next step is written down, require: {filled: [next_step]}, enforce: hard,
         task: {title: Write down the next step, due: 2 business days}}
  - {id: proposal, title: Proposal, crm: {salesforce: Proposal/Price Quote}}
"""
CONFIG = """
crms:
  acme:
    type: salesforce
    url: {url}
    sign_in: session
    session_id: "${{SESSION}}"
    events: {{organization: {organization}, path_secret: "${{END}}", callout_secret: "${{KEY}}"}}
  here: {{type: local, path: crm.db}}
crm: acme
playbooks: [sales.yaml]
"""


@dataclass
class Served:
    """A running process of `dealgate serve`."""

    process: subprocess.Popen[str]
    url: str
    said: Sequence[str]
    folder: Path

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it, and give its exit code and its log."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log


@pytest.fixture
def org() -> Iterator[SalesforceSimulator]:
    with SalesforceSimulator(clock=RunningClock()) as crm:
        install_fields(crm.org)
        yield crm


@pytest.fixture
def folder(org: SalesforceSimulator, tmp_path: Path) -> Path:
    config = CONFIG.format(url=org.url, organization=org.org.organization_id)
    (tmp_path / "dealgate.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    return tmp_path


def command(*words: str) -> list[str]:
    return [sys.executable, str(Path("cli.py").resolve()), *words]


def environment(org: SalesforceSimulator) -> dict[str, str]:
    secrets = {"SESSION": org.session_id, "END": PATH, "KEY": KEY, "REQUESTS_CA_BUNDLE": str(org.ca_file)}
    return {**os.environ, **secrets, "NO_COLOR": "1"}


@contextmanager
def served(org: SalesforceSimulator, folder: Path) -> Iterator[Served]:
    words = command("serve", "--port", "0")
    with subprocess.Popen(  # noqa: S603 - our own
        words, cwd=folder, env=environment(org), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline().split()
        if not first:
            raise AssertionError(process.communicate()[1])
        said = [process.stdout.readline().rstrip() for _ in range(2)]
        try:
            yield Served(process, first[-1], said, folder)
        finally:
            if process.poll() is None:
                process.kill()


def deal(org: SalesforceSimulator, **fields: Any) -> str:
    usual = {"Name": "Deal", "StageName": "Qualification", "CloseDate": "2027-12-31"}
    return org.org.add("Opportunity", **{**usual, **fields})


def status(org: SalesforceSimulator, id_: str) -> str | None:
    found = org.org.get("Opportunity", id_)[names.STATUS]
    return None if found is None else str(found)


def left_due(folder: Path) -> int:
    with sqlite3.connect(folder / "dealgate.db") as db:
        count = int(db.execute("SELECT count(*) FROM due_deal").fetchone()[0])
    db.close()
    return count


def test_a_deal_that_is_saved_in_salesforce_is_flagged_there_by_itself(org: SalesforceSimulator, folder: Path) -> None:
    with served(org, folder) as service, OutboundMessages(org, f"{service.url}/webhooks/salesforce/acme/{PATH}") as out:
        assert service.said == [
            "acme: outbound messages to /webhooks/salesforce/acme/PATH_SECRET",
            "acme: signed callouts to /webhooks/salesforce/acme",
        ]
        id_ = deal(org)
        until(lambda: status(org, id_) == "not yet")
        until(lambda: len(org.org.rows("Task")) == 1)
        org.org.change("Opportunity", id_, NextStep="Show the plan to the board")
        until(lambda: status(org, id_) == "clear")
        until(lambda: not out.waiting and not left_due(folder))
        code, log = service.end()
    assert code == 0
    assert all(each.acknowledged for each in out.deliveries)
    assert [secret for secret in (PATH, KEY, org.session_id) if secret in log] == []
    assert "POST /webhooks/salesforce/acme/*** 200" in log


def test_a_burst_is_judged_in_batches_and_the_echo_ends_quietly(org: SalesforceSimulator, folder: Path) -> None:
    with served(org, folder) as service, OutboundMessages(org, f"{service.url}/webhooks/salesforce/acme/{PATH}") as out:
        ids = [deal(org, Name=f"Deal {number}") for number in range(60)]
        for id_ in ids:
            org.org.change("Opportunity", id_, Amount=1000)
        until(lambda: all(status(org, id_) == "not yet" for id_ in ids))
        until(lambda: not out.waiting and not left_due(folder))
        written = [org.org.get("Opportunity", id_)[names.CHECKED_AT] for id_ in ids]
        calls = org.api_calls
        org.org.change("Opportunity", ids[0], Description="nothing that counts")
        until(lambda: not out.waiting and not left_due(folder) and org.api_calls > calls)
        assert [org.org.get("Opportunity", id_)[names.CHECKED_AT] for id_ in ids] == written
        code, log = service.end(signal.SIGINT)
    assert code == 0
    assert len(org.org.rows("Task")) == 60
    assert log.count("dealgate.due: run ") < 60


def test_a_flows_callout_does_the_same(org: SalesforceSimulator, folder: Path) -> None:
    with served(org, folder) as service, FlowCallouts(org, f"{service.url}/webhooks/salesforce/acme", KEY) as flow:
        id_ = deal(org)
        until(lambda: status(org, id_) == "not yet")
        assert set(flow.answers) == {200}
        assert service.end()[0] == 0


def test_what_was_acknowledged_before_a_kill_is_judged_by_the_next_process(
    org: SalesforceSimulator, folder: Path
) -> None:
    id_ = deal(org)
    with served(org, folder) as service:
        out = OutboundMessages(org, f"{service.url}/webhooks/salesforce/acme/{PATH}")
        org.org.change("Opportunity", id_, Amount=1)
        assert out.deliver() == 1
        service.process.kill()
        out.close()
        assert [each.acknowledged for each in out.deliveries] == [True]
    with served(org, folder):
        until(lambda: status(org, id_) == "not yet")
        until(lambda: not left_due(folder))
    assert len(org.org.rows("Task")) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--crm", "here"], "CRM `here` has no `events` and no `sweep`\n  help: a local CRM pushes nothing; say when "),
        (["--crm", "acmee"], "`dealgate.yaml` has no CRM `acmee`\n  help: did you mean `acme`?\n"),
        (["--host", "192.0.2.1"], "`192.0.2.1` port 8700 cannot be listened on: "),
    ],
)
def test_what_keeps_it_from_starting_is_told(
    org: SalesforceSimulator, folder: Path, words: list[str], told: str
) -> None:
    ended = subprocess.run(  # noqa: S603 - our own
        command("serve", *words), cwd=folder, env=environment(org), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr.startswith(told)) == (2, True)


def test_without_events_it_says_what_to_add(org: SalesforceSimulator, folder: Path) -> None:
    path = folder / "dealgate.yaml"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "events:" not in line]
    path.write_text("\n".join(kept), encoding="utf-8")
    ended = subprocess.run(  # noqa: S603 - our own
        command("serve"), cwd=folder, env=environment(org), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "no CRM of `dealgate.yaml` has `events` or `sweep`\n"
        "  help: say of one what its events must carry, or when it is swept\n"
    )


def test_it_is_up_and_ready(org: SalesforceSimulator, folder: Path) -> None:
    with served(org, folder) as service:
        for path in ("/healthz", "/readyz"):
            assert requests.get(service.url + path, timeout=10).status_code == 200
