"""Carries canonical rows into a simulated Salesforce org, the way a customer would hold them there.

Deals are lived through: made in their first stage, then moved and changed by the people who did, while the org's clock
goes on, so that every history is what the org itself wrote down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rules.playbook import Playbook
from rules.types import Field, FieldType
from tests.same_pipeline import source
from tests.same_pipeline.living import Life, by_deal
from tests.same_pipeline.source import Row, Rows, Step
from tests.simulators.salesforce.clock import stamp
from tests.simulators.salesforce.org import Org

CRM, ONE_DAY = "salesforce", timedelta(days=1)
OBJECTS = {"deals": "Opportunity", "accounts": "Account", "contacts": "Contact", "owners": "User"}
KINDS = {
    FieldType.TEXT: "textarea", FieldType.CHOICE: "picklist", FieldType.CHOICES: "multipicklist",
    FieldType.YES_NO: "boolean", FieldType.NUMBER: "percent", FieldType.MONEY: "currency", FieldType.DATE: "date",
    FieldType.TIME: "datetime", FieldType.LINK: "url",
}  # fmt: skip
STANDARD = {
    "name": "Name", "stage": "StageName", "amount": "Amount", "currency": "CurrencyIsoCode", "type": "Type",
    "close_date": "CloseDate", "next_step": "NextStep", "forecast": "ForecastCategoryName",
    "lost_reason": "Loss_Reason__c", "next_step_date": "Next_Step_Date__c",
}  # fmt: skip
COLUMNS = {
    "deals.lost_reason": "Loss_Reason__c",
    "deals.next_step_date": "Next_Step_Date__c",
    "owners.quota": "Annual_Quota__c",
    "proposals.sent_at": "Sent_At__c",
    "proposals.viewed_at": "First_Viewed_At__c",
    "proposals.answered_at": "Answered_At__c",
}
"""What the settings say about fields that Salesforce has no standard one for."""

TRACKED = frozenset(
    {"close_date", "next_step", "next_step_date", "pain", "trigger", "practice", "what_changed", "needs_today",
     "discount_approved"}
)  # fmt: skip
"""Fields whose changes a playbook asks about."""
CHECKBOXES = {"deals": ("security_cleared", "discount_approved", "paid_discovery"), "accounts": ("bought_advice",)}
ENDS = ("from_stage", "to_stage")
OPEN = {
    "Fit Call", "Scoping", "Proposal", "Agreement", "Account Review", "Needs Today", "Renewal Offer", "Agreement Sent",
    "Security Review",
}  # fmt: skip
CLOSED = {"Unqualified", "Not A Fit", "Duplicate"}
STAGES = {
    "New Business": {
        "Discovery": "Qualification", "Evaluation": "Needs Analysis", "Proposal": "Proposal/Price Quote",
        "Negotiation": "Negotiation/Review",
    },
}  # fmt: skip
"""What a stage is called here, by pipeline, where that is not what the local CRM calls it."""

TAKEN_OUT: Mapping[str, Step] = {
    "meetings that were missed or cancelled: an Event says neither": source.meetings_that_were_not,
    "who asked for a meeting: an Event has no direction": source.direction_of_meetings,
    "emails that do not say they were sent: an EmailMessage was": source.emails_without_a_status,
    "endings that are neither won nor lost: IsWon and IsClosed know no third": source.endings_that_nobody_named,
    "changes at or before the making of a deal: it has no history then": source.changes_before_a_deal_was_made,
    "changes of fields no playbook asks about: an org tracks twenty": source.changes_of_fields_nobody_asks_about(
        TRACKED
    ),
    "histories whose changes do not follow one from another": source.changes_out_of_order,
    "deals whose moves do not follow one from another": source.moves_out_of_order,
    "proposals apart from quotes: both are Quotes": source.proposals_beside_quotes,
    "the hour at which a proposal expires: ExpirationDate is a day": source.hours_of_expiring,
    "checkboxes left blank: they are ticked or not": source.blank_checkboxes(CHECKBOXES),
}
"""What Salesforce cannot hold, in the order it is taken out."""


class SalesforceCarrier:
    """Fills one org. `ids` gives the org's id of each of ours."""

    def __init__(self, org: Org, playbooks: Sequence[Playbook]) -> None:
        self.org = org
        self.ids: dict[str, str] = {}
        self.fields: dict[str, dict[str, Field]] = {}
        for playbook in playbooks:
            for field in playbook.fields:
                self.fields.setdefault(field.table, {})[field.id] = field
        self._prepare()

    def carry(self, rows: Rows) -> None:
        """Put everything into the org; its clock stands where it stood."""
        now = self.org.clock.now
        people = {row["id"]: row for row in rows["contacts"]}
        for step in (self._owners, self._accounts, self._deals, self._contacts):
            step(rows)
        for row in sorted(rows["activities"], key=_id):
            self._activity(row, people)
        self._quotes(rows)
        self.org.clock.now = now

    # the org as an administrator made it

    def _prepare(self) -> None:
        org = self.org
        for table, fields in self.fields.items():
            for field in fields.values():
                self._add_field(OBJECTS[table], field.crm.get(CRM, field.id), KINDS[field.type], field.id in TRACKED)
        for name, kind in (("Loss_Reason__c", "picklist"), ("Next_Step_Date__c", "date")):
            self._add_field("Opportunity", name, kind, tracked=name == "Next_Step_Date__c")
        for name in ("Sent_At__c", "First_Viewed_At__c", "Answered_At__c"):
            org.add_field("Quote", name, "datetime")
        org.add_field("Quote", "IsPrimary__c", "boolean")
        org.add_field("Opportunity", "CurrencyIsoCode", "picklist", length=3)
        org.add_field("User", "Annual_Quota__c", "currency")
        org.thing("Opportunity").fields["nextstep"].tracked = True
        for order, name in enumerate(sorted(OPEN)):
            org.add_stage(name, order=100 + order)
        for order, name in enumerate(sorted(CLOSED)):
            org.add_stage(name, probability=0, category="Omitted", order=200 + order)

    def _add_field(self, object_: str, name: str, kind: str, tracked: bool) -> None:  # noqa: FBT001 - as a column says
        if self.org.thing(object_).find(name) is None:
            self.org.add_field(object_, name, kind, tracked=tracked)

    # its records

    def _owners(self, rows: Rows) -> None:
        owners = {row["id"]: row for row in rows["owners"]}
        above = {row["manager_id"] for row in owners.values() if row["manager_id"]} - set(owners)
        for id_ in sorted(above):
            self.ids[id_] = self.org.add("User", Name=f"Somebody above {id_}", Email="above@example.com", Username=id_)
        roles = {team: self.org.add("UserRole", Name=team) for team in sorted({row["team"] for row in owners.values()})}
        for row in owners.values():
            quota = {"Annual_Quota__c": _value(row["quota"])}
            self.ids[row["id"]] = self.org.add(
                "User", Name=row["name"], Email=row["email"], Username=row["email"], UserRoleId=roles[row["team"]],
                CreatedDate=_value(row["started_at"]), **quota,
            )  # fmt: skip
        for row in owners.values():
            if row["manager_id"]:
                self.org.change("User", self.ids[row["id"]], ManagerId=self.ids[row["manager_id"]])

    def _accounts(self, rows: Rows) -> None:
        standard = {
            "name": "Name", "industry": "Industry", "employees": "NumberOfEmployees", "revenue": "AnnualRevenue",
            "country": "BillingCountry",
        }  # fmt: skip
        for row in sorted(rows["accounts"], key=_id):
            self.ids[row["id"]] = self.org.add("Account", **self._named("accounts", row, standard))

    def _deals(self, rows: Rows) -> None:
        types = {name: self.org.add("RecordType", Name=name, DeveloperName=name, SobjectType="Opportunity")
                 for name in sorted({row["pipeline"] for row in rows["deals"]})}  # fmt: skip
        moves, changes = by_deal(rows["stage_changes"]), by_deal(rows["field_changes"])
        for row in sorted(rows["deals"], key=_id):
            links = {"OwnerId": self.ids[row["owner_id"]], "AccountId": self.ids[row["account_id"]]}
            life = Life(row, moves.get(row["id"], []), changes.get(row["id"], []))
            self.ids[row["id"]] = self._lived(life, RecordTypeId=types[row["pipeline"]], **links)

    def _lived(self, life: Life, **links: str) -> str:
        deal = life.deal
        first = self._named_deal(life.first()) | links | {"CreatedDate": _value(deal["created_at"])}
        made = self.org.save("Opportunity", None, first, by=self.ids[life.maker], asked=False)
        for moment, by, columns in life.saves():
            self.org.clock.now = moment
            fields = self._named_deal({"pipeline": deal["pipeline"], **columns})
            self.org.change("Opportunity", made, by=self.ids[by], **fields)
        self.org.change("Opportunity", made, ForecastCategoryName=deal["forecast"])
        return made

    def _contacts(self, rows: Rows) -> None:
        accounts = {row["id"]: row["account_id"] for row in rows["deals"]}
        for row in sorted(rows["contacts"], key=lambda row: (row["deal_id"], row["id"], row["role"] or "")):
            if row["id"] not in self.ids:
                fields = self._named("contacts", row, {"name": "Name", "title": "Title"})
                account = self.ids[accounts[row["deal_id"]]]
                self.ids[row["id"]] = self.org.add("Contact", Email=_address(row), AccountId=account, **fields)
            self.org.add(
                "OpportunityContactRole", OpportunityId=self.ids[row["deal_id"]], ContactId=self.ids[row["id"]],
                Role=row["role"],
            )  # fmt: skip

    def _activity(self, row: Row, people: Mapping[str, Row]) -> None:
        at, deal = _value(row["happened_at"]), self.ids[row["deal_id"]]
        who = [self.ids[each] for each in row["contact_ids"] or ()]
        common = {"Subject": row["subject"], "WhoId": who[0] if who else None, "WhatId": deal}
        match row["kind"]:
            case "meeting":
                made = self.org.add("Event", StartDateTime=at, **common)
                for each in who:
                    self.org.add("EventWhoRelation", EventId=made, RelationId=each, Type="Contact")
            case "call":
                made = self._done_task("Call", at, CallType=row["direction"].capitalize(), **common)
                for each in who:
                    self.org.add("TaskWhoRelation", TaskId=made, RelationId=each, Type="Contact")
            case _:
                task = self._done_task("Email", at, **common)
                addresses = "; ".join(_address(people[each]) for each in row["contact_ids"] or ())
                incoming = row["direction"] == "inbound"
                ends = {"FromAddress": addresses, "ToAddress": "us@example.com"}
                made = self.org.add(
                    "EmailMessage", RelatedToId=deal, ActivityId=task, Incoming=incoming, MessageDate=at,
                    Subject=row["subject"], Status="1" if incoming else "3",
                    **(ends if incoming else dict(zip(ends, reversed(ends.values()), strict=True))),
                )  # fmt: skip
        self.ids[row["id"]] = made

    def _done_task(self, subtype: str, at: str, **fields: Any) -> str:
        done = {"Status": "Completed", "CompletedDateTime": at, "ActivityDate": at[:10]}
        return self.org.add("Task", TaskSubtype=subtype, **done, **fields)

    def _quotes(self, rows: Rows) -> None:
        """Put an offer into one record: the quote of a proposal's amount is that proposal's."""
        quotes = by_deal(rows["quotes"])
        for row in sorted(rows["proposals"], key=_id):
            own = next(each for each in quotes[row["deal_id"]] if each["total"] == row["amount"])
            quotes[row["deal_id"]].remove(own)
            times = {
                COLUMNS[f"proposals.{name}"]: _value(row[name]) for name in ("sent_at", "viewed_at", "answered_at")
            }
            self.ids[row["id"]] = self._quote(own, ExpirationDate=_value(row["expires_at"].date() - ONE_DAY), **times)
        for own in [each for listed in quotes.values() for each in listed]:
            self._quote(own)

    def _quote(self, row: Row, **more: Any) -> str:
        return self.org.add(
            "Quote", OpportunityId=self.ids[row["deal_id"]], Name="Offer", GrandTotal=_value(row["total"]),
            IsPrimary__c=row["primary"], **more,
        )  # fmt: skip

    def _named(self, table: str, row: Row, standard: Mapping[str, str]) -> dict[str, Any]:
        """Give a row's cells by the names of their fields in the org."""
        own = {name: field.crm.get(CRM, field.id) for name, field in self.fields.get(table, {}).items()}
        return {path: _value(row[name]) for name, path in {**standard, **own}.items() if name in row}

    def _named_deal(self, row: Row) -> dict[str, Any]:
        staged = {"stage": self.stage(row["pipeline"], row["stage"])} if "stage" in row else {}
        return self._named("deals", row | staged, STANDARD)

    @staticmethod
    def stage(pipeline: str, stage: str) -> str:
        """Name a stage as the org does."""
        return STAGES.get(pipeline, {}).get(stage, stage)

    def renamed(self, rows: Rows) -> Rows:
        """Give rows with their stages named as the org does, and without the texts that no history keeps."""
        pipelines = {row["id"]: row["pipeline"] for row in rows["deals"]}

        def moved(row: Row) -> Row:
            ends = {name: row[name] and self.stage(pipelines[row["deal_id"]], row[name]) for name in ENDS}
            return row | ends

        long = {name for name, field in self.fields["deals"].items() if field.type is FieldType.TEXT}
        return {
            **rows,
            "deals": [row | {"stage": self.stage(row["pipeline"], row["stage"])} for row in rows["deals"]],
            "stage_changes": [moved(row) for row in rows["stage_changes"]],
            "field_changes": [
                row | {"old": None, "new": None} if row["field"] in long else row for row in rows["field_changes"]
            ],
        }


def _address(row: Row) -> str:
    return f"{row['name'].replace(' ', '.')}.{row['id']}@customer.example".lower()


def _id(row: Row) -> str:
    return str(row["id"])


def _value(value: Any) -> Any:
    """Write a value as the API does."""
    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case list():
            return ";".join(value)
    return value
