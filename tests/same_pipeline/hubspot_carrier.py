"""Carries canonical rows into a simulated HubSpot account, the way a customer would hold them there.

Deals are lived through: made in their first stage, then moved and changed by the people who did, while the account's
clock goes on, so that every history is what the account itself wrote down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.same_pipeline import source
from tests.same_pipeline.living import Life, by_deal
from tests.same_pipeline.source import Row, Rows, Step
from tests.simulators.hubspot import Account
from tests.simulators.hubspot.schema import Option
from tests.simulators.hubspot.store import Source
from tests.simulators.hubspot.times import stamp

CRM = "hubspot"
OBJECTS = {"deals": "deals", "accounts": "companies", "contacts": "contacts"}
TYPES = {
    FieldType.TEXT: ("string", "textarea"),
    FieldType.LINK: ("string", "text"),
    FieldType.CHOICE: ("enumeration", "select"),
    FieldType.CHOICES: ("enumeration", "checkbox"),
    FieldType.YES_NO: ("bool", "booleancheckbox"),
    FieldType.NUMBER: ("number", "number"),
    FieldType.MONEY: ("number", "number"),
    FieldType.DATE: ("date", "date"),
    FieldType.TIME: ("datetime", "date"),
}
"""HubSpot's type and field type of each of ours."""

STANDARD = {
    "deals": {
        "name": "dealname", "stage": "dealstage", "amount": "amount", "currency": "deal_currency_code",
        "owner_id": "hubspot_owner_id", "type": "dealtype", "close_date": "closedate", "next_step": "hs_next_step",
        "forecast": "hs_manual_forecast_category", "lost_reason": "closed_lost_reason",
        "next_step_date": "next_step_date",
    },
    "accounts": {
        "name": "name", "industry": "industry", "employees": "numberofemployees", "revenue": "annualrevenue",
        "country": "country",
    },
    "contacts": {"title": "jobtitle"},
}  # fmt: skip
COLUMNS = {
    "deals.next_step_date": "next_step_date",
    "proposals.viewed_at": "first_viewed",
    "proposals.answered_at": "answered",
}
"""What the settings say about columns that HubSpot has no property of its own for."""

LINES = {
    "New Business": {
        "Discovery": "appointmentscheduled", "Evaluation": "qualifiedtobuy", "Security Review": "securityreview",
        "Proposal": "presentationscheduled", "Negotiation": "contractsent", "Closed Won": "closedwon",
        "Closed Lost": "closedlost", "Unqualified": "unqualified", "Duplicate": "duplicate",
    },
    "Services": {
        "Fit Call": "fitcall", "Scoping": "scoping", "Proposal": "servicesproposal", "Agreement": "agreement",
        "Closed Won": "servicesclosedwon", "Closed Lost": "servicesclosedlost", "Not A Fit": "notafit",
    },
    "Existing Clients": {
        "Account Review": "accountreview", "Needs Today": "needstoday", "Renewal Offer": "renewaloffer",
        "Agreement Sent": "agreementsent", "Closed Won": "clientsclosedwon", "Closed Lost": "clientsclosedlost",
    },
}  # fmt: skip
"""The stages of each pipeline and their ids, which no two pipelines share."""

ENDS = {"Closed Won": "1.0", "Closed Lost": "0.0", "Unqualified": "0.0", "Duplicate": "0.0", "Not A Fit": "0.0"}
ROLES = {
    "Economic Buyer": "Budget Holder", "Evaluator": "Influencer", "Legal": "Legal & Compliance", "Sponsor": "Champion",
    "Business User": "End User",
}  # fmt: skip
"""What a role is called here, where that is not what the local CRM calls it."""
BUYING = {
    "CHAMPION": "Champion", "DECISION_MAKER": "Decision Maker", "BUDGET_HOLDER": "Budget Holder",
    "END_USER": "End User", "EXECUTIVE_SPONSOR": "Executive Sponsor", "INFLUENCER": "Influencer",
    "LEGAL_AND_COMPLIANCE": "Legal & Compliance",
}  # fmt: skip
"""HubSpot's buying roles, as it labels them."""

TRACKED = frozenset(
    {"close_date", "next_step", "next_step_date", "pain", "trigger", "practice", "what_changed", "needs_today",
     "discount_approved"}
)  # fmt: skip
"""Fields whose changes a playbook asks about."""
TAKEN_OUT: Mapping[str, Step] = {
    "who asked for a meeting: a meeting has no direction": source.direction_of_meetings,
    "emails that do not say they were sent: one says so": source.emails_without_a_status,
    "endings that are neither won nor lost: a closed stage is one or the other": source.endings_that_nobody_named,
    "changes at or before the making of a deal: it has no history then": source.changes_before_a_deal_was_made,
    "changes of fields no playbook asks about: they are not read": source.changes_of_fields_nobody_asks_about(TRACKED),
    "histories whose changes do not follow one from another": source.changes_out_of_order,
    "deals whose moves do not follow one from another": source.moves_out_of_order,
    "proposals apart from quotes: both are quotes": source.proposals_beside_quotes,
}
"""What HubSpot cannot hold, in the order it is taken out."""


