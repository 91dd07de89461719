"""A HubSpot account behind the protocol every CRM stands behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from connectors.hubspot import names
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.errors import HubSpotError
from connectors.hubspot.examining import examine
from connectors.hubspot.facts import AccountFacts
from connectors.hubspot.few_deals import FewDeals, few_deals
from connectors.hubspot.filters import scope_of
from connectors.hubspot.gates import NO_GATES, Gates
from connectors.hubspot.held import asked_for, held_in
from connectors.hubspot.install.deploy import deploy
from connectors.hubspot.install.drift import drift
from connectors.hubspot.install.project import project_files
from connectors.hubspot.install.rules import PlaybookGates, gates_held, gates_of
from connectors.hubspot.known_facts import KnownFacts
from connectors.hubspot.reading import Reader
from connectors.hubspot.refreshing import Refreshing
from connectors.hubspot.settings import HubSpotSettings
from connectors.hubspot.standard import DEALS, TASKS
from connectors.hubspot.wanted import Wanted, wanted
from connectors.hubspot.writing import Writer
from connectors.mirror.mirror import Mirror, open_mirror
from connectors.protocol import Capabilities, Difference, Installed, Observation, OnRead, Spent
from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.tables import Tables
from rules.playbook import Playbook
from rules.problems import Problem

NAME = "hubspot"
CLOSED = "hs_is_closed"
REFUSED = 400
"""The status by which HubSpot refuses a search for a property that is gone."""


def nobody_watches(_what: str, _rows: int) -> None:
    """Take note of nothing."""


def connect(settings: HubSpotSettings) -> HubSpotConnector:
    """Open an account; nothing is sent yet."""
    return HubSpotConnector(settings, HubSpotClient(settings))


class HubSpotConnector:
    """One account. The whole pipeline is read through a mirror that is refreshed once; a few deals are read directly.

    Whether the tasks' key is unique is known once something of the account is; until then it is not counted on.
    """

    name = NAME

    def __init__(self, settings: HubSpotSettings, client: HubSpotClient) -> None:
        self.settings = settings
        self.client = client
        self.capabilities = Capabilities(
            unique_task_key=False, moves_stages=True, preventive_gates=True, writes_at_once=1000
        )
        self._writer = Writer(client, client.pause, self._has_unique_key, self._zone, self._gates)
        self._known = KnownFacts(client)
        self._playbooks: tuple[Playbook, ...] = ()
        self._on_read: OnRead = nobody_watches
        self._mirror: Mirror | None = None
        self._refreshed_as: tuple[Wanted, FewDeals] | None = None
        self._few: FewDeals | None = None
        self._written = set[str]()
        self._problems: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of the playbooks the account does not hold, or hides from the app, and values that do not parse."""
        return self._problems

    @property
    def cost(self) -> str:
        """How many API calls were made, and how many the account has left today."""
        usage = self.client.usage
        left = f", {usage.left:,} of {usage.limit:,} left today" if usage else ""
        return f"{self.client.calls.total:,} calls to HubSpot{left}"

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
        """Yield batches of deals, sorted by id; a run refreshes the mirror once, however often it reads.

        A deal that was merged into another is given as that one.
        """
        if deal_ids is None:
            held = self._refreshed(playbooks)
            yield from Reader(held.mirror, held.wanted).all_deals(batch_size)
            return
        ids = sorted(set(deal_ids))
        for start in range(0, len(ids), batch_size):
            some = ids[start : start + batch_size]
            held = self._fetched(playbooks, some)
            yield from Reader(held.mirror, held.wanted).these_deals(
                [held.merged.get(each, each) for each in some], batch_size
            )

    def deal_id(self, given: str) -> str:
        """Ids have one spelling here."""
        return given

    def count_open(self) -> int | None:
        """Count the open deals of the mirror, once that is fresh."""
        held = self._refreshed_as[1] if self._refreshed_as is not None else None
        if held is None or CLOSED not in held.wanted.sources[DEALS].kinds:
            return None
        row = held.mirror.db.execute(f"SELECT count(*) FROM {DEALS} WHERE {CLOSED} IS NOT TRUE").fetchone()
        return int(row[0]) if row else None

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:
        """Give what was just read of these deals; those written since, and those not read, are asked for."""
        zone, gates = self._zone(), self._gates()
        read = (self._few, self._refreshed_as[1] if self._refreshed_as else None)
        for each in read if self._written.isdisjoint(deal_ids) else ():
            held = held_in(each.mirror, deal_ids, zone, gates) if each is not None else None
            if held is not None:
                return held
        return asked_for(self.client, self._known.any(), sorted(set(deal_ids)), zone, gates)

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:
        """Write changes 100 a call, moves singly."""
        self._written.update(change.deal_id for change in changes)
        return self._writer.write(changes)

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:
        """Ask by key, or by the deals' tasks, what became of changes."""
        return self._writer.find_written(changes)

    def record_sweep(self, ended_at: datetime) -> None:
        """Tell nothing: HubSpot's rules know no time, and every deal says itself when it was checked."""

    def prepare(self, playbooks: Sequence[Playbook]) -> None:
        """Learn which gate properties are kept in step with the flags."""
        self._wanted(playbooks)

    def project(self, playbooks: Sequence[Playbook]) -> Mapping[str, bytes]:
        """Give the project that an administrator can read and upload, with what is left to click."""
        facts = self.facts(playbooks)
        read = {each.path for each in wanted(facts, playbooks, self.settings).columns["deals"]}
        return project_files(playbooks, self._made(playbooks), facts, self.settings, sorted(read))

    def not_prevented(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Name what HubSpot does not judge by itself, and why."""
        return [each for made in self._made(playbooks).values() for each in made.left]

    def install(self, playbooks: Sequence[Playbook]) -> Installed:
        """Make what is missing or differs."""
        self._known.forget()
        done = deploy(self.client, self.facts(playbooks), playbooks, self._made(playbooks))
        self._known.forget()
        return done

    def drift(self, playbooks: Sequence[Playbook]) -> Sequence[Difference]:
        """Compare the account as it is now with what the playbooks ask for."""
        self._known.forget()
        return drift(self.client, self.facts(playbooks), playbooks, self._made(playbooks))

    def examine(self, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
        """Look at everything Dealgate needs of the account."""
        return examine(self.client, playbooks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_few()
        if self._mirror is not None:
            self._mirror.close()
        self.client.close()

    def facts(self, playbooks: Sequence[Playbook]) -> AccountFacts:
        """Give what the account has of what these playbooks need."""
        found = self._known.of(playbooks)
        self.capabilities = replace(self.capabilities, unique_task_key=_is_unique(found))
        return found

    def _made(self, playbooks: Sequence[Playbook]) -> dict[str, PlaybookGates]:
        return gates_of(playbooks, self.facts(playbooks))

    def _refreshed(self, playbooks: Sequence[Playbook]) -> FewDeals:
        """Bring the mirror up to date, once a run for the same question."""
        mirror = self._mirror = self._mirror or open_mirror(self.settings.mirror, self.settings.url)

        def refresh(asked: Wanted) -> FewDeals:
            since = (self.client.now() or datetime.now(UTC)) - timedelta(days=self.settings.closed_days)
            scope = scope_of(playbooks, self.facts(playbooks), since)
            refreshing = Refreshing(self.client, mirror, asked, scope, self._on_read)
            refreshing.refresh()
            found = refreshing.gathering
            return FewDeals(mirror, found.wanted, {}, found.problems, found.gone)

        held = self._held(playbooks)
        if held is None:
            asked, held = self._asking(playbooks, refresh)
            self._written.clear()
            self._refreshed_as = asked, held
        return held

    def _fetched(self, playbooks: Sequence[Playbook], ids: Sequence[str]) -> FewDeals:
        """Read some deals into memory; those that the mirror just got are taken from there."""

        def fetch(asked: Wanted) -> FewDeals:
            self._close_few()
            self._few = few_deals(self.client, asked, ids, self._on_read)
            return self._few

        held = self._held(playbooks)
        if held is None:
            _, held = self._asking(playbooks, fetch)
            self._written.difference_update(ids)
        return held

    def _held(self, playbooks: Sequence[Playbook]) -> FewDeals | None:
        """Give what the mirror got in this run, where that answers the same question."""
        asked = self._wanted(playbooks)
        same = self._refreshed_as is not None and self._refreshed_as[0].sources == asked.sources
        return self._refreshed_as[1] if self._refreshed_as is not None and same else None

    def _asking(self, playbooks: Sequence[Playbook], ask: Callable[[Wanted], FewDeals]) -> tuple[Wanted, FewDeals]:
        """Ask for what the playbooks need; where the account no longer has all of it, look again what it has."""
        asked = self._wanted(playbooks)
        try:
            found = ask(asked)
        except HubSpotError as refusal:
            if refusal.status != REFUSED or (anew := self._looked_again(playbooks)).sources == asked.sources:
                raise
            asked, found = anew, ask(anew)
        if found.gone and (anew := self._looked_again(playbooks)).sources != asked.sources:
            asked, found = anew, ask(anew)
        self._problems = found.problems
        return asked, found

    def _looked_again(self, playbooks: Sequence[Playbook]) -> Wanted:
        self._known.forget()
        return self._wanted(playbooks)

    def _close_few(self) -> None:
        if self._few is not None:
            self._few.mirror.close()
            self._few = None

    def _wanted(self, playbooks: Sequence[Playbook]) -> Wanted:
        self._playbooks = tuple(playbooks)
        return wanted(self.facts(playbooks), playbooks, self.settings)

    def _has_unique_key(self) -> bool:
        return _is_unique(self._known.any())

    def _zone(self) -> tzinfo:
        return ZoneInfo(self._known.any().time_zone)

    def _gates(self) -> Gates:
        """Give the account's gate properties; none are touched while it is not known which playbooks ask for them."""
        if not self._playbooks:
            return NO_GATES
        return gates_held(self._made(self._playbooks), self.facts(self._playbooks).objects.get(DEALS, ()))


def _is_unique(facts: AccountFacts) -> bool:
    key = facts.find(TASKS, names.KEY)
    return key is not None and key.unique
