"""A small pipeline in a simulated account, and its sweeps: each with a client of its own, as each night's run has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.facts import AccountFacts, read_facts
from connectors.hubspot.few_deals import few_deals
from connectors.hubspot.filters import scope_of
from connectors.hubspot.reading import Reader
from connectors.hubspot.refreshing import Refreshing
from connectors.hubspot.wanted import Wanted, objects_of, wanted
from connectors.mirror.mirror import open_mirror
from engine.judge.tables import Tables
from rules.playbook import Playbook, Stage
from rules.problems import Problem
from rules.types import Field, FieldType
from tests.connectors.hubspot.accounts import client_of, settings_of
from tests.simulators.hubspot import HubSpotSimulator

PAIN = Field("pain", FieldType.TEXT, crm={"hubspot": "identified_pain"})
PLAYBOOK = Playbook("p", 1, "P", (Stage("a", "A", crm={"hubspot": "appointmentscheduled"}),), fields=(PAIN,))
DAY = timedelta(days=1)
CLOSED_DAYS = timedelta(days=400)


def ignored(_what: str, _rows: int) -> None:
    """Take note of nothing."""


class Sweeps:
    """Three open deals of one company, one with a champion."""

    def __init__(self, crm: HubSpotSimulator, mirror: Path) -> None:
        self.crm, self.account, self.mirror = crm, crm.account, mirror
        self.account.add_property("deals", "identified_pain", "string")
        self.problems: tuple[Problem, ...] = ()
        self.settings: dict[str, Any] = {}
        self.owner = self.account.add_owner("olga@example.com", "Olga", "Owner", team="North")
        self.company = self.account.add_company("Globex", industry="MACHINERY")
        self.ann = self.account.add_contact("ann@example.com", firstname="Ann", lastname="Arbor")
        self.deals = [self.deal(f"Deal {number}") for number in range(3)]
        self.account.associate("deals", self.deals[0], "contacts", self.ann, "Champion")

    def deal(self, name: str, stage: str = "appointmentscheduled", **more: Any) -> str:
        usual = {"company": self.company, "hubspot_owner_id": self.owner, "closedate": "2026-12-31"}
        return self.account.add_deal(name, stage, **{**usual, **more})

    def client(self) -> HubSpotClient:
        return client_of(self.crm, settings_of(self.crm, self.mirror, **self.settings))

    def sweep(self, playbook: Playbook = PLAYBOOK, *, later: timedelta = DAY, batch_size: int = 100_000) -> Tables:
        """Refresh the mirror and read it, then let time pass."""
        client = self.client()
        asked, facts = self.wanted(client, [playbook])
        mirror = open_mirror(self.mirror, "acme")
        try:
            scope = scope_of([playbook], facts, self.crm.clock.now - CLOSED_DAYS)
            refreshing = Refreshing(client, mirror, asked, scope, ignored)
            refreshing.refresh()
            self.problems = refreshing.gathering.problems
            found = list(Reader(mirror, refreshing.wanted).all_deals(batch_size))
        finally:
            mirror.close()
            client.close()
        self.crm.clock.advance(later)
        return found[0] if found else Tables({})

    def few(self, ids: Sequence[str], playbook: Playbook = PLAYBOOK) -> Tables:
        """Read some deals directly."""
        client = self.client()
        asked, _ = self.wanted(client, [playbook])
        found = few_deals(client, asked, ids, ignored)
        self.problems = found.problems
        named = [found.merged.get(each, each) for each in ids]
        batches = list(Reader(found.mirror, found.wanted).these_deals(named, 100))
        found.mirror.close()
        client.close()
        return batches[0] if batches else Tables({})

    def wanted(self, client: HubSpotClient, playbooks: Sequence[Playbook]) -> tuple[Wanted, AccountFacts]:
        facts = read_facts(client, objects_of(playbooks))
        return wanted(facts, playbooks, client.settings), facts

    def names(self, playbook: Playbook = PLAYBOOK) -> list[str]:
        tables = self.sweep(playbook)
        return sorted(tables["deals"]["name"].to_pylist()) if tables.tables else []

    def calls(self, playbook: Playbook = PLAYBOOK) -> int:
        """Sweep, and count the calls of it."""
        before = self.crm.calls.counted
        self.sweep(playbook)
        return self.crm.calls.counted - before