class HubSpotCarrier:
    """Fills one account. `ids` gives the account's id of each of ours."""

    def __init__(self, account: Account, playbooks: Sequence[Playbook], rows: Rows) -> None:
        self.account, self.rows = account, rows
        self.ids: dict[str, str] = {}
        self.paths = {table: dict(standard) for table, standard in STANDARD.items()}
        fields = {(field.table, field.id): field for playbook in playbooks for field in playbook.fields}
        for field in fields.values():
            self._add_property(field)
        self._prepare()

    def carry(self) -> None:
        """Put everything into the account; its clock stands where it stood."""
        now = self.account.clock.now
        for step in (self._owners, self._companies, self._deals, self._contacts, self._activities, self._quotes):
            step()
        self.account.clock.now = now

    def renamed(self) -> Rows:
        """Give the rows with stages and roles named as the account does."""
        pipelines = {row["id"]: row["pipeline"] for row in self.rows["deals"]}

        def moved(row: Row) -> Row:
            line = LINES[pipelines[row["deal_id"]]]
            return row | {end: row[end] and line[row[end]] for end in ("from_stage", "to_stage")}

        return {
            **self.rows,
            "deals": [row | {"stage": LINES[row["pipeline"]][row["stage"]]} for row in self.rows["deals"]],
            "contacts": [row | {"role": ROLES.get(row["role"], row["role"])} for row in self.rows["contacts"]],
            "stage_changes": [moved(row) for row in self.rows["stage_changes"]],
            "owners": [{name: row[name] for name in ("id", "name", "email", "team")} for row in self.rows["owners"]],
        }

    # the account as an administrator made it

    def _add_property(self, field: Field) -> None:
        object_, name = OBJECTS[field.table], field.crm.get(CRM, field.id)
        type_, shown = TYPES[field.type]
        self.paths[field.table][field.id] = name
        options = self._values(field.table, field.id) if type_ == "enumeration" else ()
        self.account.add_property(object_, name, type_, shown, options)

    def _prepare(self) -> None:
        account = self.account
        for label, stages in LINES.items():
            named = {id_: (name, ENDS.get(name, "0.5")) for name, id_ in stages.items()}
            account.add_pipeline(label.replace(" ", ""), label, named)
        account.add_property("deals", "next_step_date", "date")
        for name in ("first_viewed", "answered"):
            account.add_property("quotes", name, "datetime")
        account.add_property("quotes", "hs_primary", "bool")
        for table, column in (("deals", "type"), ("deals", "forecast"), ("accounts", "industry")):
            self._label(OBJECTS[table], STANDARD[table][column], {each: each for each in self._values(table, column)})
        self._label("contacts", "hs_buying_role", BUYING)

    def _label(self, object_: str, name: str, labels: Mapping[str, str]) -> None:
        """Give a property the values an administrator made, or the words HubSpot itself has for them."""
        properties = self.account.kind(object_).properties
        options = tuple(Option(value, label, order) for order, (value, label) in enumerate(labels.items()))
        properties[name] = replace(properties[name], options=options)

    def _values(self, table: str, name: str) -> list[str]:
        held = [row.get(name) for row in self.rows[table]]
        return sorted({each for value in held if value for each in (value if isinstance(value, list) else [value])})

    # its records

    def _owners(self) -> None:
        for row in self.rows["owners"]:
            first, _, last = row["name"].partition(" ")
            self.ids[row["id"]] = self.account.add_owner(row["email"], first, last, team=row["team"])

    def _companies(self) -> None:
        for row in sorted(self.rows["accounts"], key=_id):
            self.ids[row["id"]] = self.account.add("companies", **self._named("accounts", row))

    def _deals(self) -> None:
        moves, changes = by_deal(self.rows["stage_changes"]), by_deal(self.rows["field_changes"])
        for row in sorted(self.rows["deals"], key=_id):
            life = Life(row, moves.get(row["id"], []), changes.get(row["id"], []))
            self.ids[row["id"]] = self._lived(life)
            self.account.associate("deals", self.ids[row["id"]], "companies", self.ids[row["account_id"]], "Primary")

    def _lived(self, life: Life) -> str:
        deal = life.deal
        line = {"pipeline": deal["pipeline"].replace(" ", "")}
        first = self._named_deal(life.first()) | line
        made = self.account.add("deals", at=deal["created_at"], by=self._person(life.maker), **first)
        for moment, by, columns in life.saves():
            fields = self._named_deal({"pipeline": deal["pipeline"], **columns})
            self.account.change("deals", made, at=moment, by=self._person(by), **fields)
        return made

    def _contacts(self) -> None:
        for number, row in enumerate(sorted(self.rows["contacts"], key=_id)):
            first, _, last = row["name"].rpartition(" ")
            role = ROLES.get(row["role"], row["role"])
            buying = next((value for value, label in BUYING.items() if label == role), "") if number % 2 else ""
            told = {"firstname": first, "lastname": last, "hs_buying_role": buying}
            fields = {**self._named("contacts", row), **{name: value for name, value in told.items() if value}}
            made = self.ids[row["id"]] = self.account.add_contact(f"person{number}@customer.example", **fields)
            self.account.associate("deals", self.ids[row["deal_id"]], "contacts", made, "" if buying else role or "")

    def _activities(self) -> None:
        for row in sorted(self.rows["activities"], key=_id):
            at, told = _value(row["happened_at"]), _told(row)
            people = [self.ids[each] for each in row["contact_ids"] or ()]
            self.ids[row["id"]] = self.account.add_activity(
                f"{row['kind']}s", self.ids[row["deal_id"]], at, contacts=people, **told
            )

    def _quotes(self) -> None:
        """Put an offer into one record, published when it was sent; the quote of a proposal's amount is that one."""
        quotes = by_deal(self.rows["quotes"])
        for row in sorted(self.rows["proposals"], key=_id):
            own = next(each for each in quotes[row["deal_id"]] if each["total"] == row["amount"])
            quotes[row["deal_id"]].remove(own)
            times = {COLUMNS[f"proposals.{name}"]: row[name] for name in ("viewed_at", "answered_at")}
            told = {**times, "hs_expiration_date": row["expires_at"]}
            made = self.ids[row["id"]] = self._quote(own, row["sent_at"], told)
            self.account.change("quotes", made, at=row["sent_at"], hs_status="APPROVAL_NOT_NEEDED")
        for own in [each for listed in quotes.values() for each in listed]:
            self._quote(own, None, {})

    def _quote(self, row: Row, at: datetime | None, told: Row) -> str:
        given = {name: _value(value) for name, value in told.items() if value is not None}
        made = self.account.add(
            "quotes", at=at, hs_title="Offer", hs_status="DRAFT", hs_quote_amount=_value(row["total"]),
            hs_primary=_value(row["primary"]), **given,
        )  # fmt: skip
        self.account.associate("deals", self.ids[row["deal_id"]], "quotes", made)
        return made

    def _named_deal(self, row: Row) -> dict[str, Any]:
        """Give a deal's cells by the names of their properties; a day is held as a moment of it."""
        found = self._named("deals", row)
        if "stage" in row:
            found["dealstage"] = LINES[row["pipeline"]][row["stage"]]
        if "owner_id" in row:
            found["hubspot_owner_id"] = self.ids[row["owner_id"]]
        if found.get("closedate"):
            found["closedate"] = stamp(datetime.combine(date.fromisoformat(found["closedate"]), time(17), UTC))
        return found

    def _named(self, table: str, row: Row) -> dict[str, Any]:
        return {path: _value(row[name]) for name, path in self.paths[table].items() if name in row}

    def _person(self, owner: str) -> Source:
        user = self.account.owners[self.ids[owner]].user_id
        return Source("CRM_UI", f"userId:{user}", user=user)


def _told(row: Row) -> dict[str, str]:
    """Say of an activity what it says of itself."""
    inbound = row["direction"] == "inbound"
    match row["kind"]:
        case "meeting":
            outcome = {"held": "COMPLETED", "missed": "NO_SHOW", "cancelled": "CANCELED", "planned": "SCHEDULED"}
            at = _value(row["happened_at"])
            return {"hs_meeting_title": row["subject"], "hs_meeting_outcome": outcome[row["status"]],
                    "hs_meeting_start_time": at}  # fmt: skip
        case "call":
            direction = "INBOUND" if inbound else "OUTBOUND"
            return {"hs_call_title": row["subject"], "hs_call_direction": direction, "hs_call_status": "COMPLETED"}
    direction = "INCOMING_EMAIL" if inbound else "EMAIL"
    return {"hs_email_subject": row["subject"], "hs_email_direction": direction, "hs_email_status": "SENT"}


def _id(row: Row) -> str:
    return str(row["id"])


def _value(value: Any) -> Any:
    """Write a value as a text, as HubSpot holds all of them."""
    match value:
        case datetime():
            return stamp(value)
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Decimal() | float():
            return f"{value:f}"
        case list():
            return ";".join(value)
    return value
