"""The field types of the playbook language and the standard columns every CRM is read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class FieldType(StrEnum):
    """What a column holds; conditions are checked against it when a playbook loads."""

    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    LINK = "link"


class Unit(StrEnum):
    """What a duration counts in; days and weeks are multiples of 24 hours, business days follow the calendar."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    BUSINESS_DAYS = "business days"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as a playbook writes it, such as `2 business days`."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        unit = self.unit.value.removesuffix("s") if self.amount == 1 else self.unit.value
        return f"{self.amount} {unit}"

    @property
    def hours(self) -> int:
        """The length in hours; meaningless for business days, which only a calendar can place."""
        return self.amount * {Unit.HOURS: 1, Unit.DAYS: 24, Unit.WEEKS: 168, Unit.BUSINESS_DAYS: 0}[self.unit]


@dataclass(frozen=True, slots=True)
class Field:
    """A column a playbook reads beyond the standard ones; a CRM that is not named in `crm` uses the id."""

    id: str
    type: FieldType
    table: str = "deals"
    crm: Mapping[str, str] = field(default_factory=dict)


T, C, CS, N, M, D, TM = (
    FieldType.TEXT,
    FieldType.CHOICE,
    FieldType.CHOICES,
    FieldType.NUMBER,
    FieldType.MONEY,
    FieldType.DATE,
    FieldType.TIME,
)

STANDARD_TABLES: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "deals": {
            "id": T, "name": T, "pipeline": C, "stage": C, "amount": M, "currency": C, "owner_id": T,
            "account_id": T, "type": C, "created_at": TM, "stage_entered_at": TM, "close_date": D,
            "closed_at": TM, "outcome": C, "next_step": T, "next_step_date": D, "forecast": C, "lost_reason": C,
        },
        "contacts": {"deal_id": T, "id": T, "name": T, "title": T, "role": C, "last_buyer_activity_at": TM},
        "activities": {
            "deal_id": T, "id": T, "kind": C, "direction": C, "happened_at": TM, "contact_ids": CS,
            "status": C, "subject": T,
        },
        "stage_changes": {"deal_id": T, "from_stage": C, "to_stage": C, "changed_at": TM, "changed_by": T},
        "proposals": {
            "deal_id": T, "id": T, "sent_at": TM, "viewed_at": TM, "answered_at": TM, "expires_at": TM, "amount": M,
        },
        "tasks": {"deal_id": T, "id": T, "key": T, "title": T, "due": D, "status": C, "owner_id": T},
        "owners": {
            "id": T, "name": T, "email": T, "manager_id": T, "team": C, "started_at": TM, "quota": M,
        },
        "accounts": {"id": T, "name": T, "industry": C, "employees": N, "revenue": M, "country": C},
        "field_changes": {"deal_id": T, "field": C, "old": T, "new": T, "changed_at": TM, "changed_by": T},
    }
)  # fmt: skip
"""The canonical tables and columns, by table; a playbook's `fields` and `records` add to them."""

KNOWN_VALUES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("deals", "outcome"): ("open", "won", "lost"),
        ("activities", "kind"): ("meeting", "call", "email", "message", "note"),
        ("activities", "direction"): ("inbound", "outbound"),
        ("activities", "status"): ("planned", "held", "missed", "cancelled"),
    }
)
"""The closed vocabularies of standard choice columns."""

RELATED_TABLES = ("contacts", "activities", "proposals", "stage_changes", "tasks", "field_changes")
"""Standard tables with many rows a deal, which conditions may quantify over."""

ROW_TIME: Mapping[str, str] = MappingProxyType(
    {
        "activities": "happened_at",
        "proposals": "sent_at",
        "stage_changes": "changed_at",
        "field_changes": "changed_at",
    }
)
"""When a related row came to be; `judged: until_left` counts only rows up to that moment."""
