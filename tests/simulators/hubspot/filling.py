"""Puts canonical rows into a simulated account, every cell as its canonical text, with the ids they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulators.hubspot.account import Account
from tests.simulators.hubspot.store import Source

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]

DEALS = {
    "name": "dealname", "amount": "amount", "owner_id": "hubspot_owner_id", "close_date": "closedate",
    "currency": "deal_currency_code", "next_step": "hs_next_step", "pain": "pain",
    "budget_confirmed": "budget_confirmed",
}  # fmt: skip
STAGES = {"Discovery": "0.2", "Proposal": "0.6", "Closed Won": "1.0", "Closed Lost": "0.0"}
COMPETITORS = ("Acme", "Initech", "Hooli")
LINE = "New Business"
STATUSES = {"held": "COMPLETED", "scheduled": "SCHEDULED", "cancelled": "CANCELED", "no_show": "NO_SHOW"}


class Filled:
    """Fills one account; its stages and pipelines have their labels for ids."""

    def __init__(self, account: Account) -> None:
        self.account = account
        account.add_pipeline(LINE, LINE, {name: (name, probability) for name, probability in STAGES.items()})
        account.add_property("deals", "pain", "string", "textarea")
        account.add_property("deals", "budget_confirmed", "bool", options=("true", "false"))
        account.add_property("deals", "competitors", "enumeration", "checkbox", COMPETITORS)
        account.add_property("companies", "rank", "enumeration", "select", ("A", "B", "C"))
        account.add_property("contacts", "wants", "string", "textarea")
        account.add_property("quotes", "total", "number")
        account.add_property("quotes", "primary", "bool", options=("true", "false"))

    def fill(self, tables: Tables) -> None:
        """Add every row; owners and companies first, since deals name them."""
        for row in tables.get("owners", ()):
            first, _, last = row["name"].partition(" ")
            self.account.add_owner(row.get("email", ""), first, last, id=row["id"])
        for row in tables.get("accounts", ()):
            more = {"numberofemployees": row.get("employees"), "annualrevenue": row.get("revenue"),
                    "rank": row.get("rank")}  # fmt: skip
            self.account.add("companies", id=row["id"], name=row["name"], **_given(more))
        moves = {row["deal_id"]: row for row in tables.get("stage_changes", ())}
        for row in tables.get("deals", ()):
            self._deal(row, moves.get(row["id"]))
        for row in tables.get("contacts", ()):
            self._contact(row)
        for row in tables.get("activities", ()):
            self._activity(row)
        for row in tables.get("quotes", ()):
            id_ = self.account.add("quotes", hs_title="Quote", hs_status="APPROVED", total=row["total"],
                                   primary=row["primary"])  # fmt: skip
            self.account.associate("deals", row["deal_id"], "quotes", id_)

    def _deal(self, row: Row, move: Row | None) -> None:
        told = _given({DEALS[name]: value for name, value in row.items() if name in DEALS and value.strip()})
        if row.get("competitors", "").strip():
            told["competitors"] = row["competitors"].replace("; ", ";")
        for owner in filter(None, [told.get("hubspot_owner_id")]):
            if owner not in self.account.owners:
                self.account.add_owner(f"{owner}@example.com", owner, id=owner)
        stage = move["from_stage"] if move else row["stage"]
        moment = row.get("created_at") or row.get("closed_at") or None
        id_ = self.account.add_deal(stage=stage, pipeline=row.get("pipeline") or LINE, id=row["id"], at=moment,
                                    **{"name": "", **_renamed(told)})  # fmt: skip
        if move:
            self.account.move(id_, move["to_stage"], at=move["changed_at"], by=self._person(move["changed_by"]))
        if row.get("closed_at"):
            self.account.change("deals", id_, closedate=row["closed_at"], at=row["closed_at"])
        if row.get("account_id"):
            self.account.associate("deals", id_, "companies", row["account_id"], "Primary")

    def _contact(self, row: Row) -> None:
        if row["id"] not in self.account.tables["contacts"]:
            self.account.add_contact(id=row["id"], **_given({"firstname": row["name"], "wants": row.get("wants")}))
        for role in (row.get("role") or "").split(";"):
            self.account.associate("deals", row["deal_id"], "contacts", row["id"], role.strip())

    def _activity(self, row: Row) -> None:
        subject, inbound = row.get("subject"), row.get("direction") == "inbound"
        match row["kind"]:
            case "meeting":
                told = {"hs_meeting_title": subject, "hs_meeting_outcome": STATUSES.get(row.get("status") or "")}
            case "call":
                told = {"hs_call_title": subject, "hs_call_direction": "INBOUND" if inbound else "OUTBOUND"}
            case _:
                direction = "INCOMING_EMAIL" if inbound else "EMAIL"
                told = {"hs_email_subject": subject, "hs_email_direction": direction}
        people = [each for each in (row.get("contact_ids") or "").split(";") if each]
        self.account.add_activity(f"{row['kind']}s", row["deal_id"], row["happened_at"], contacts=people, id=row["id"],
                                  **_given(told))  # fmt: skip

    def _person(self, owner: str) -> Source:
        user = self.account.owners[owner].user_id
        return Source("CRM_UI", f"userId:{user}", user=user)


def _given(values: Mapping[str, str | None]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"name" if name == "dealname" else name: value for name, value in values.items()}
