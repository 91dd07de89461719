"""The workload as data: thirty-eight criteria, the playbook that says them, and seeded deals to judge by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

AS_OF = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)
TIMEZONE = "America/New_York"
TODAY = AS_OF.astimezone(ZoneInfo(TIMEZONE)).date()

MET, UNMET, UNKNOWN = 1, 0, -1
"""The states of a criterion on a deal, as every engine of the benchmark writes them."""


@dataclass(frozen=True)
class FieldValue:
    """Another field as the right-hand side, so many days later."""

    field: str
    plus: int = 0


@dataclass(frozen=True)
class Number:
    """A number or an amount compared with a number, a pair of numbers or another field."""

    id: str
    field: str
    operator: str
    value: int | tuple[int, int] | FieldValue


@dataclass(frozen=True)
class OneOf:
    """A text that must be one of a few."""

    id: str
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """Any contact in a role who is engaged and was seen within so many days."""

    id: str
    role: str
    days: int

    @property
    def since(self) -> datetime:
        """The earliest moment that still counts."""
        return AS_OF - timedelta(days=self.days)


@dataclass(frozen=True)
class Clock:
    """A date or time compared with another field, or with the as-of so many days away."""

    id: str
    field: str
    operator: str
    value: int | FieldValue


Criterion = Number | OneOf | Person | Clock

NUMBERS = (
    Number("large-enough", "amount", "at_least", 25_000),
    Number("not-too-large", "amount", "below", 400_000),
    Number("worth-a-year", "annual_value", "at_least", 12_000),
    Number("year-within-amount", "annual_value", "at_most", FieldValue("amount")),
    Number("budget-covers-it", "budget", "at_least", FieldValue("amount")),
    Number("budget-named", "budget", "above", 10_000),
    Number("services-in-range", "services", "between", (1_000, 50_000)),
    Number("discount-allowed", "discount", "at_most", 20),
    Number("discount-below-desk", "discount", "below", 30),
    Number("seats-enough", "seats", "at_least", 25),
    Number("seats-in-range", "seats", "between", (10, 400)),
    Number("margin-kept", "margin", "above", 35),
    Number("probability-fair", "probability", "at_least", 40),
    Number("term-long-enough", "term_months", "at_least", 12),
    Number("several-sites", "sites", "above", 2),
)
ONE_OFS = (
    OneOf("forecast-chosen", "forecast", ("Commit", "Best Case")),
    OneOf("type-known", "type", ("New Business", "Expansion", "Renewal")),
    OneOf("source-trusted", "lead_source", ("Referral", "Partner", "Event", "Inbound")),
    OneOf("industry-served", "industry", ("Banking", "Insurance", "Health", "Energy")),
    OneOf("region-served", "region", ("North", "West", "Central")),
    OneOf("competitor-beatable", "competitor", ("None", "In-house")),
    OneOf("paper-agreed", "contract_kind", ("Ours", "Standard")),
    OneOf("procurement-started", "procurement", ("Started", "Done")),
    OneOf("security-passed", "security_review", ("Passed", "Waived")),
    OneOf("product-current", "product_line", ("Core", "Plus", "Cloud")),
)
PERSONS = (
    Person("economic-buyer-met", "Economic Buyer", 30),
    Person("economic-buyer-known", "Economic Buyer", 120),
    Person("champion-active", "Champion", 14),
    Person("champion-known", "Champion", 60),
    Person("technical-buyer-met", "Technical Buyer", 45),
    Person("user-heard", "User", 60),
    Person("legal-involved", "Legal", 30),
    Person("procurement-met", "Procurement", 90),
)
CLOCKS = (
    Clock("next-step-soon", "next_step_date", "within_next", 14),
    Clock("closes-after-next-step", "close_date", "on_or_after", FieldValue("next_step_date")),
    Clock("stage-is-fresh", "stage_entered_at", "within", 30),
    Clock("closes-by-kickoff", "close_date", "on_or_before", FieldValue("kickoff_date", plus=14)),
    Clock("renews-after-close", "renewal_date", "after", FieldValue("close_date", plus=90)),
)
CRITERIA: tuple[Criterion, ...] = (*NUMBERS, *ONE_OFS, *PERSONS, *CLOCKS)

STAGES = ("Discovery", "Evaluation", "Proposal", "Negotiation")
ROLES = ("Economic Buyer", "Champion", "Technical Buyer", "User", "Legal", "Procurement")
CUSTOM_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("annual_value", "budget", "services"), "money"),
    **dict.fromkeys(("discount", "seats", "margin", "probability", "term_months", "sites"), "number"),
    **dict.fromkeys(("lead_source", "industry", "region", "competitor"), "choice"),
    **dict.fromkeys(("contract_kind", "procurement", "security_review", "product_line"), "text"),
    **dict.fromkeys(("kickoff_date", "renewal_date"), "date"),
}


def days_from_today(days: int) -> date:
    """Give the local date of the as-of moved by whole days."""
    return (AS_OF + timedelta(days=days)).astimezone(ZoneInfo(TIMEZONE)).date()


def playbook_text() -> str:
    """Write the playbook that asks all criteria in every stage."""
    fields = [f"  {name}: {{type: {kind}}}" for name, kind in CUSTOM_FIELDS.items()]
    roles = [f"  {_key(role)}: {{local: [{role}]}}" for role in ROLES]
    criteria = [f"  - {{id: {each.id}, says: {_says(each)}, require: {_require(each)}}}" for each in CRITERIA]
    stages = [f"  - {{id: {stage.lower()}, title: {stage}, crm: {{local: {stage}}}}}" for stage in STAGES]
    return "\n".join(
        [
            "playbook: benchmark",
            "version: 1",
            "title: The benchmark",
            f"calendar: {{timezone: {TIMEZONE}}}",
            "currency: USD",
            "fields:",
            *fields,
            "  engaged: {of: contacts, type: yes_no}",
            "roles:",
            *roles,
            "every_stage:",
            *criteria,
            "stages:",
            *stages,
            "",
        ]
    )


def _require(criterion: Criterion) -> str:
    match criterion:
        case OneOf(field=field, values=values):
            return f"{{{field}: [{', '.join(values)}]}}"
        case Person(role=role, days=days):
            seen = f"last_buyer_activity_at: {{within: {days} days}}"
            return f"{{contacts: {{some: {{role: {_key(role)}, engaged: true, {seen}}}}}}}"
        case Number(field=field, operator=operator, value=value):
            return f"{{{field}: {{{operator}: {_right(value)}}}}}"
        case Clock(field=field, operator=operator, value=value):
            right = f"{value} days" if isinstance(value, int) else _right(value)
            return f"{{{field}: {{{operator}: {right}}}}}"


def _right(value: int | tuple[int, int] | FieldValue) -> str:
    match value:
        case FieldValue(field, 0):
            return f"{{field: {field}}}"
        case FieldValue(field, plus):
            return f"{{field: {field}, plus: {plus} days}}"
        case (low, high):
            return f"[{low}, {high}]"
        case _:
            return str(value)


def _says(criterion: Criterion) -> str:
    return criterion.id.replace("-", " ").capitalize()


def _key(role: str) -> str:
    return role.lower().replace(" ", "_")
