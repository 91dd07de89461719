"""A playbook for a pipeline of a simulated account."""

from __future__ import annotations

from rules.load import load_playbook
from rules.playbook import Playbook
from tests.simulators.hubspot import Account

TEXT = """
playbook: {id}
version: 3
title: Sales
applies_to: {applies_to}
gates: {{when_stale: {stale}}}
waivers: {{approvers: [ann@acme.example]}}
moves: {{skip: {skip}, back: {back}}}
fields:
  pain: {{type: text, crm: {{hubspot: pain}}}}
stages:
  - id: discovery
    title: Discovery
    crm: {{hubspot: discovery}}
    exit_criteria:
      - {{id: pain-known, says: The problem is written down, require: {{filled: [pain]}}, enforce: hard}}
      - {{id: story-told, says: The story is told, require: {{pain: {{min_words: 3}}}}}}
  - {{id: trial, title: Trial, optional: true, crm: {{hubspot: trial}}}}
  - {{id: proposal, title: Proposal, crm: {{hubspot: "501"}}}}
  - {{id: contract, title: Contract, crm: {{hubspot: contract-sent}}}}
outcomes: {{won: {{crm: {{hubspot: won}}}}, lost: {{crm: {{hubspot: lost}}}}}}
"""
STAGES = {
    "discovery": ("Discovery", "0.2"),
    "trial": ("Trial", "0.3"),
    "501": ("Proposal made", "0.5"),
    "contract-sent": ("Contract", "0.9"),
    "won": ("Closed won", "1.0"),
    "lost": ("Closed lost", "0.0"),
}


def process(
    *,
    stale: str = "closed",
    skip: str = "hard",
    back: str = "soft",
    applies_to: str = "{pipeline: Sales}",
    id_: str = "sales",
) -> Playbook:
    """Load the playbook; what is left out is as it is usually."""
    text = TEXT.format(stale=stale, skip=skip, back=back, applies_to=applies_to, id=id_)
    playbook, problems = load_playbook(text, "sales.yaml")
    assert playbook is not None, problems
    return playbook


def add_process(account: Account) -> None:
    """Give the account the pipeline and the property that the playbook names."""
    account.add_pipeline("sales", "Sales", STAGES)
    account.add_property("deals", "pain")
