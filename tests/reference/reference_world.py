"""What the reference evaluator looks at: one batch of tables as plain rows, and one deal in it at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from engine.judge.tables import Tables
from engine.judge.waivers import Waiver
from rules.playbook import Playbook
from rules.types import ROW_TIME, FieldType

Row = Mapping[str, Any]
Truth = bool | None
CENT = Decimal("0.01")
TOO_LARGE = Decimal(10) ** 16


class _Nulls(dict[str, Any]):
    """A row in which what was not delivered is null; that conditions do not read it is seen to elsewhere."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class StageChange:
    """A change of stage, in the playbook's words."""

    at: datetime
    start: str | None
    to: str | None


@dataclass(frozen=True)
class World:
    """A batch, the playbook, and what the CRM calls things."""

    playbook: Playbook
    rows: Mapping[str, Sequence[Row]]
    delivered: Mapping[str, frozenset[str]]
    tracked: frozenset[str] | None
    as_of: datetime
    crm: str
    waivers: Sequence[Waiver]

    @staticmethod
    def of(playbook: Playbook, tables: Tables, as_of: datetime, crm: str, waivers: Sequence[Waiver]) -> World:
        """Turn Arrow tables into rows."""
        rows = {name: [_Nulls(row) for row in table.to_pylist()] for name, table in tables.tables.items()}
        return World(playbook, rows, tables.delivered, tables.tracked, as_of, crm, waivers)

    @property
    def tells_who_did_what(self) -> bool:
        """Whether activities say whose they were, and when."""
        return self.has("activities", "happened_at", "direction", "kind")

    @property
    def derives_activity(self) -> bool:
        """Whether contacts' last activity comes from the activities (rule 17)."""
        return self.tells_who_did_what and self.has("activities", "contact_ids")

    def has(self, table: str, *columns: str) -> bool:
        """Say whether the CRM delivered a table and these columns of it."""
        return table in self.delivered and set(columns) <= self.delivered[table]

    def related(self, table: str, deal_id: str) -> list[Row]:
        """Give a deal's rows of a table."""
        return [row for row in self.rows.get(table, ()) if row["deal_id"] == deal_id]

    def stage_changes(self, deal_id: str) -> list[StageChange]:
        """Give a deal's changes of stage up to the moment judged for, in the playbook's words, in order of time."""
        rows = [row for row in self.related("stage_changes", deal_id) if row["changed_at"] is not None]
        told = sorted((row["changed_at"], row["from_stage"] or "", row["to_stage"] or "") for row in rows)
        return [StageChange(at, self.stage(start), self.stage(to)) for at, start, to in told if at <= self.as_of]

    def stage(self, name: str | None) -> str | None:
        """Give the playbook's id of what the CRM calls a stage or an outcome, else the CRM's own word."""
        names = [(each.id, (each.crm.get(self.crm, each.id),)) for each in self.playbook.stages]
        names += [(each.id, (each.crm.get(self.crm, each.id),)) for each in self.playbook.outcomes]
        return _in_our_words(name, names)

    def role(self, name: str | None) -> str | None:
        """Give the playbook's id of what the CRM calls a role, else the CRM's own word."""
        return _in_our_words(name, [(each.id, each.names.get(self.crm, (each.id,))) for each in self.playbook.roles])

    def in_playbook_currency(self, amount: Decimal | None, currency: str | None) -> Decimal | None:
        """Convert an amount, rounded to cents; one without a rate, or too large, is unknown (rule 16)."""
        if amount is None or text(currency) in {None, self.playbook.currency}:
            return amount
        rate = self.playbook.rates.get(currency or "")
        converted = None if rate is None else (amount * rate).quantize(CENT, ROUND_HALF_UP)
        return None if converted is None or abs(converted) >= TOO_LARGE else converted


@dataclass(frozen=True)
class Card:
    """A scorecard's result; percents are exact."""

    points: int = 0
    percent: Fraction = Fraction(0)
    band: str = ""
    dimensions: Mapping[str, tuple[int, Fraction]] = field(default_factory=dict)


