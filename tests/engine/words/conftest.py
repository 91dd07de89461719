"""A small playbook whose conditions are written in the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.condition import Condition
from rules.load import load_playbook
from rules.playbook import Playbook

Load = Callable[[str], tuple[Condition, Playbook]]

PLAYBOOK = """
playbook: words
version: 1
title: Words
calendar: {timezone: America/New_York}
segments:
  smb: {amount: {below: 50000}}
  mid_market: {amount: {below: 100000}}
fields:
  pain: {type: text}
  budget_confirmed: {type: yes_no}
  competitors: {type: choices}
  discount: {type: number}
  contract_end: {type: date}
  wants: {of: contacts, type: text}
records:
  quotes: {fields: {primary: {type: yes_no}, total: {type: money}}}
roles: {economic_buyer: {}, champion: {}}
qualification:
  title: MEDDPICC
  dimensions:
    - id: economic-buyer
      title: Economic buyer
      levels: [{points: 3, when: {contacts: {some: {role: economic_buyer}}}}]
stages:
  - {id: discovery, title: Discovery}
  - {id: proposal, title: Proposal}
  - {id: close, title: Closing}
rules:
  - {id: first, when: {filled: [pain]}, then: {flag: probably dead}}
  - {id: it, when: {CONDITION}, then: {flag: it}}
"""


@pytest.fixture(scope="session")
def load_condition() -> Load:
    def load(text: str) -> tuple[Condition, Playbook]:
        playbook, problems = load_playbook(PLAYBOOK.replace("CONDITION", text), "words.yaml")
        assert playbook is not None, problems
        return playbook.rules[1].when, playbook

    return load
