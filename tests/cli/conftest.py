"""Fixtures of the command line's tests: a folder with a small pipeline, its playbook and configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.app import app

AS_OF = "2026-11-02T15:00:00Z"

PLAYBOOK = """\
playbook: small
version: 2
title: Small deals
applies_to: {pipeline: New Business}
enforce: advise
calendar: {timezone: America/New_York, holidays: US}
currency: USD
fields:
  pain:   {type: text}
  budget: {type: money}
  size:   {of: account, type: number}
roles:
  payer: {local: [Budget Holder]}
qualification:
  title: Fit
  bands: {strong: 75, fair: 50, weak: 0}
  dimensions:
    - {id: budget, title: Budget, levels: [{points: 1, when: {filled: [budget]}}, {points: 2, when: {budget: {at_least: 10000}}}]}
    - {id: payer, title: Payer, levels: [{points: 2, when: {contacts: {some: {role: payer}}}}]}
stages:
  - id: discovery
    title: Discovery
    crm: {local: Discovery}
    buyer_journey: Sees the problem
    buyer_tasks: [Say what it costs]
    exit_criteria:
      - id: pain-written
        says: The problem is written down
        require: {pain: {min_words: 4, placeholder: false}}
        enforce: hard
        task: {title: "Write down {account.name}'s problem", due: 2 business days}
        coach: Ask what happens if they do nothing.
  - id: proposal
    title: Proposal
    crm: {local: Proposal}
    buyer_journey: Compares
    entry_criteria:
      - {id: payer-known, says: We know who pays, require: {contacts: {some: {role: payer}}}, enforce: soft}
    exit_criteria:
      - {id: budget-known, says: The budget is known, require: {filled: [budget]}}
outcomes:
  lost: {criteria: [{id: reason, says: A reason is chosen, require: {filled: [lost_reason]}}]}
clocks:
  next_step: {from: discovery, at_most_ahead: 14 days}
rules:
  - {id: big-deal, says: Big deals have a sponsor, when: {amount: {above: 100000}}, then: {flag: sponsor needed}, enforce: observe}
waivers: {approvers: [ops@example.com], at_most: 30 days, open_per_owner: 2}
"""

CASES = """\
as_of: 2026-11-02T15:00:00Z
cases:
  - name: a good deal in discovery may go to proposal
    deal: {pipeline: New Business, stage: discovery, amount: 20000, pain: They retype every order twice, budget: 12000,
           next_step: Demo, next_step_date: 2026-11-05}
    contacts: [{id: p1, name: Ann, role: payer}]
    expect:
      gate: {status: clear, allowed_stage: proposal}
      qualification: {points: 4, percent: 100, band: strong}
  - name: the same without a problem
    like: a good deal in discovery may go to proposal
    deal: {pain: tbd, next_step_date: null}
    expect:
      gate: {status: not_yet, allowed_stage: discovery}
      qualification: {points: 4}
      findings: [pain-written, next_step]
"""

CONFIG = """\
crms:
  acme: {type: local, path: crm}
playbooks: [small.yaml]
"""

TABLES = {
    "deals": """\
id,name,pipeline,stage,amount,currency,owner_id,account_id,created_at,stage_entered_at,close_date,closed_at,outcome,next_step,next_step_date,lost_reason,pain,budget
D1,Harbor rollout,New Business,Discovery,20000,USD,o1,a1,2026-10-01T12:00:00Z,2026-10-01T12:00:00Z,2026-12-01,,open,Demo,2026-11-05,,They retype every order twice,12000
D2,Lumen pilot,New Business,Discovery,30000,USD,o1,a2,2026-10-02T12:00:00Z,2026-10-02T12:00:00Z,2026-12-02,,open,Call,2026-10-20,,tbd,
D3,Quarry [bold]move[/bold],New Business,Proposal,150000,USD,o2,a1,2026-09-01T12:00:00Z,2026-10-12T12:00:00Z,2026-11-30,,open,,,,,9000
D4,Nimbus,New Business,Handshake,5000,USD,o2,a2,2026-09-01T12:00:00Z,,2026-11-30,,open,,,,,
D5,Old renewal,Renewals,Discovery,5000,USD,o2,a2,2026-09-01T12:00:00Z,,2026-11-30,,open,,,,,
D6,Gone,New Business,lost,5000,USD,o2,a2,2026-09-01T12:00:00Z,,2026-10-30,2026-10-30T12:00:00Z,lost,,,,,
""",
    "contacts": "deal_id,id,name,title,role\nD1,p1,Ann Okafor,CFO,Budget Holder\nD3,p2,Ben Ruiz,,\n",
    "owners": "id,name,email,manager_id\no1,Ana Ruiz,ana@example.com,o9\no2,Bo Chen,bo@example.com,o9\n",
    "accounts": "id,name,size\na1,Harbor Lines,640\na2,Lumen Labs,35\n",
}

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured folder, and the present one."""
    (tmp_path / "small.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "small.cases.yaml").write_text(CASES, encoding="utf-8")
    (tmp_path / "dealgate.yaml").write_text(CONFIG, encoding="utf-8")
    crm = tmp_path / "crm"
    crm.mkdir()
    for table, text in TABLES.items():
        (crm / f"{table}.csv").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run `dealgate` with these words."""
    runner = CliRunner()

    def running(*words: str, typed: str = "") -> Result:
        return runner.invoke(app, list(words), input=typed)

    return running


@pytest.fixture
def judged(run: Run, folder: Path) -> Callable[..., Result]:
    """Run a command in the folder, as of the moment the tests are written for."""
    assert folder.is_dir()

    def running(command: str, *words: str) -> Result:
        return run(command, "--as-of", AS_OF, *words)

    return running


def lines_of(result: Result) -> Sequence[str]:
    """Give what was printed, line by line, without space at the ends."""
    return [line.rstrip() for line in result.stdout.splitlines()]
