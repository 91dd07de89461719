"""A made-up pipeline of any size, the same for the same seed: owners, accounts, people, deals, roles, histories, tasks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.clock import stamp
from tests.simulators.salesforce.derived import derive
from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

DEALS_AN_OWNER, DEALS_AN_ACCOUNT, PEOPLE_AN_ACCOUNT = 50, 3, 2
ROLES = ("Economic Buyer", "Champion", "Decision Maker", "Technical Buyer", "Evaluator")
INDUSTRIES = ("Banking", "Energy", "Healthcare", "Manufacturing", "Retail", "Technology")
COUNTRIES = ("Germany", "France", "United Kingdom", "United States")
TYPES = ("New Customer", "Existing Customer - Upgrade", "Existing Customer - Replacement")
AGE = timedelta(days=180)
"""How long ago the oldest deal was made."""


def fill(org: Org, *, opportunities: int, seed: int = 1) -> None:
    """Add deals, each with two contact roles and three rows of history, and every fourth with a task and a meeting."""
    with org.lock:
        _Filling(org, opportunities, random.Random(seed)).run()  # noqa: S311 - made-up data


class _Filling:
    def __init__(self, org: Org, count: int, dice: random.Random) -> None:
        self.org, self.count, self.dice = org, count, dice
        self.now = org.clock.now
        stages = sorted(org.rows("OpportunityStage"), key=lambda row: row["SortOrder"])
        self.open = [row["ApiName"] for row in stages if not row["IsClosed"]]
        self.closed = [row["ApiName"] for row in stages if row["IsClosed"]] or self.open[-1:]

    def run(self) -> None:
        owners = self._put("User", self._owners(max(1, self.count // DEALS_AN_OWNER)))
        accounts = self._put("Account", self._accounts(max(1, self.count // DEALS_AN_ACCOUNT), owners))
        people = self._put("Contact", self._people(accounts))
        deals = list(self._deals(accounts))
        self._put("Opportunity", iter(deals))
        self._put("OpportunityContactRole", self._roles(deals, people))
        self._put("OpportunityHistory", self._history(deals))
        self._put("Task", self._tasks(deals, people))
        self._put("Event", self._meetings(deals, people))

    def _put(self, object_: str, rows: Iterator[Record]) -> list[Record]:
        thing, made = self.org.thing(object_), list(rows)
        for id_, row in zip(self.org.made(thing, len(made)), made, strict=True):
            row.setdefault("Id", id_)
        self.org.records[object_].fill(made)
        return made

    def _stamped(self, at: str, by: str, **fields: Any) -> Record:
        return fields | {
            "CreatedDate": at,
            "CreatedById": by,
            "LastModifiedDate": at,
            "LastModifiedById": by,
            "SystemModstamp": at,
        }

    def _owners(self, count: int) -> Iterator[Record]:
        at = stamp(self.now - AGE * 2)
        for number in range(count):
            name = f"rep{number}"
            yield self._stamped(at, self.org.engine, Name=f"Rep {number}", FirstName="Rep", LastName=str(number), IsActive=True,
                                Email=f"{name}@example.com", Username=f"{name}@example.com", UserType="Standard")  # fmt: skip

    def _accounts(self, count: int, owners: list[Record]) -> Iterator[Record]:
        at, draw = stamp(self.now - AGE), self.dice
        for number in range(count):
            owner = owners[number % len(owners)]["Id"]
            yield self._stamped(at, owner, Name=f"Account {number}", OwnerId=owner, Industry=draw.choice(INDUSTRIES),
                                BillingCountry=draw.choice(COUNTRIES), NumberOfEmployees=draw.randrange(10, 9000),
                                AnnualRevenue=float(draw.randrange(1, 900) * 100_000))  # fmt: skip

    def _people(self, accounts: list[Record]) -> Iterator[Record]:
        at = stamp(self.now - AGE)
        for number in range(len(accounts) * PEOPLE_AN_ACCOUNT):
            account = accounts[number // PEOPLE_AN_ACCOUNT]
            yield self._stamped(at, account["OwnerId"], Name=f"Person {number}", FirstName="Person", LastName=str(number),
                                AccountId=account["Id"], OwnerId=account["OwnerId"], Title="Buyer",
                                Email=f"person{number}@customer.example")  # fmt: skip

    def _deals(self, accounts: list[Record]) -> Iterator[Record]:
        thing, ids = self.org.thing("Opportunity"), self.org.made(self.org.thing("Opportunity"), self.count)
        for number, id_ in enumerate(ids):
            account = accounts[number % len(accounts)]
            made = self.now - AGE * self.dice.random()
            row = self._stamped(stamp(made), account["OwnerId"], **self._deal(number, account, made))
            derive(self.org, thing, row, None, given=frozenset({"Probability"}))
            moved = made + (self.now - made) * self.dice.random()
            row |= {
                "Id": id_,
                "LastStageChangeDate": stamp(moved),
                "SystemModstamp": stamp(moved),
                "LastModifiedDate": stamp(moved),
            }
            yield {name: value for name, value in row.items() if value is not None and value is not False}

    def _deal(self, number: int, account: Record, made: datetime) -> Record:
        draw = self.dice
        stage = draw.choice(self.closed) if draw.random() < 0.1 else draw.choice(self.open)
        closes = made.date() + timedelta(days=draw.randrange(30, 270))
        return {"Name": f"Deal {number}", "AccountId": account["Id"], "OwnerId": account["OwnerId"], "StageName": stage,
                "Amount": float(draw.randrange(1, 500) * 1000), "CloseDate": closes.isoformat(), "Type": draw.choice(TYPES),
                "NextStep": "Call" if draw.random() < 0.5 else None, "Probability": float(draw.randrange(1, 10) * 10)}  # fmt: skip

    def _roles(self, deals: list[Record], people: list[Record]) -> Iterator[Record]:
        for number, deal in enumerate(deals):
            for place in range(2):
                person = people[(number % (len(people) // 2)) * 2 + place]
                yield self._stamped(deal["CreatedDate"], deal["OwnerId"], OpportunityId=deal["Id"], ContactId=person["Id"],
                                    Role=ROLES[(number + place) % len(ROLES)])  # fmt: skip

    def _history(self, deals: list[Record]) -> Iterator[Record]:
        first = self.open[0]
        for deal in deals:
            common = {"OpportunityId": deal["Id"], "CreatedById": deal["OwnerId"], "Probability": deal["Probability"]}
            now = {"Amount": deal["Amount"], "CloseDate": deal["CloseDate"]}
            steps = (
                (first, deal["CreatedDate"]),
                (first, deal["CreatedDate"]),
                (deal["StageName"], deal["LastStageChangeDate"]),
            )
            for stage, at in steps:
                yield {**common, **now, "StageName": stage, "CreatedDate": at, "SystemModstamp": at}

    def _tasks(self, deals: list[Record], people: list[Record]) -> Iterator[Record]:
        for number, deal in enumerate(deals[::4]):
            done = number % 2 == 0
            more = {"IsClosed": True, "CompletedDateTime": deal["LastStageChangeDate"]} if done else {}
            yield self._stamped(deal["LastStageChangeDate"], deal["OwnerId"], WhatId=deal["Id"], OwnerId=deal["OwnerId"],
                                WhoId=people[number % len(people)]["Id"], Subject="Call", TaskSubtype="Call", CallType="Outbound",
                                Status="Completed" if done else "Not Started", Priority="Normal", AccountId=deal["AccountId"],
                                ActivityDate=deal["LastStageChangeDate"][:10], **more)  # fmt: skip

    def _meetings(self, deals: list[Record], people: list[Record]) -> Iterator[Record]:
        for number, deal in enumerate(deals[::4]):
            at = deal["LastStageChangeDate"]
            yield self._stamped(at, deal["OwnerId"], WhatId=deal["Id"], WhoId=people[number % len(people)]["Id"], Subject="Meeting",
                                StartDateTime=at, EndDateTime=at, ActivityDateTime=at, ActivityDate=at[:10], ShowAs="Busy",
                                OwnerId=deal["OwnerId"], AccountId=deal["AccountId"])  # fmt: skip
