"""One deal's rows as plain values, from which repairs are proposed; every proposal is judged anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow.compute as pc

from engine.judge.calendar import BusinessCalendar
from engine.judge.repair.holds import Moments, holds
from engine.judge.seen import Look, Seen
from engine.judge.tables import Tables
from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Literal,
    Moment,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Reference,
    Related,
    Value,
)
from rules.playbook import Playbook
from rules.types import FieldType

Row = Mapping[str, Any]
CENT = Decimal("0.01")
CHANGES = {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}


@dataclass(frozen=True, eq=False)
class Facts:
    """The deal's own rows by table, its account and owner, and what a way out would change (`filled`).

    Columns are read as playbooks mean them: money in the playbook's currency, blank as None, a contact's last
    activity from the activities. `filled` holds new values by table, person and column.
    """

    deal_id: str
    rows: Mapping[str, tuple[Row, ...]]
    tracked: frozenset[str] | None
    playbook: Playbook
    crm: str
    moments: Moments
    segment: str
    filled: Mapping[tuple[str, str, str], Any] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        """The moment that is judged for."""
        return self.moments.as_of

    @property
    def deal(self) -> Row:
        """The deal's row."""
        return self.rows["deals"][0]

    def with_filled(self, table: str, person: str, name: str, value: object) -> Facts:
        """Give the facts with one field filled in."""
        return replace(self, filled={**self.filled, (table, person, name): value})

    def read(self, reference: Reference, row: Row | None = None, *, raw: bool = False) -> Any:  # noqa: ANN401 -- a cell
        """Read a column of the deal, its account or owner, or of a related row; `raw` money stays as it is."""
        table, name = reference.table, reference.name
        person = str((row or {}).get("id") or "") if table == "contacts" else ""
        if (table, person, name) in self.filled:
            return self.filled[table, person, name]
        source = self._own(table) if reference.of_deal else row or {}
        value = source.get(name)
        if reference.type is FieldType.MONEY and not raw and table not in {"accounts", "owners"}:
            return self.in_playbook_currency(value)
        return None if isinstance(value, str) and not value.strip() else value

    def in_playbook_currency(self, value: Any) -> Decimal | None:  # noqa: ANN401 -- any number
        """Convert an amount of the deal; None without an amount or a rate."""
        rate = self.rate
        return None if value is None or rate is None else (Decimal(str(value)) * rate).quantize(CENT, ROUND_HALF_UP)

    @property
    def rate(self) -> Decimal | None:
        """The worth of one unit of the deal's currency in the playbook's."""
        currency = self.deal.get("currency") or self.playbook.currency
        return Decimal(1) if currency == self.playbook.currency else self.playbook.rates.get(currency)

    def resolve(self, value: Value | None, row: Row | None = None) -> Any:  # noqa: ANN401 -- a value of any type
        """Give a right-hand side for this deal."""
        match value:
            case Literal(literal):
                return literal
            case FieldValue(reference, plus):
                base = self.read(reference, row)
                return base if plus is None else self.moments.moved(base, plus)
            case Moment(base, plus):
                return self.moments.moved(self.as_of if base == "now" else self.moments.today, plus)
            case PerSegment():
                return self.resolve(self.of_segment(value), row)
        return None

    def of_segment(self, value: Value) -> Value | None:
        """Choose the value for the deal's segment."""
        return dict(value.cases).get(self.segment, value.otherwise) if isinstance(value, PerSegment) else value

    def state(self, condition: Condition, row: Row | None = None) -> bool | None:
        """Guess a condition on the deal or one related row; None where that cannot be told."""
        match condition:
            case AllOf(parts):
                return _all([self.state(part, row) for part in parts])
            case AnyOf(parts):
                return _opposite(_all([_opposite(self.state(part, row)) for part in parts]))
            case Not(part):
                return _opposite(self.state(part, row))
            case Related():
                return self._with(condition, row)
            case Compare(Reference() as subject, operator, value):
                return self._compare(subject, operator, value, row)
            case Compare() | LastChangedBy():
                return None

    def look(self, row: Row) -> Look:
        """Give the look of conditions on one related row."""
        return lambda node: Seen(self.state(node, row))

    def _compare(self, subject: Reference, operator: Operator, value: Value, row: Row | None) -> bool | None:
        read, right = self.read(subject, row, raw=operator is Operator.PRESENT), self.resolve(value, row)
        if operator is Operator.COPIED or operator in CHANGES:
            return True if (subject.table, "", subject.name) in self.filled and right is not True else None
        if subject.name in {"role", "stage", "from_stage", "to_stage"} and read is not None:
            read = self.ids_of(subject.name, read)
        if subject.type is FieldType.YES_NO and read is None and operator is not Operator.PRESENT:
            read = False
        return holds(operator, read, right, self.moments)

    def _with(self, related: Related, row: Row | None) -> bool | None:
        if related.table != "with" or related.quantifier is not Quantifier.SOME or row is None:
            return None
        people = [each for each in self.rows.get("contacts", ()) if each["id"] in (row.get("contact_ids") or ())]
        met = AllOf((related.where, related.condition))
        return _opposite(_all([_opposite(self.state(met, each)) for each in people]))

    def ids_of(self, column: str, word: str) -> frozenset[str]:
        """Give the playbook's ids of what the CRM calls a role or a stage."""
        if column == "role":
            return frozenset(role.id for role in self.playbook.roles if word in role.names.get(self.crm, (role.id,)))
        return frozenset(stage.id for stage in self.playbook.stages if word == stage.crm.get(self.crm, stage.id))

    def crm_role(self, role: str) -> str:
        """Give what the CRM calls a role."""
        names = next((each.names.get(self.crm, ()) for each in self.playbook.roles if each.id == role), ())
        return names[0] if names else role

    def _own(self, table: str) -> Row:
        rows = self.rows.get(table, ())
        return rows[0] if rows else {}


