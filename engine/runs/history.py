"""The history of a deal: what was decided when and why, put together from what the ledger recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from engine.ledger.deal_history import DealRecords, records_of, texts_of
from engine.ledger.store import Ledger
from engine.runs.history_entries import Entry, What
from engine.runs.history_findings import of_findings
from engine.runs.history_verdicts import of_verdicts
from engine.runs.history_written import of_changes
from rules.load import load_playbook
from rules.playbook import Playbook

ORDER = {what: place for place, what in enumerate(What)}


@dataclass(frozen=True, slots=True)
class History:
    """One deal's entries, newest last; `zone` is the time zone of the playbook that judged it last."""

    deal_id: str
    entries: tuple[Entry, ...]
    zone: ZoneInfo

    def since(self, moment: datetime) -> History:
        """Leave out what was before a moment."""
        return History(self.deal_id, tuple(each for each in self.entries if each.at >= moment), self.zone)


def history_of(ledger: Ledger, deal_id: str, now: datetime) -> History:
    """Tell a deal's history; `now` says which waivers are over."""
    with ledger.reading() as connection:
        records = records_of(connection, deal_id)
        texts = texts_of(connection, records.verdicts)
    playbooks = _loaded(texts)
    entries = sorted(_entries(records, playbooks, now), key=_place)
    return History(deal_id, tuple(entries), _zone(records.verdicts, playbooks))


def _entries(records: DealRecords, playbooks: Mapping[str, Playbook], now: datetime) -> Iterator[Entry]:
    yield from of_verdicts(records.verdicts, records.runs, playbooks)
    yield from of_findings(records.findings, records.runs)
    yield from of_changes(records.changes, records.runs)
    yield from _of_waivers(records.waivers, now)


def _of_waivers(rows: Sequence[RowMapping], now: datetime) -> Iterator[Entry]:
    for row in rows:
        who = f"waiver for `{row['criterion']}` granted by {row['approver']}"
        yield Entry(row["granted_at"], What.WAIVER, f"{who} until {row['expires_at']:%Y-%m-%d}", (row["reason"],))
        if row["expires_at"] <= now:
            yield Entry(row["expires_at"], What.WAIVER, f"waiver for `{row['criterion']}` is over")


def _loaded(texts: Mapping[str, str]) -> dict[str, Playbook]:
    """Load the playbooks for their titles; one that this engine can no longer read has none."""
    loaded = {name: load_playbook(text, name)[0] for name, text in texts.items()}
    return {name: playbook for name, playbook in loaded.items() if playbook is not None}


def _zone(verdicts: Sequence[RowMapping], playbooks: Mapping[str, Playbook]) -> ZoneInfo:
    names = [row["playbook"] for row in reversed(verdicts) if row["playbook"] in playbooks]
    return ZoneInfo(playbooks[names[0]].calendar.timezone if names else "UTC")


def _place(entry: Entry) -> tuple[datetime, int, int, str]:
    return entry.at, entry.run.id if entry.run else 0, ORDER[entry.what], entry.says
