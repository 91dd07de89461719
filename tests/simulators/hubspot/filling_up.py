"""Puts a made-up pipeline into an account: as many deals as wanted, with people, companies, activities and histories."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.simulators.hubspot.computed import computed
from tests.simulators.hubspot.store import Item, Source, Version
from tests.simulators.hubspot.times import stamp

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account

OWNERS = 12
ROLES = ("Decision maker", "Champion", "Economic buyer")
DAYS = 180
MANY = 10_000
KINDS = ("calls", "emails", "meetings")
PEOPLE = ("Ann Ames", "Bob Berg", "Cem Can", "Dea Dunn", "Eli Egger", "Fay Fox")


def fill(account: Account, *, deals: int, seed: int = 1, activities: int = 1) -> None:
    """Add so many deals, two contacts each; the same seed makes the same account."""
    with account.lock, _without_collecting() if deals >= MANY else nullcontext():
        filling = _Filling(account, Random(seed))  # noqa: S311 - it makes things up
        filling.people(deals)
        filling.companies(max(1, deals // 4))
        filling.deals(deals)
        for number in range(activities):
            filling.activities(KINDS[number % len(KINDS)])


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Spare the collector of garbage the looking through of what stays: with a full account it would do little else."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@dataclass
class _Filling:
    account: Account
    random: Random

    def __post_init__(self) -> None:
        self.now = self.account.clock.now.replace(microsecond=0)
        while len(self.account.owners) < OWNERS:
            first, _, last = PEOPLE[len(self.account.owners) % len(PEOPLE)].partition(" ")
            self.account.add_owner(f"{first}.{last}{len(self.account.owners)}@example.com".lower(), first, last)
        self.owners = list(self.account.owners)
        known = {each.label for each in self.account.associations.types["deals", "contacts"].values()}
        for role in ROLES:
            if role not in known:
                self.account.associations.add_label("deals", "contacts", role)
        self.contact_ids: list[str] = []
        self.company_ids: list[str] = []
        self.deal_ids: list[str] = []

    def people(self, count: int) -> None:
        self.contact_ids = self._ids("contacts", count)
        self._fill("contacts", (
            (id_, {"email": f"person{id_}@example.com", "firstname": PEOPLE[number % 6].split()[0],
                   "lastname": f"Number {number}", "jobtitle": "Buyer", "lifecyclestage": "opportunity",
                   "hs_email_domain": "example.com"})
            for number, id_ in enumerate(self.contact_ids)
        ))  # fmt: skip

    def companies(self, count: int) -> None:
        self.company_ids = self._ids("companies", count)
        self._fill("companies", (
            (id_, {"name": f"Company {number}", "domain": f"company{number}.example.com", "industry": "RETAIL",
                   "numberofemployees": str(10 + number % 5000), "annualrevenue": str(1000 * (number % 9000))})
            for number, id_ in enumerate(self.company_ids)
        ))  # fmt: skip

    def deals(self, count: int) -> None:
        self.deal_ids = self._ids("deals", count)
        self.account.tables["deals"].fill(self._deal(number, id_) for number, id_ in enumerate(self.deal_ids))
        people, links = len(self.contact_ids), self.account.associations
        pairs = list(enumerate(self.deal_ids))
        for rest, role in enumerate(ROLES):
            links.fill("deals", "contacts", ((id_, self.contact_ids[number % people]) for number, id_ in pairs
                                             if number % len(ROLES) == rest), role)  # fmt: skip
        links.fill("deals", "contacts", ((id_, self.contact_ids[(number * 7 + 3) % people]) for number, id_ in pairs
                                         if (number * 7 + 3) % people != number % people))  # fmt: skip
        links.fill("deals", "companies", ((id_, self.company_ids[number % len(self.company_ids)])
                                          for number, id_ in pairs), "Primary")  # fmt: skip

    def activities(self, object_: str) -> None:
        ids = self._ids(object_, len(self.deal_ids))
        more = {"calls": {"hs_call_title": "Call", "hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"},
                "emails": {"hs_email_subject": "Offer", "hs_email_direction": "EMAIL", "hs_email_status": "SENT"},
                "meetings": {"hs_meeting_title": "Meeting", "hs_meeting_outcome": "COMPLETED"}}[object_]  # fmt: skip
        self._fill(object_, ((id_, {"hs_timestamp": stamp(self._ago(0, DAYS)), **more}) for id_ in ids))
        self.account.associations.fill("deals", object_, zip(self.deal_ids, ids, strict=True))

    def _deal(self, number: int, id_: str) -> Item:
        random, account = self.random, self.account
        stages = list(account.pipelines["default"].live.values())
        reached = random.randrange(len(stages))
        created = self._ago(30, DAYS)
        path = stages[: reached + 1] if not stages[reached].closed else [stages[0], stages[reached]]
        steps = sorted(random.random() for _ in path[1:])
        times = [created, *(created + (self.now - created) * each for each in steps)]
        values = {
            "dealname": f"Deal {number}", "pipeline": "default", "dealstage": path[0].id, "createdate": stamp(created),
            "hs_object_id": id_, "hubspot_owner_id": random.choice(self.owners),
            "amount": str(random.randrange(1, 2000) * 100), "deal_currency_code": "USD",
            "closedate": stamp(self.now + timedelta(days=random.randrange(-20, 120))),
        }  # fmt: skip
        before: dict[str, str] = {}
        for stage, moment in zip(path, times, strict=True):
            values["dealstage"] = stage.id
            found = computed(account, "deals", values, before, stamp(moment))
            values |= {name: value for name, value in found.items() if value is not None}
            before = dict(values)
        modified = stamp(times[-1] + (self.now - times[-1]) * random.random())
        values["hs_lastmodifieddate"] = modified
        versions = tuple(Version(stage.id, stamp(moment), _SALES) for stage, moment in zip(path, times, strict=True))
        return Item(id_, values, stamp(created), modified, {"dealstage": versions[::-1]})

    def _fill(self, object_: str, rows: Iterator[tuple[str, dict[str, str]]]) -> None:
        kind = self.account.kind(object_)
        self.account.tables[object_].fill(self._item(kind.created, kind.modified, *row) for row in rows)

    def _item(self, created_in: str, modified_in: str, id_: str, values: dict[str, str]) -> Item:
        created = self._ago(20, DAYS)
        modified = stamp(created + (self.now - created) * self.random.random())
        told = {**values, "hs_object_id": id_, created_in: stamp(created), modified_in: modified}
        return Item(id_, told, stamp(created), modified)

    def _ids(self, object_: str, count: int) -> list[str]:
        table = self.account.tables[object_]
        return [table.new_id() for _ in range(count)]

    def _ago(self, least: int, most: int) -> datetime:
        return self.now - timedelta(seconds=self.random.randrange(least * 86_400, most * 86_400))


_SALES = Source("CRM_UI", "userId:1001")
