"""From a rep's move in HubSpot to the flags there, by `dealgate serve` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.hubspot import names
from tests.connectors.hubspot.accounts import install_properties
from tests.simulators.clock import RunningClock
from tests.simulators.hubspot import HubSpotSimulator
from tests.web.conftest import APP, until

PUBLIC = "https://hooks.acme.example"
PLAYBOOK = """
playbook: sales
version: 1
title: Sales
stages:
  - id: discovery
    title: Discovery
    crm: {hubspot: appointmentscheduled}
    exit_criteria:
      - {id: next, says: The next step is written down, require: {filled: [amount]}, enforce: hard,
         task: {title: Write down the amount, due: 2 business days}}
  - {id: proposal, title: Proposal, crm: {hubspot: presentationscheduled}}
"""
CONFIG = """
crms:
  acme:
    type: hubspot
    url: URL
    sign_in: token
    token: "${TOKEN}"
    events: {app_id: APP, client_secret: "${KEY}", public_url: "PUBLIC"}
playbooks: [sales.yaml]
"""


@pytest.fixture
def crm() -> Iterator[HubSpotSimulator]:
    with HubSpotSimulator(clock=RunningClock()) as crm:
        install_properties(crm.account)
        crm.webhooks.target = f"{PUBLIC}/webhooks/hubspot/acme"
        crm.webhooks.subscribe("object.creation", object_="deals")
        crm.webhooks.subscribe("object.propertyChange", "amount", names.STATUS, object_="deals")
        yield crm


def test_a_deal_that_changes_in_hubspot_is_flagged_there_by_itself(crm: HubSpotSimulator, tmp_path: Path) -> None:
    config = CONFIG.replace("URL", crm.url, 1).replace("APP", str(APP), 1).replace("PUBLIC", PUBLIC)
    (tmp_path / "dealgate.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
    secrets = {"TOKEN": crm.token, "KEY": crm.webhooks.secret, "NO_PROXY": "127.0.0.1"}
    words = [sys.executable, str(Path("cli.py").resolve()), "serve", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own
        words, cwd=tmp_path, env={**os.environ, **secrets}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()
        assert url, process.communicate()[1]
        crm.webhooks.reached_at = f"{url[-1]}/webhooks/hubspot/acme"
        try:
            id_ = crm.account.add_deal("Deal")
            crm.webhooks.run()
            until(lambda: crm.account.get("deals", id_).get(names.STATUS) == "not yet")
            crm.account.change("deals", id_, amount="5000")
            until(lambda: crm.account.get("deals", id_).get(names.STATUS) == "clear")
            until(lambda: not crm.webhooks.waiting)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    assert {each.status for each in crm.webhooks.deliveries} == {200}
    assert ", 1 ignored" in log, "what we wrote ourselves came back, and was ignored"
    assert [secret for secret in (crm.token, crm.webhooks.secret) if secret in log] == []