@dataclass(frozen=True)
class Here:
    """One deal at a moment: `rows` are the related rows being looked at; rows later than `cut` do not count."""

    world: World
    deal: Row
    now: datetime
    cut: datetime | None = None
    segment: str = ""
    rows: Mapping[str, Row] = field(default_factory=dict)
    cards: Mapping[str, Card] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    findings: tuple[Row, ...] = ()

    def at(self, table: str, row: Row) -> Here:
        """Look at one related row."""
        return replace(self, rows={**self.rows, table: row})

    def related(self, table: str) -> list[Row]:
        """Give the deal's rows of a table, up to the cut."""
        rows = self.world.related(table, self.deal["id"])
        time = ROW_TIME.get(table)
        if self.cut is None or time is None:
            return rows
        return [row for row in rows if row.get(time) is not None and row[time] <= self.cut]

    def read(self, table: str, name: str, kind: FieldType, *, raw: bool = False) -> Any:
        """Read a column; absent is None, a null yes_no is false, money is in the playbook's currency (unless `raw`)."""
        value = self._cell(table, name)
        if isinstance(value, str) and table != "findings":
            return text(value)
        if raw:
            return value or None if isinstance(value, str) else value
        if kind is FieldType.YES_NO:
            return bool(value)
        if kind is FieldType.MONEY and table not in {"accounts", "owners"}:
            return self.world.in_playbook_currency(value, self.deal.get("currency"))
        return value

    def _cell(self, table: str, name: str) -> Any:
        if table == "flags":
            return sorted(self.flags)
        if table in {"accounts", "owners"}:
            key = self.deal.get({"accounts": "account_id", "owners": "owner_id"}[table])
            return next((row.get(name) for row in self.world.rows[table] if row["id"] == key), None)
        if (table, name) == ("deals", "stage_entered_at"):
            return self.stage_entered()
        row = self.deal if table == "deals" else self.rows[table]
        if (table, name) == ("contacts", "last_buyer_activity_at") and self.world.derives_activity:
            return self.last_buyer_activity_of(row["id"])
        return self._in_our_words(table, name, row.get(name))

    def _in_our_words(self, table: str, name: str, value: Any) -> Any:
        """Give stages and roles by the playbook's ids."""
        if table != "findings" and name in {"stage", "from_stage", "to_stage"}:
            return self.world.stage(value)
        return self.world.role(value) if (table, name) == ("contacts", "role") else value

    def stage_entered(self) -> datetime | None:
        """Give when the deal entered its stage: as the CRM says, else as its history does."""
        told: datetime | None = self.deal.get("stage_entered_at")
        present = self.world.stage(self.deal["stage"])
        entries = [each.at for each in self.world.stage_changes(self.deal["id"]) if each.to == present]
        return told or (latest(entries) if present else None)

    def last_buyer_activity_of(self, person: str) -> datetime | None:
        """Give when a person last took part in something of the buyer's (rule 17)."""
        return latest(row["happened_at"] for row in self.buyer_activities() if person in (row["contact_ids"] or ()))

    def buyer_activities(self) -> list[Row]:
        """Give what the buyer did: inbound activities and meetings held."""
        return [row for row in self.happened() if row["direction"] == "inbound" or row["kind"] == "meeting"]

    def seller_activities(self) -> list[Row]:
        """Give what we did: outbound activities and meetings held."""
        return [row for row in self.happened() if row["direction"] == "outbound" or row["kind"] == "meeting"]

    def happened(self) -> list[Row]:
        """Give the activities that took place up to now; one without a status is history, so it was held."""
        return [
            row
            for row in self.related("activities")
            if row["happened_at"] is not None and row["happened_at"] <= self.now and row["status"] in {None, "held"}
        ]


def _in_our_words(name: str | None, names: Sequence[tuple[str, Sequence[str]]]) -> str | None:
    """Translate a word of the CRM; one that only looks like an id of ours is marked as the CRM's own."""
    ours = next((own for own, theirs in names if name in theirs), None)
    if ours is not None or text(name) is None:
        return ours
    return f"{name} (crm)" if name in {own for own, _ in names} else name


def text(value: str | None) -> str | None:
    """Give a text, or None where it is blank."""
    return value if value is not None and value.strip() else None


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Give the latest of the moments that are known."""
    return max((moment for moment in moments if moment is not None), default=None)
