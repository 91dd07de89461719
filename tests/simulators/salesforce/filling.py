"""Puts canonical rows into a simulated org, every cell as its canonical text, with the ids they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.simulators.salesforce.clock import stamp
from tests.simulators.salesforce.org import Org
from tests.simulators.salesforce.schema import Field, reference

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]

DEALS = {
    "name": "Name", "stage": "StageName", "amount": "Amount", "owner_id": "OwnerId", "account_id": "AccountId",
    "close_date": "CloseDate", "next_step": "NextStep", "type": "Type", "created_at": "CreatedDate",
    "closed_at": "LastStageChangeDate", "stage_entered_at": "LastStageChangeDate",
}  # fmt: skip
OWN = {"pain": "textarea", "budget_confirmed": "picklist", "competitors": "multipicklist"}
MOMENTS = {"created_at", "closed_at", "stage_entered_at", "happened_at", "changed_at"}
NUMBERS = {"amount", "employees", "revenue", "total"}


class Filled:
    """Fills one org."""

    def __init__(self, org: Org) -> None:
        self.org = org
        for name, kind in OWN.items():
            org.add_field("Opportunity", name, kind, length=0)
        org.add_field("Account", "rank", "picklist", length=0)
        org.add_field("Contact", "wants", "textarea", length=0)
        amount, primary = Field("total", "currency", custom=True), Field("primary", "boolean", custom=True)
        link = reference("OpportunityId", "Opportunity", "Opportunity")
        org.add_object("quotes", "a01", link, amount, primary)
        for name in ("Discovery", "Proposal"):
            org.add_stage(name)

    def fill(self, tables: Tables) -> None:
        for row in tables.get("owners", ()):
            self.org.add(
                "User", Id=row["id"], Name=row["name"], Email=row.get("email"), ManagerId=row.get("manager_id")
            )
        for row in tables.get("accounts", ()):
            self._account(row)
        for row in tables.get("deals", ()):
            self._deal(row)
        for row in tables.get("contacts", ()):
            self._contact(row)
        for row in tables.get("activities", ()):
            self._activity(row)
        for row in tables.get("quotes", ()):
            self.org.add(
                "quotes", OpportunityId=row["deal_id"], total=float(row["total"]), primary=row["primary"] == "true"
            )

    def _account(self, row: Row) -> None:
        more = {"NumberOfEmployees": row.get("employees"), "AnnualRevenue": row.get("revenue"), "rank": row.get("rank")}
        self.org.add("Account", Id=row["id"], Name=row["name"], **_typed(more.items()))

    def _deal(self, row: Row) -> None:
        pipeline = row.get("pipeline")
        if pipeline and not any(each["Name"] == pipeline for each in self.org.rows("RecordType")):
            self.org.add("RecordType", Name=pipeline, SobjectType="Opportunity")
        types = {each["Name"]: each["Id"] for each in self.org.rows("RecordType")}
        fields = {DEALS[name]: _cell(name, value) for name, value in row.items() if name in DEALS and value.strip()}
        own = {name: row[name].replace("; ", ";") for name in OWN if row.get(name, "").strip()}
        record_type = {"RecordTypeId": types[pipeline]} if pipeline else {}
        fields.setdefault("CloseDate", (row.get("closed_at") or "2026-12-31")[:10])
        self.org.add("Opportunity", Id=row["id"], **fields, **own, **record_type)

    def _contact(self, row: Row) -> None:
        if row["id"] not in self.org.records["Contact"]:
            self.org.add("Contact", Id=row["id"], Name=row["name"], wants=row.get("wants") or None)
        for role in (row.get("role") or "").split(";"):
            self.org.add("OpportunityContactRole", OpportunityId=row["deal_id"], ContactId=row["id"], Role=role or None)

    def _activity(self, row: Row) -> None:
        at = _cell("happened_at", row["happened_at"])
        if row["kind"] == "meeting":
            self.org.add("Event", Id=row["id"], WhatId=row["deal_id"], StartDateTime=at, Subject=row.get("subject"))
        else:
            incoming = row.get("direction") == "inbound"
            self.org.add("EmailMessage", Id=row["id"], RelatedToId=row["deal_id"], MessageDate=at, Incoming=incoming)


def _typed(pairs: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    return {name: float(value) if value and name != "rank" else value or None for name, value in pairs}


def _cell(name: str, value: str) -> Any:
    if name in MOMENTS:
        return stamp(datetime.fromisoformat(value).astimezone(UTC))
    return float(value) if name in NUMBERS else value
