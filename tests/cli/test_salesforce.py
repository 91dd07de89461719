"""The main job from the command line against an org over real HTTPS: install, check, plan, sweep, a refused move."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.salesforce import names
from tests.cli.conftest import Run
from tests.cli.sales import PLAYBOOK
from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.auth import new_key

CONFIG = """
crms:
  acme:
    type: salesforce
    url: {url}
    sign_in: jwt
    client_id: "${{SALESFORCE_CLIENT_ID}}"
    username: {username}
    private_key: "${{SALESFORCE_PRIVATE_KEY}}"
crm: acme
playbooks: [sales.yaml]
correct_moves: true
"""


class Acme:
    """An org, and a folder in which `dealgate` is configured to reach it."""

    def __init__(self, crm: SalesforceSimulator) -> None:
        self.crm, self.org = crm, crm.org
        self.org.add_field("Opportunity", "Pain__c", "string")
        self.rita = self.org.add("User", Name="Rita Rep", Email="rita@acme.example", IsActive=True)
        self.account = self.org.add("Account", Name="Globex")
        self.deals = [self.deal(f"Globex {number}") for number in range(5)]

    def deal(self, name: str, **fields: Any) -> str:
        usual = {"StageName": "Qualification", "CloseDate": "2026-12-31", "Type": "New", "OwnerId": self.rita}
        return self.org.add("Opportunity", Name=name, AccountId=self.account, **{**usual, **fields})

    def move(self, id_: str, stage: str) -> tuple[int, str]:
        """Move a deal as a rep does, by another client than ours; give the status, and what was said."""
        session = requests.Session()
        session.trust_env, session.verify = False, str(self.crm.ca_file)
        url = f"{self.crm.url}/services/data/v66.0/sobjects/Opportunity/{id_}"
        signed = {"Authorization": f"Bearer {self.crm.session_id}"}
        answer = session.patch(url, json={"StageName": stage}, headers=signed)
        return answer.status_code, answer.json()[0]["message"] if answer.content else ""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    with SalesforceSimulator() as crm:
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "COLUMNS": "110",
            "NO_COLOR": "1",
            "REQUESTS_CA_BUNDLE": str(crm.ca_file),
            "SALESFORCE_CLIENT_ID": crm.client_id,
            "SALESFORCE_PRIVATE_KEY": new_key(crm),
        }.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
        config = CONFIG.format(url=crm.url, username=crm.username)
        (tmp_path / "dealgate.yaml").write_text(config, encoding="utf-8")
        yield Acme(crm)


def test_from_nothing_to_a_gate_that_opens(acme: Acme, run: Run) -> None:
    lacking = run("doctor")
    assert lacking.exit_code == 1
    assert "run `dealgate install`" in lacking.stdout
    assert run("install", "salesforce").exit_code == 0
    assert "no drift" in run("install", "--check").stdout
    assert "wrong   install" not in run("doctor").stdout

    document = json.loads(run("check", "--format", "json").stdout)
    assert [deal["gate"]["status"] for deal in document["deals"]] == ["not_yet"] * 5
    assert "5 deals to flag, 5 new tasks" in run("plan").stdout

    swept = run("sweep")
    assert swept.exit_code == 0, swept.output
    assert "written: 5 flags, 5 new tasks" in swept.stdout
    assert {task["Subject"] for task in acme.org.rows("Task")} == {"Write down the problem"}
    assert "nothing had to be written" in run("sweep").stdout

    first = acme.deals[0]
    problem, meeting = "The problem is written down: fill in pain", "We have met: hold a meeting"
    assert acme.move(first, "Proposal/Price Quote")[1] in {problem, meeting}
    acme.org.change("Opportunity", first, Pain__c="They retype every order")
    assert acme.move(first, "Proposal/Price Quote")[1] == meeting
    acme.org.add("Event", WhatId=first, Subject="Discovery", StartDateTime="2026-11-01T10:00:00.000+0000")
    assert run("apply", "--deal", first, "--yes").exit_code == 0
    assert acme.move(first, "Proposal/Price Quote") == (204, "")
    (task,) = [each for each in acme.org.rows("Task") if each["WhatId"] == first]
    assert task["Status"] == "Completed"


def test_a_deal_of_one_event_takes_few_calls(acme: Acme, run: Run) -> None:
    run("install", "salesforce")
    before = acme.crm.api_calls
    assert run("apply", "--deal", acme.deals[0], "--yes").exit_code == 0
    describe, read, people, flags, tasks = 1, 2, 1, 1, 1
    assert acme.crm.api_calls - before == describe + read + people + flags + tasks


def test_whoever_passes_a_closed_gate_is_named_and_the_deal_goes_back(acme: Acme, run: Run) -> None:
    run("install", "salesforce")
    run("sweep")
    robot = acme.org.add("User", Name="Data Loader", IsActive=True)
    acme.org.change("Opportunity", acme.deals[1], by=robot, StageName="Proposal/Price Quote")
    swept = run("sweep", "--allow", "moves=100", "--allow", "blocked=100")
    assert "was moved from `Discovery` to `Proposal` by Data Loader" in swept.stdout
    deal = acme.org.get("Opportunity", acme.deals[1])
    assert deal["StageName"] == "Qualification"
    assert "problem is written down" in deal[names.NOTE].lower()


def test_a_sweep_that_cannot_tell_the_org_says_so_after_its_digest(acme: Acme, run: Run) -> None:
    run("install", "salesforce")
    acme.crm.faults.forbid_field(names.HEARTBEAT, names.SWEPT_AT)
    swept = run("sweep")
    assert swept.exit_code == 3
    assert "written: 5 flags, 5 new tasks" in swept.stdout
    assert "the CRM was not told that this sweep ended, and its gates go stale: Salesforce answered" in swept.stdout


def test_the_short_form_of_an_id_names_the_deal_wherever_one_is_asked_for(acme: Acme, run: Run) -> None:
    run("install", "salesforce")
    short = acme.deals[2][:15]
    (judged,) = json.loads(run("check", "--deal", short, "--format", "json").stdout)["deals"]
    assert judged["id"] == acme.deals[2]
    assert acme.deals[2] in run("explain", "--deal", short).stdout
    until = ("--until", "2099-01-31", "--reason", "Signed on paper last week", "--approver", "rita@acme.example")
    waived = run("waive", "--deal", short, "--criterion", "met", *until)
    assert waived.exit_code == 0, waived.output
    (judged,) = json.loads(run("check", "--deal", short, "--format", "json").stdout)["deals"]
    assert [each["criterion"] for each in judged["findings"] if each["waiver"]] == ["met"]
    assert run("apply", "--deal", short, "--yes").exit_code == 0


def test_a_folder_that_cannot_be_written_is_named(acme: Acme, run: Run, tmp_path: Path) -> None:
    assert acme.deals
    (tmp_path / "taken").write_text("", encoding="utf-8")
    refused = run("install", "salesforce", "--dry-run", "--into", "taken")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("the project cannot be written to `taken`: ")


def test_install_as_a_project_writes_what_an_administrator_deploys(acme: Acme, run: Run, tmp_path: Path) -> None:
    done = run("install", "salesforce", "--dry-run", "--into", "project")
    assert done.exit_code == 0
    assert (tmp_path / "project" / "sfdx-project.json").exists()
    assert not acme.org.rules
    drifted = run("install", "--check")
    assert drifted.exit_code == 1
    assert "is missing" in drifted.stdout


def test_a_refused_sign_in_ends_with_code_3_and_what_to_do(
    acme: Acme, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESFORCE_CLIENT_ID", "3MVGwrong")
    refused = run("check")
    assert refused.exit_code == 3
    assert "help: check `client_id`" in refused.stderr
    assert "PRIVATE KEY" not in refused.output
    assert acme.crm.api_calls == 0