def facts_of(
    tables: Tables, deal_id: str, as_of: datetime, *, playbook: Playbook, crm: str, segment: str = ""
) -> Facts:
    """Read one deal's rows, its account and its owner from a batch."""
    deal = _rows(tables, "deals", "id", deal_id)[0]
    rows = {table: _rows(tables, table, "deal_id", deal_id) for table in tables.tables if _is_related(tables, table)}
    rows |= {"deals": (_with_stage_entry(deal, rows, as_of),)}
    rows |= {"accounts": _rows(tables, "accounts", "id", deal.get("account_id"))}
    rows |= {"owners": _rows(tables, "owners", "id", deal.get("owner_id"))}
    rows["contacts"] = tuple(_with_last_activity(each, rows, as_of) for each in rows.get("contacts", ()))
    calendar = playbook.calendar
    moments = Moments(as_of, BusinessCalendar(calendar), calendar.fiscal_year_start)
    return Facts(deal_id, rows, tables.tracked, playbook, crm, moments, segment)


def _is_related(tables: Tables, table: str) -> bool:
    return "deal_id" in tables[table].column_names


def _rows(tables: Tables, table: str, column: str, value: str | None) -> tuple[Row, ...]:
    if table not in tables.tables or value is None:
        return ()
    found = tables[table].filter(pc.equal(tables[table][column], value))
    return tuple(found.to_pylist())


def _with_stage_entry(deal: Row, rows: Mapping[str, tuple[Row, ...]], as_of: datetime) -> Row:
    """Derive when the deal entered its stage, where only its history tells."""
    if deal.get("stage_entered_at") is not None or deal.get("stage") is None:
        return deal
    moves = [each for each in rows.get("stage_changes", ()) if each.get("to_stage") == deal["stage"]]
    times = [at for each in moves if (at := each.get("changed_at")) is not None and at <= as_of]
    return {**deal, "stage_entered_at": max(times, default=None)}


def _with_last_activity(contact: Row, rows: Mapping[str, tuple[Row, ...]], as_of: datetime) -> Row:
    """Derive when a contact was last active, where activities tell (rule 17)."""
    if "activities" not in rows:
        return contact
    times = [each["happened_at"] for each in rows["activities"] if in_it(each, contact["id"]) and by_buyer(each, as_of)]
    return {**contact, "last_buyer_activity_at": max(times, default=None)}


def by_buyer(activity: Row, as_of: datetime) -> bool:
    """Say whether an activity was the buyer's: inbound, or a meeting that was held."""
    at, status = activity.get("happened_at"), activity.get("status")
    if at is None or at > as_of or status not in {None, "held"}:
        return False
    return activity.get("direction") == "inbound" or activity.get("kind") == "meeting"


def in_it(activity: Row, person: str) -> bool:
    """Say whether somebody took part in an activity."""
    return person in (activity.get("contact_ids") or ())


def _all(states: list[bool | None]) -> bool | None:
    if False in states:
        return False
    return None if None in states else True


def _opposite(verdict: object) -> bool | None:
    return None if verdict is None else not verdict
