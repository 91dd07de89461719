"""A Salesforce org behind the protocol every CRM stands behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from connectors.mirror.mirror import Mirror, open_mirror
from connectors.protocol import Capabilities, Difference, Installed, Observation, OnRead, Spent
from connectors.salesforce import names
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import NotReadableError
from connectors.salesforce.examining import examine
from connectors.salesforce.facts import OrgFacts
from connectors.salesforce.fetching import IDS_AT_ONCE, listed
from connectors.salesforce.few_deals import few_deals
from connectors.salesforce.filters import pushed_down
from connectors.salesforce.heartbeat import record_sweep
from connectors.salesforce.ids import id18
from connectors.salesforce.install.deploy import deploy
from connectors.salesforce.install.drift import drift
from connectors.salesforce.install.project import project_files
from connectors.salesforce.install.rules import PlaybookRules, not_prevented, rules_of
from connectors.salesforce.known_facts import KnownFacts
from connectors.salesforce.query import Soql
from connectors.salesforce.reading import Reader
from connectors.salesforce.refreshing import Refreshing, Scope
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.standard import OPPORTUNITY, TASK
from connectors.salesforce.state import TASK_FIELDS, state_from_rows, tells_all
from connectors.salesforce.wanted import Wanted, wanted
from connectors.salesforce.writing import Writer
from engine.judge.changes import Change, Flags, Receipt, WriteBackState
from engine.judge.tables import Tables
from rules.playbook import Playbook
from rules.problems import Problem

NAME = "salesforce"


def nobody_watches(_what: str, _rows: int) -> None:
    """Take note of nothing."""


def connect(settings: SalesforceSettings) -> SalesforceConnector:
    """Open an org; nothing is sent yet."""
    return SalesforceConnector(settings, SalesforceClient(settings))


class SalesforceConnector:
    """One org. The whole pipeline is read through a mirror that is refreshed once; a few deals are read directly."""

    name = NAME
    capabilities = Capabilities(unique_task_key=True, moves_stages=True, preventive_gates=True, writes_at_once=2000)

    def __init__(self, settings: SalesforceSettings, client: SalesforceClient) -> None:
        self.settings = settings
        self.client = client
        self._writer = Writer(client, client.pause, self._told_by_rules)
        self._rules: dict[str, PlaybookRules] = {}
        self._on_read: OnRead = nobody_watches
        self._known = KnownFacts(client)
        self._mirror: Mirror | None = None
        self._mirrored: Wanted | None = None
        self._few: Mirror | None = None
        self._written = set[str]()
        self._problems: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of the playbooks the org does not hold, or hides from the signed-in user."""
        return self._problems

    @property
    def cost(self) -> str:
        """How many API calls were made, and how many the org has left today."""
        usage = self.client.usage
        left = f", {usage.left:,} of {usage.limit:,} left today" if usage else ""
        return f"{self.client.calls.total:,} calls to Salesforce{left}"

    @property
    def spent(self) -> Spent:
        """Count the API calls that were made, and those that are left today."""
        usage = self.client.usage
        calls = dict(self.client.calls.by_kind)
        return Spent(calls, usage.left, usage.limit) if usage else Spent(calls)

    def watch(self, on_read: OnRead) -> None:
        """Tell `on_read` which object is being fetched."""
        self._on_read = on_read

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield batches of deals, sorted by id; a run refreshes the mirror once, however often it reads."""
        if deal_ids is None:
            mirror, asked = self._refreshed(playbooks)
            yield from Reader(mirror, asked).all_deals(batch_size)
            return
        ids = sorted({id18(each) for each in deal_ids})
        for start in range(0, len(ids), batch_size):
            some = ids[start : start + batch_size]
            mirror, asked = self._fetched(playbooks, some)
            yield from Reader(mirror, asked).these_deals(some, batch_size)

    def deal_id(self, given: str) -> str:
        """Give an id its 18 characters: reports and addresses show 15 of them."""
        return id18(given)

    def count_open(self) -> int | None:
        """Count the open deals of the mirror, once that is fresh."""
        if self._mirror is None or self._mirrored is None:
            return None
        row = self._mirror.db.execute('SELECT count(*) FROM "Opportunity" WHERE NOT "IsClosed"').fetchone()
        return int(row[0]) if row else None

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        """Give what was just read of these deals; those written since, and those not read, are asked for."""
        found = [self._held(mirror, deal_ids) for mirror in (self._few, self._mirror) if mirror is not None]
        held = next((state for state, whole in found if whole), None)
        return held if held is not None else self._asked_state([id18(each) for each in deal_ids])

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes 200 a call, moves singly."""
        self._written.update(change.deal_id for change in changes)
        return self._writer.write(changes)

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        """Ask by key what became of changes."""
        return self._writer.find_written(changes)

    def record_sweep(self, ended_at: datetime) -> None:
        """Set the heartbeat that the org's gates ask how fresh they are."""
        record_sweep(self.client, self._mirror, ended_at)

    def prepare(self, playbooks: Sequence[Playbook]) -> None:
        """Make the rules that say which refusals the org words by itself."""
        self._made(playbooks)

    def project(self, playbooks: Sequence[Playbook]) -> Mapping[str, bytes]:
        """Give the project that an administrator can read and deploy."""
        return project_files(playbooks, self._made(playbooks))

    def not_prevented(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Name what no rule of the org asks, and why."""
        return not_prevented(self._made(playbooks))

    def install(self, playbooks: Sequence[Playbook]) -> Installed:
        """Deploy what is missing or differs."""
        return deploy(self.client, self._made(playbooks), self.drift(playbooks), self.client.pause)

    def drift(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Compare the org as it is now with what the playbooks ask for."""
        self._known.forget(self._mirror)
        return drift(self.client, self.facts(playbooks), self._made(playbooks))

    def examine(self, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
        """Look at everything Dealgate needs of the org."""
        return examine(self.client, playbooks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for mirror in (self._few, self._mirror):
            if mirror is not None:
                mirror.close()
        self.client.close()

    def facts(self, playbooks: Sequence[Playbook]) -> OrgFacts:
        """Give what the org has of what these playbooks need."""
        return self._known.of(playbooks, self._mirror)

    def _made(self, playbooks: Sequence[Playbook]) -> dict[str, PlaybookRules]:
        self._rules = rules_of(playbooks, self.facts(playbooks), self.settings.columns)
        return self._rules

    def _told_by_rules(self, flags: Flags) -> bool:
        """Whether rules made of the deal's playbook refuse it in words of their own, whatever stands against it."""
        made = self._rules.get(flags.playbook)
        return made is not None and tells_all(flags, made.said)

    def _refreshed(self, playbooks: Sequence[Playbook]) -> tuple[Mirror, Wanted]:
        """Bring the mirror up to date, once a run for the same question."""
        mirror = self._mirror = self._mirror or open_mirror(self.settings.mirror, self.settings.url)

        def refresh(asked: Wanted) -> Mirror:
            if self._mirrored is None or self._mirrored.sources != asked.sources:
                since = datetime.now(UTC) - timedelta(days=self.settings.closed_days)
                scope = Scope(since, pushed_down(playbooks, self.facts(playbooks)))
                Refreshing(self.client, mirror, asked, scope, self._on_read).refresh()
                self._written.clear()
            self._mirrored = asked
            return mirror

        return self._asking(playbooks, refresh)

    def _fetched(self, playbooks: Sequence[Playbook], ids: Sequence[str]) -> tuple[Mirror, Wanted]:
        """Read some deals into memory; those that the mirror just got are taken from there."""

        def fetch(asked: Wanted) -> Mirror:
            if self._mirror is not None and self._mirrored is not None and self._mirrored.sources == asked.sources:
                return self._mirror
            if self._few is not None:
                self._few.close()
            self._few = few_deals(self.client, asked, ids, self._on_read)
            self._written.difference_update(ids)
            return self._few

        return self._asking(playbooks, fetch)

    def _asking(self, playbooks: Sequence[Playbook], ask: Callable[[Wanted], Mirror]) -> tuple[Mirror, Wanted]:
        """Ask for what the playbooks need; where the org no longer has all of it, look again what it has."""
        asked = self._wanted(playbooks)
        try:
            return ask(asked), asked
        except NotReadableError:
            self._known.forget(self._mirror)
            anew = self._wanted(playbooks)
            if anew.sources == asked.sources:
                raise
            return ask(anew), anew

    def _wanted(self, playbooks: Sequence[Playbook]) -> Wanted:
        found = wanted(self.facts(playbooks), playbooks, self.settings)
        self._made(playbooks)
        self._problems = found.problems
        return found

    def _held(self, mirror: Mirror, deal_ids: Sequence[str]) -> tuple[WriteBackState, bool]:
        """Read what a mirror holds of ours, and whether it knows all of these deals as they are."""
        if self._written.intersection(deal_ids):
            return WriteBackState(), False
        some = listed(deal_ids)
        deals = _rows(mirror, f'SELECT * FROM "Opportunity" WHERE "Id" IN ({some})') if some else []
        tasks = (
            [] if "Task" not in mirror.tables() else _rows(mirror, f'SELECT * FROM "Task" WHERE "WhatId" IN ({some})')
        )
        return state_from_rows(deals, tasks), len(deals) == len(set(deal_ids))

    def _asked_state(self, ids: Sequence[str]) -> WriteBackState:
        """Ask for what the org holds of ours, flags and tasks of 400 deals in one call."""
        facts = self._known.any(self._mirror)
        fields = ["Id", *(each for each in names.FLAG_FIELDS if facts.has(OPPORTUNITY, each))]
        chunks = [listed(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]
        asked = [f"SELECT {', '.join(fields)} FROM Opportunity WHERE Id IN ({some})" for some in chunks]
        if facts.has(TASK, names.KEY):
            ours = f"SELECT {', '.join(TASK_FIELDS)} FROM Task WHERE {names.KEY} != null AND WhatId IN"
            asked += [f"{ours} ({some})" for some in chunks]
        found = [query.rows() for query in self.client.queries([Soql(each) for each in asked])]
        return state_from_rows(chain(*found[: len(chunks)]), chain(*found[len(chunks) :]))


def _rows(mirror: Mirror, sql: str) -> list[dict[str, Any]]:
    table: pa.Table = mirror.db.sql(sql).to_arrow_table()
    return list(table.to_pylist())
