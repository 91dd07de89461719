"""Waivers of a run: those of the store and of a reviewed file, judged by the one policy; and granting one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.protocol import Connector
from engine.judge.tables import Tables
from engine.judge.waiver_file import WaiverFile, read_waivers
from engine.judge.waiver_policy import Owners, RefusedWaiver, valid_waivers
from engine.judge.waivers import Waiver
from engine.ledger.store import Ledger
from engine.ledger.waivers import record_waiver, waivers_in_force
from engine.runs.files import read_file
from engine.runs.mistakes import Mistake, ProblemsFound
from rules.playbook import Playbook

NO_FILE = WaiverFile({})


class WaiverRefused(Mistake):
    """A waiver is not allowed; the message says why and who may grant it."""

    def __init__(self, refused: RefusedWaiver) -> None:
        super().__init__(refused.message, refused.help)


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers that hold in a run, and those that are refused, in words: with their place where they have one."""

    valid: tuple[Waiver, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaiverSources:
    """Where waivers come from, and what judges them."""

    playbooks: Sequence[Playbook]
    connector: Connector
    ledger: Ledger | None = None
    file: Path | None = None

    def waivers(self, as_of: datetime) -> Waivers:
        """Give the waivers that hold as of a moment; raises ProblemsFound where the file cannot be understood."""
        filed = self._filed()
        standing = [*filed.waivers, *self._stored(as_of)]
        valid, refused = valid_waivers(standing, self.playbooks, as_of, self._owners(standing, as_of))
        placed = [str(each.at(filed.places[each.waiver]) if each.waiver in filed.places else each) for each in refused]
        return Waivers(valid, tuple(placed))

    def grant(self, ledger: Ledger, waiver: Waiver, now: datetime) -> None:
        """Record a waiver in the store, or raise WaiverRefused; it is judged beside those that stand."""
        standing = [*self._filed().waivers, *self._stored(waiver.granted_at), waiver]
        owners = self._owners(standing, waiver.granted_at)
        _, refused = valid_waivers(standing, self.playbooks, waiver.granted_at, owners)
        for each in refused:
            if each.waiver == waiver:
                raise WaiverRefused(each)
        with ledger.writing() as connection:
            record_waiver(connection, waiver, now)

    def _filed(self) -> WaiverFile:
        if self.file is None:
            return NO_FILE
        zone = ZoneInfo(self.playbooks[0].calendar.timezone)
        filed, problems = read_waivers(read_file(self.file), str(self.file), zone)
        if problems:
            raise ProblemsFound(problems)
        spelled = self.connector.deal_id
        return WaiverFile({replace(each, deal_id=spelled(each.deal_id)): place for each, place in filed.places.items()})

    def _stored(self, as_of: datetime) -> list[Waiver]:
        if self.ledger is None:
            return []
        with self.ledger.reading() as connection:
            return waivers_in_force(connection, as_of)

    def _owners(self, waivers: Iterable[Waiver], as_of: datetime) -> Owners:
        deals = sorted({waiver.deal_id for waiver in waivers if waiver.holds(as_of)})
        owners: dict[str, str | None] = {}
        for tables in self.connector.read(self.playbooks, deals) if deals else ():
            owners |= owner_addresses(tables)
        return owners


def owner_addresses(tables: Tables) -> dict[str, str | None]:
    """Give the e-mail address of each deal's owner by deal id; None where the CRM does not tell."""
    deals, owners = tables["deals"], tables.tables.get("owners")
    known = {"id", "email"}
    named = owners.select(["id", "email"]).to_pylist() if owners and known <= set(owners.column_names) else []
    addresses = {row["id"]: row["email"] for row in named}
    ids = deals["owner_id"].to_pylist() if "owner_id" in deals.column_names else [None] * deals.num_rows
    return {deal: addresses.get(owner) for deal, owner in zip(tables.deal_ids, ids, strict=True)}
