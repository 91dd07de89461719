"""What happens in an org from day to day: people move, change, add, remove, delete, restore and merge at random."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulators.salesforce import SalesforceSimulator
from tests.simulators.salesforce.clock import stamp

STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Negotiation/Review", "Closed Won", "Closed Lost")
ROLES = ("Champion", "Economic Buyer", "Evaluator")
TYPES = ("New", "Renewal")
DEALS = 24


class Churn:
    """A small org, and what people do in it; `done` names what was done today."""

    def __init__(self, crm: SalesforceSimulator, dice: Random) -> None:
        self.crm, self.org, self.dice = crm, crm.org, dice
        self.done: list[str] = []
        self._prepare()
        self.actions: tuple[Callable[[], object], ...] = (
            self.move_deal, self.move_deal, self.change_deal, self.change_deal, self.add_deal, self.delete_deal,
            self.undelete, self.add_role, self.change_role, self.delete_role, self.add_activity, self.add_activity,
            self.finish_task, self.reschedule_event, self.relate_activity, self.invite, self.delete_activity,
            self.change_person, self.change_account, self.merge_people, self.merge_accounts, self.delete_person,
            self.add_quote, self.change_quote, self.change_user, self.rename_role, self.rename_record_type, self.touch,
        )  # fmt: skip

    def begin(self) -> None:
        """Begin a day, after a sweep."""
        self.done.clear()

    def act(self) -> None:
        """Let somebody do something, and time go by."""
        action = self.dice.choice(self.actions)
        self.done.append(f"{self.org.now()} {action.__name__}")
        action()
        self.crm.clock.advance(timedelta(minutes=self.dice.choice((0, 0, 1, 7, 90, 600))))

    # deals

    def add_deal(self) -> str:
        made = self.org.add(
            "Opportunity", Name=self._word("Deal"), StageName=self._any(STAGES), CloseDate=self._day(),
            AccountId=self._one("Account"), OwnerId=self._one("User"), Type=self._any(TYPES), Amount=self._amount(),
            RecordTypeId=self._one("RecordType"),
        )  # fmt: skip
        for _ in range(self.dice.randrange(3)):
            self.org.add(
                "OpportunityContactRole", OpportunityId=made, ContactId=self._one("Contact"), Role=self._any(ROLES)
            )
        return made

    def move_deal(self) -> None:
        self._change("Opportunity", StageName=self._any(STAGES))

    def change_deal(self) -> None:
        fields: dict[str, Any] = {
            "Amount": self._any((None, self._amount())), "CloseDate": self._any((self._day(), "2020-01-31")),
            "NextStep": self._any((None, self._word("Step"))), "Pain__c": self._word("Pain"),
            "Type": self._any(TYPES), "OwnerId": self._one("User"), "RecordTypeId": self._one("RecordType"),
            "AccountId": self._any((None, self._one("Account"))),
        }  # fmt: skip
        some = self.dice.sample(sorted(fields), self.dice.randrange(1, 3))
        self._change("Opportunity", **{name: fields[name] for name in some})

    def delete_deal(self) -> None:
        self._delete("Opportunity")

    # people and companies

    def add_role(self) -> None:
        who, role = self._one("Contact"), self._any((None, *ROLES))
        self.org.add("OpportunityContactRole", OpportunityId=self._one("Opportunity"), ContactId=who, Role=role)

    def change_role(self) -> None:
        self._change("OpportunityContactRole", Role=self._any((None, *ROLES)))

    def delete_role(self) -> None:
        self._delete("OpportunityContactRole")

    def change_person(self) -> None:
        self._change("Contact", Title=self._word("Title"), Email=self._address())

    def change_account(self) -> None:
        self._change("Account", Industry=self._word("Industry"), Name=self._word("Account"))

    def merge_people(self) -> None:
        self._merge("Contact", lambda: self.org.add("Contact", Name=self._word("Person"), Email=self._address()))

    def merge_accounts(self) -> None:
        self._merge("Account", lambda: self.org.add("Account", Name=self._word("Account")))

    def delete_person(self) -> None:
        self._delete("Contact")
        self.org.add("Contact", Name=self._word("Person"), Email=self._address())

    def change_user(self) -> None:
        manager, team = self._one("User"), self._one("UserRole")
        self._change("User", ManagerId=manager, UserRoleId=team, Email=self._address())

    def rename_role(self) -> None:
        self._change("UserRole", Name=self._word("Team"))

    def rename_record_type(self) -> None:
        self._change("RecordType", Name=self._word("Pipeline"))

    # activities

    def add_activity(self) -> None:
        what, who = self._any((self._one("Opportunity"), self._one("Account"))), self._one("Contact")
        match self.dice.randrange(3):
            case 0:
                made = self.org.add("Event", WhatId=what, WhoId=who, StartDateTime=self._moment(), Subject="Meeting")
                self.org.add("EventWhoRelation", EventId=made, RelationId=who)
            case 1:
                kind = self._any(("Task", "Call", "Email"))
                self.org.add(
                    "Task", WhatId=what, WhoId=who, TaskSubtype=kind, ActivityDate=self._day(), Status="Not Started",
                    Subject=kind,
                )  # fmt: skip
            case _:
                self.org.add(
                    "EmailMessage", RelatedToId=what, MessageDate=self._moment(), Incoming=self._any((True, False)),
                    FromAddress=self._address(), ToAddress=self._address(), Subject="Re:",
                )  # fmt: skip

    def finish_task(self) -> None:
        self._change("Task", Status=self._any(("Completed", "In Progress")))

    def reschedule_event(self) -> None:
        self._change("Event", StartDateTime=self._moment())

    def relate_activity(self) -> None:
        """Put an activity on another deal, or on an account, or from there on a deal."""
        what = self._any((self._one("Opportunity"), self._one("Account")))
        object_ = self._any(("Event", "Task", "EmailMessage"))
        self._change(object_, **{"RelatedToId" if object_ == "EmailMessage" else "WhatId": what})

    def invite(self) -> None:
        object_, field = self._any((("EventWhoRelation", "EventId"), ("TaskWhoRelation", "TaskId")))
        activity = self._one(field.removesuffix("Id"))
        if activity and self.dice.random() < 0.7:
            self.org.add(object_, **{field: activity, "RelationId": self._one("Contact")})
        else:
            self._delete(object_)

    def delete_activity(self) -> None:
        self._delete(self._any(("Event", "Task", "EmailMessage")))

    # offers

    def add_quote(self) -> None:
        sent = self._any((None, self._moment()))
        self.org.add(
            "Quote", OpportunityId=self._one("Opportunity"), Name="Offer", GrandTotal=self._amount(), Sent_At__c=sent,
            ExpirationDate=self._day(),
        )  # fmt: skip

    def change_quote(self) -> None:
        if self.dice.random() < 0.2:
            self._delete("Quote")
        else:
            self._change("Quote", Sent_At__c=self._moment(), GrandTotal=self._amount())

    # anything

    def undelete(self) -> None:
        objects = ("Opportunity", "OpportunityContactRole", "Task", "Event", "EmailMessage", "Quote")
        object_ = self._any(objects)
        gone = [row for row in self.org.records[object_].values() if row.get("IsDeleted") and self._has_parent(row)]
        if gone:
            self.org.undelete(object_, self._any(gone)["Id"])

    def touch(self) -> None:
        object_ = self._any(("Opportunity", "Task", "OpportunityContactRole", "Account"))
        found = self._one(object_)
        if found:
            self.org.touch(object_, found)

    def _prepare(self) -> None:
        org = self.org
        org.add_field("Opportunity", "Pain__c", "string", tracked=True)
        org.add_field("Quote", "Sent_At__c", "datetime")
        for number in range(4):
            org.add("UserRole", Name=f"Team {number}")
            org.add("RecordType", Name=f"Pipeline {number}", DeveloperName=f"P{number}", SobjectType="Opportunity")
            org.add("User", Name=f"Rep {number}", Email=f"rep{number}@example.com", Username=f"rep{number}")
        for user in org.rows("User"):
            org.change("User", user["Id"], UserRoleId=self._one("UserRole"), Email="us@example.com", Username="us")
        for _ in range(8):
            org.add("Account", Name=self._word("Account"))
            org.add("Contact", Name=self._word("Person"), Email=self._address())
        for _ in range(DEALS):
            self.add_deal()
        for _ in range(3 * DEALS):
            self.add_activity()
        for _ in range(DEALS // 2):
            self.add_quote()

    def _change(self, object_: str, **fields: Any) -> None:
        found = self._one(object_)
        if found:
            self.org.change(object_, found, by=self._one("User"), **fields)

    def _delete(self, object_: str) -> None:
        found = self._one(object_)
        if found and len(self.org.rows(object_)) > 2:
            self.org.delete(object_, found)

    def _merge(self, object_: str, make: Callable[[], str]) -> None:
        loser = self._one(object_)
        self.org.merge(object_, make(), loser)

    def _has_parent(self, row: dict[str, Any]) -> bool:
        """Say whether all that a row belongs to is still there, as a recycle bin asks."""
        names = ("OpportunityId", "ContactId", "WhatId", "RelatedToId", "AccountId")
        objects = {name: self.org.object_of(row.get(name)) for name in names}
        return not any(found and self.org.records[found][row[name]].get("IsDeleted") for name, found in objects.items())

    def _one(self, object_: str) -> str:
        rows = self.org.rows(object_)
        return str(self.dice.choice(rows)["Id"]) if rows else ""

    def _any(self, among: Any) -> Any:
        return self.dice.choice(among)

    def _word(self, what: str) -> str:
        return f"{what} {self.dice.randrange(10_000)}"

    def _amount(self) -> float:
        return float(self.dice.randrange(1, 500) * 100)

    def _address(self) -> str:
        return f"person{self.dice.randrange(8)}@customer.example"

    def _moment(self) -> str:
        return stamp(self.crm.clock.now + timedelta(hours=self.dice.randrange(-400, 400)))

    def _day(self) -> str:
        return self._moment()[:10]
