"""The very playbook file that runs against an org of Salesforce runs against an account of HubSpot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot import names
from tests.cli.conftest import Run
from tests.cli.sales import PLAYBOOK
from tests.simulators.clock import RunningClock
from tests.simulators.hubspot import HubSpotSimulator
from tests.simulators.hubspot.schema import Option

CONFIG = """
crms:
  acme:
    type: hubspot
    url: {url}
    sign_in: oauth
    client_id: {client_id}
    client_secret: "${{HUBSPOT_SECRET}}"
    refresh_token: "${{HUBSPOT_REFRESH_TOKEN}}"
crm: acme
playbooks: [sales.yaml]
correct_moves: true
"""
STAGES = {"101": ("Discovery", "0.2"), "102": ("Proposal", "0.6"), "103": ("Won", "1.0"), "104": ("Lost", "0.0")}


class Acme:
    """An account whose administrator calls new business `New`, and a folder that is configured to reach it."""

    def __init__(self, crm: HubSpotSimulator) -> None:
        self.crm, self.account = crm, crm.account
        self.account.add_pipeline("sales", "Sales", STAGES)
        self.account.add_property("deals", "identified_pain")
        types = self.account.kinds["deals"].properties["dealtype"]
        labelled = (Option("newbusiness", "New"), *types.options[1:])
        self.account.kinds["deals"].properties["dealtype"] = replace(types, options=labelled)
        self.rita = self.account.add_owner("rita@acme.example", "Rita", "Rep")
        self.deals = [self.deal(f"Globex {number}") for number in range(5)]

    def deal(self, name: str, **more: Any) -> str:
        usual = {"dealtype": "newbusiness", "hubspot_owner_id": self.rita, "closedate": "2026-12-31"}
        return self.account.add_deal(name, "101", pipeline="sales", **{**usual, **more})

    def tasks(self) -> list[dict[str, str]]:
        return [dict(self.account.get("tasks", each)) for each in self.account.live("tasks")]


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    with HubSpotSimulator(clock=RunningClock()) as crm:
        crm.limits.enforce(forbid=True)
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "COLUMNS": "110",
            "NO_COLOR": "1",
            "NO_PROXY": "127.0.0.1",
            "HUBSPOT_SECRET": crm.sign_in.client_secret,
            "HUBSPOT_REFRESH_TOKEN": crm.sign_in.refresh_token,
        }.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
        config = CONFIG.format(url=crm.url, client_id=crm.sign_in.client_id)
        (tmp_path / "dealgate.yaml").write_text(config, encoding="utf-8")
        yield Acme(crm)


def test_it_is_checked_planned_swept_and_applied(acme: Acme, run: Run) -> None:
    installed = run("install", "hubspot")
    assert installed.exit_code == 0, installed.output
    assert "no drift" in run("install", "--check").stdout
    document = json.loads(run("check", "--format", "json").stdout)
    assert [deal["gate"]["status"] for deal in document["deals"]] == ["not_yet"] * 5
    assert "5 deals to flag, 5 new tasks" in run("plan").stdout

    swept = run("sweep")
    assert swept.exit_code == 0, swept.output
    assert "written: 5 flags, 5 new tasks" in swept.stdout
    assert {each["hs_task_subject"] for each in acme.tasks()} == {"Write down the problem"}
    assert "nothing had to be written" in run("sweep").stdout
    first = acme.account.get("deals", acme.deals[0])
    said = {"The problem is written down: fill in pain", "We have met: hold a meeting"}
    assert set(first[names.MISSING].splitlines()) == said

    acme.account.change("deals", acme.deals[0], identified_pain="They retype every order")
    acme.account.add_activity("meetings", acme.deals[0], "2026-11-01T10:00:00Z", hs_meeting_outcome="COMPLETED")
    applied = run("apply", "--deal", acme.deals[0], "--yes")
    assert applied.exit_code == 0, applied.output
    assert acme.account.get("deals", acme.deals[0])[names.STATUS] == "clear"
    assert sorted(each["hs_task_status"] for each in acme.tasks()) == ["COMPLETED"] + ["NOT_STARTED"] * 4


def test_a_deal_that_passed_a_closed_gate_goes_back_with_a_note(acme: Acme, run: Run) -> None:
    run("install", "hubspot")
    run("sweep")
    acme.account.move(acme.deals[1], "102")
    swept = run("sweep", "--allow", "moves=100", "--allow", "blocked=100")
    assert "was moved from `Discovery` to `Proposal`" in swept.stdout
    deal = acme.account.get("deals", acme.deals[1])
    assert deal["dealstage"] == "101"
    assert "problem is written down" in deal[names.NOTE].lower()


def test_a_deal_of_one_event_takes_few_calls(acme: Acme, run: Run) -> None:
    run("install", "hubspot")
    run("check")
    acme.crm.calls.forget()
    assert run("apply", "--deal", acme.deals[0], "--yes").exit_code == 0
    made = [each.path for each in acme.crm.calls if each.counts]
    links = [each for each in made if "/associations/" in each]
    owners, deal, flags, tasks = 1, 1, 1, 1
    assert len(links) <= 8
    assert len(made) - len(links) == owners + deal + flags + tasks


def test_a_refresh_token_that_is_not_known_ends_with_code_3_and_what_to_do(
    acme: Acme, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_REFRESH_TOKEN", "wrong-token")
    refused = run("check")
    assert refused.exit_code == 3
    assert "help: install the app in the account again" in refused.stderr
    assert "wrong-token" not in refused.output
    assert acme.crm.calls.counted == 0
