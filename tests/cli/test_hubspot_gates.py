"""HubSpot's own gates from the command line: installed, filled in by a sweep, required, refusing, open again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.hubspot import names
from tests.cli.conftest import Run
from tests.simulators.hubspot import HubSpotSimulator, Source

PLAYBOOK = """
playbook: sales
version: 3
title: Sales
applies_to: {pipeline: Sales}
gates: {when_stale: closed}
moves: {skip: hard}
fields:
  pain: {type: text, crm: {salesforce: Pain__c, hubspot: identified_pain}}
roles:
  champion: {salesforce: Champion, hubspot: CHAMPION}
stages:
  - id: discovery
    title: Discovery
    crm: {salesforce: Qualification, hubspot: "1001"}
    exit_criteria:
      - id: pain-known
        says: The problem is written down
        require: {filled: [pain]}
        enforce: hard
        task: {title: Write down the problem, due: 2 business days}
      - {id: met, says: We have met, require: {activities: {some: {kind: meeting}}}, enforce: soft}
  - {id: proposal, title: Proposal, crm: {salesforce: Proposal/Price Quote, hubspot: "1002"}}
  - {id: contract, title: Contract, crm: {salesforce: Negotiation/Review, hubspot: "1003"}}
outcomes:
  won: {crm: {salesforce: Closed Won, hubspot: "1004"}}
  lost: {crm: {salesforce: Closed Lost, hubspot: "1005"}}
"""
CONFIG = """
crms:
  acme:
    type: hubspot
    url: {url}
    sign_in: token
    token: "${{HUBSPOT_TOKEN}}"
crm: acme
playbooks: [sales.yaml]
correct_moves: true
"""
STAGES = {
    "1001": ("Discovery", "0.2"),
    "1002": ("Proposal", "0.5"),
    "1003": ("Contract", "0.9"),
    "1004": ("Closed won", "1.0"),
    "1005": ("Closed lost", "0.0"),
}
GATE = "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
WORKFLOW = Source("AUTOMATION_PLATFORM", "enrollmentId:1")


class Acme:
    """An account, and a folder in which `dealgate` is configured to reach it."""

    def __init__(self, crm: HubSpotSimulator) -> None:
        self.crm, self.account = crm, crm.account
        self.account.add_pipeline("sales", "Sales", STAGES)
        self.account.add_property("deals", "identified_pain")
        self.rita = self.account.add_owner("rita@acme.example", "Rita", "Rep")
        self.deals = [self.deal(f"Globex {number}") for number in range(5)]

    def deal(self, name: str, stage: str = "1001", **more: Any) -> str:
        return self.account.add_deal(name, stage, pipeline="sales", hubspot_owner_id=self.rita, **more)

    def require_gates(self) -> None:
        """Click what SETUP.md says."""
        for stage in ("1002", "1003", "1004"):
            self.account.require(stage, f"{names.GATE}{stage}")

    def move(self, id_: str, stage: str) -> str:
        """Move a deal by another client than ours; give the code of the refusal, blank where it went through."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.patch(
                f"{self.crm.url}/crm/objects/2026-09/deals/{id_}",
                json={"properties": {"dealstage": stage}},
                headers={"Authorization": f"Bearer {self.crm.token}"},
            )
        return "" if answer.ok else str(answer.json()["errors"][0]["code"])


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    with HubSpotSimulator() as crm:
        crm.clock.now = datetime.now(UTC)
        monkeypatch.chdir(tmp_path)
        for name, value in {"COLUMNS": "110", "NO_COLOR": "1", "HUBSPOT_TOKEN": crm.token, "NO_PROXY": "*"}.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "sales.yaml").write_text(PLAYBOOK, encoding="utf-8")
        (tmp_path / "dealgate.yaml").write_text(CONFIG.format(url=crm.url), encoding="utf-8")
        yield Acme(crm)


def test_from_nothing_to_a_gate_that_opens(acme: Acme, run: Run) -> None:
    lacking = run("doctor")
    assert lacking.exit_code == 1
    assert "run `dealgate install`" in lacking.stdout
    installed = run("install", "hubspot")
    assert installed.exit_code == 0, installed.output
    assert "made: property deals.dealgate_gate_1002" in installed.stdout
    assert "no drift" in run("install", "--check").stdout
    assert "wrong   install" not in run("doctor").stdout

    swept = run("sweep")
    assert swept.exit_code == 0, swept.output
    assert "written: 5 flags, 5 new tasks" in swept.stdout

    acme.require_gates()
    first = acme.deals[0]
    assert acme.move(first, "1002") == GATE
    acme.account.change("deals", first, identified_pain="They retype every order")
    acme.account.add_activity("meetings", first, datetime.now(UTC) - timedelta(hours=1), hs_meeting_outcome="COMPLETED")
    assert acme.move(first, "1002") == GATE
    assert run("apply", "--deal", first, "--yes").exit_code == 0
    assert acme.move(first, "1002") == ""


def test_whoever_passes_a_closed_gate_is_named_and_the_deal_goes_back(acme: Acme, run: Run) -> None:
    run("install", "hubspot")
    run("sweep")
    acme.require_gates()
    acme.account.move(acme.deals[1], "1002", by=WORKFLOW)
    swept = run("sweep", "--allow", "moves=100", "--allow", "blocked=100")
    assert "was moved from `Discovery` to `Proposal`" in swept.stdout, swept.output
    deal = acme.account.get("deals", acme.deals[1])
    assert deal["dealstage"] == "1001"
    assert "problem is written down" in deal[names.NOTE].lower()


def test_gates_that_are_made_later_and_filled_in_by_hand_are_mended_without_surprise(acme: Acme, run: Run) -> None:
    playbook = Path("sales.yaml")
    playbook.write_text(PLAYBOOK.replace("when_stale: closed", "when_stale: open"), encoding="utf-8")
    for number in range(20):
        acme.deal(f"Initech {number}")
    run("install", "hubspot")
    assert run("sweep", "--allow", "tasks-per-owner=25").exit_code == 0
    assert f"{names.GATE}1002" not in acme.account.kinds["deals"].properties
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    assert run("install", "hubspot").exit_code == 0
    for id_ in acme.deals:
        acme.account.change("deals", id_, **{f"{names.GATE}1003": "open"})
    swept = run("sweep")
    assert swept.exit_code == 0, swept.output
    assert "written: 5 flags" in swept.stdout
    assert not any(acme.account.get("deals", id_).get(f"{names.GATE}1003") for id_ in acme.deals)


def test_install_as_a_project_writes_what_an_administrator_reads_and_uploads(
    acme: Acme, run: Run, tmp_path: Path
) -> None:
    done = run("install", "hubspot", "--dry-run", "--into", "project")
    assert done.exit_code == 0
    written = {str(path.relative_to(tmp_path / "project")) for path in (tmp_path / "project").rglob("*")}
    assert {"hsproject.json", "README.md", "GATES.md", "SETUP.md", "src/app/app-hsmeta.json"} <= written
    assert names.STATUS not in acme.account.kinds["deals"].properties
    drifted = run("install", "--check")
    assert drifted.exit_code == 1
    assert "is missing" in drifted.stdout
