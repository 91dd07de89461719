"""What a command works with: configuration, CRM, playbooks, waivers and the moment, found once at the edge."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, time
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.connecting import connect
from connectors.crm_settings import LocalSettings, kind_of
from connectors.protocol import Connector
from console.warehouse import WarehouseAsked
from engine.ledger.store import Ledger, open_ledger, store_url
from engine.runs.config import NAME, STORE, Config, load_config
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.playbooks import load_playbooks
from engine.runs.waive import Waivers, WaiverSources
from rules.literals import DAY, NotAValueError, read_date, read_time
from rules.playbook import Playbook
from rules.problems import did_you_mean

NO_WAREHOUSE = WarehouseAsked()


@dataclass(frozen=True)
class Asked:
    """What the options of a command said; "" and none mean: as configured."""

    config: Path | None = None
    crm: str = ""
    playbooks: Sequence[str] = ()
    as_of: str = ""
    store: str = ""
    upgrade_store: bool = False
    warehouse: WarehouseAsked = NO_WAREHOUSE


class Desk(ExitStack):
    """Everything a command works with; as a context manager it closes what it opened."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked
        self.config = configured(asked.config)
        self.playbooks = load_playbooks(playbook_files(asked, self.config))
        self.as_of = read_as_of(asked.as_of, self.playbooks)
        self.connector = self._connector()
        self._ledger: Ledger | None = None

    @property
    def crm(self) -> str:
        """What the CRM is called in the store: its configured name, or its full path."""
        name = self._crm_name()
        return name if name in self.config.crms else str(Path(name).resolve())

    @property
    def store(self) -> str:
        """Where runs are kept."""
        return self.asked.store or self.config.store

    def deal_id(self, given: str) -> str:
        """Spell the id of a deal as the CRM's tables do."""
        return self.connector.deal_id(given.strip())

    def deal_ids(self, given: Iterable[str] | None) -> tuple[str, ...]:
        """Spell the ids of deals, none where none is named."""
        return tuple(map(self.deal_id, given or ()))

    def ledger(self) -> Ledger:
        """Open the store; a SQLite file is made where there is none."""
        if self._ledger is None:
            self._ledger = self.enter_context(open_ledger(self.store, may_upgrade=self.asked.upgrade_store))
        return self._ledger

    def ledger_to_read(self) -> Ledger:
        """Open the store to read; one that does not exist yet is empty, and is not made."""
        return self.ledger() if _exists(self.store) else self.enter_context(store_to_read(self.store))

    def waivers(self) -> Waivers:
        """Give the waivers that hold as of the moment; a store that does not exist yet holds none."""
        return self.waiver_sources().waivers(self.as_of)

    def waiver_sources(self) -> WaiverSources:
        """Give where waivers come from."""
        ledger = self.ledger() if _exists(self.store) else None
        return WaiverSources(self.playbooks, self.connector, ledger, self.config.waivers)

    def _crm_name(self) -> str:
        """Give the name asked for; the kind of a CRM names the only one of its kind."""
        name = self.asked.crm or self.config.crm
        same = [each for each, settings in self.config.crms.items() if kind_of(settings) == name]
        return same[0] if name not in self.config.crms and len(same) == 1 and not Path(name).exists() else name

    def _connector(self) -> Connector:
        if self.asked.warehouse:
            return self._warehouse()
        name = self._crm_name()
        if not name:
            raise Mistake("no CRM is named", "add `--crm NAME`, a SQLite file or a folder of CSV files")
        if name in self.config.unusable:
            raise ProblemsFound(self.config.unusable[name])
        settings = self.config.crms.get(name) or LocalSettings(name, Path(name))
        if isinstance(settings, LocalSettings) and not settings.path.exists():
            known = did_you_mean(name, {*self.config.crms, *self.config.unusable})
            if name in self.config.crms:
                raise Mistake(f"CRM `{name}` does not exist", f"`{settings.path}` is where it should be")
            what = f"no CRM, file or folder is called `{name}`"
            raise Mistake(what, known or "make one with `dealgate import`, or name a folder of CSV files")
        return self.enter_context(connect(settings))

    def _warehouse(self) -> Connector:
        """Open the warehouse that the options name, or a configured one as the options say."""
        name = self._crm_name() if self.asked.crm or self.asked.warehouse.parquet is None else ""
        if name in self.config.unusable:
            raise ProblemsFound(self.config.unusable[name])
        return self.enter_context(connect(self.asked.warehouse.settings(name, self.config.crms.get(name))))


def configured(path: Path | None) -> Config:
    """Load the configuration named, or that of this folder; where there is none, nothing is configured."""
    if path is None and not Path(NAME).exists():
        return Config(store=STORE)
    return load_config(path or Path(NAME), os.environ)


def store_to_read(store: str) -> Ledger:
    """Open a store to read; one that does not exist yet is empty, and is not made."""
    return open_ledger(store if _exists(store) else ":memory:")


def playbook_files(asked: Asked, config: Config) -> list[Path]:
    """Give the files of the playbooks that were named, or else configured."""
    named = [playbook_file(name) for name in asked.playbooks] or list(config.playbooks)
    if not named:
        shipped = ", ".join(f"`{name}`" for name in shipped_playbooks())
        raise Mistake("no playbook is named", f"name a file under `playbooks` in `{NAME}`, or a shipped one: {shipped}")
    return named


def read_as_of(text: str, playbooks: Iterable[Playbook]) -> datetime:
    """Read the moment to judge for: now where nothing is said, a date as its midnight, without an offset local."""
    if not text:
        return datetime.now(UTC)
    zones = {playbook.calendar.timezone for playbook in playbooks}
    local = DAY.fullmatch(text.strip()) is not None or not text.strip().endswith("Z")
    if local and len(zones) > 1 and not _has_offset(text):
        named = ", ".join(f"`{zone}`" for zone in sorted(zones))
        raise Mistake(f"`--as-of {text}` has no offset, and the playbooks differ in their zone: {named}", "end it in Z")
    zone = ZoneInfo(next(iter(zones), "UTC"))
    try:
        if DAY.fullmatch(text.strip()):
            return datetime.combine(read_date(text.strip()), time.min, zone).astimezone(UTC)
        return read_time(text.strip(), zone)
    except (NotAValueError, OverflowError):
        raise Mistake(f"`--as-of {text}` is not a time", "write it as 2026-11-02T15:00:00Z or 2026-11-02") from None


def playbook_file(name: str) -> Path:
    """Find a playbook by its path, or a shipped one by its name."""
    path = Path(name)
    shipped = shipped_playbooks().get(name)
    return shipped if shipped is not None and not path.exists() else path


def shipped_playbooks() -> dict[str, Path]:
    """Give the playbooks that ship with Dealgate, by name."""
    folder = Path(str(files("playbooks")))
    found = sorted(folder.glob("*.yaml"))
    return {path.stem: path for path in found if not path.name.endswith(".cases.yaml")}


def _has_offset(text: str) -> bool:
    clock = text.strip().partition("T")[2] or text.strip().partition(" ")[2]
    return any(sign in clock for sign in "Z+-")


def _exists(store: str) -> bool:
    url = store_url(store)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()
