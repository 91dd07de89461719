"""What happens in a HubSpot account from day to day: people move, change, add, archive, restore and merge at random.

Left out is what HubSpot leaves no trace of: an association that comes or goes between two records that stay, a record
beside deals that is archived, and a deal that is archived and restored between two sweeps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from tests.simulators.hubspot import HubSpotSimulator, Source
from tests.simulators.hubspot.times import moment_of, stamp

STAGES = (
    "appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent", "closedwon", "closedlost",
)  # fmt: skip
LABELS = ("Champion", "Budget Holder", "")
DEALS = 20


class Churn:
    """A small account, and what people do in it; `done` names what was done today."""

    def __init__(self, crm: HubSpotSimulator, dice: Random) -> None:
        self.crm, self.account, self.dice = crm, crm.account, dice
        self.done: list[str] = []
        self.dusk = crm.clock.now
        self._prepare()
        self.actions: tuple[Callable[[], object], ...] = (
            self.move_deal, self.move_deal, self.change_deal, self.change_deal, self.add_deal, self.archive_deal,
            self.restore_deal, self.add_activity, self.add_activity, self.change_activity, self.change_person,
            self.change_company, self.merge_people, self.merge_companies, self.merge_deals, self.add_quote,
            self.publish_quote, self.touch,
        )  # fmt: skip

    def begin(self) -> None:
        """Begin a day, after a sweep."""
        self.done.clear()
        self.dusk = self.crm.clock.now

    def act(self) -> None:
        """Let somebody do something, and time go by."""
        action = self.dice.choice(self.actions)
        self.done.append(f"{self.account.now()} {action.__name__}")
        action()
        self.crm.clock.advance(timedelta(minutes=self.dice.choice((1, 1, 7, 90, 600))))

    # deals

    def add_deal(self) -> str:
        made = self.account.add_deal(
            self._word("Deal"), self.dice.choice(STAGES), company=self._one("companies"), closedate=self._day(),
            amount=self._amount(), hubspot_owner_id=self._owner(), by=self._person(),
        )  # fmt: skip
        for _ in range(self.dice.randrange(3)):
            self.account.associate("deals", made, "contacts", self._one("contacts"), self.dice.choice(LABELS))
        return made

    def move_deal(self) -> None:
        self.account.move(self._one("deals"), self.dice.choice(STAGES), by=self._person())

    def change_deal(self) -> None:
        fields = {
            "amount": self._amount(), "closedate": self.dice.choice((self._day(), "2020-01-31T12:00:00Z")),
            "hs_next_step": self.dice.choice(("", self._word("Step"))), "identified_pain": self._word("Pain"),
            "hubspot_owner_id": self._owner(),
        }  # fmt: skip
        some = self.dice.sample(sorted(fields), self.dice.randrange(1, 3))
        self._change("deals", **{name: fields[name] for name in some})

    def archive_deal(self) -> None:
        if len(self.account.tables["deals"].live) > 2:
            self.account.archive("deals", self._one("deals"))

    def restore_deal(self) -> None:
        gone = [item for item in self.account.tables["deals"].values()
                if item.archived and not item.merged_into and moment_of(item.archived) < self.dusk]  # fmt: skip
        if gone:
            self.account.restore("deals", self.dice.choice(gone).id)

    def merge_deals(self) -> None:
        self._merge("deals", self.add_deal)

    # people and companies

    def change_person(self) -> None:
        role = self.dice.choice(("", "CHAMPION", "CHAMPION;BUDGET_HOLDER"))
        self._change("contacts", jobtitle=self._word("Title"), hs_buying_role=role)

    def change_company(self) -> None:
        self._change("companies", name=self._word("Company"), country=self._word("Country"))

    def merge_people(self) -> None:
        self._merge("contacts", lambda: self.account.add_contact(**self._named()))

    def merge_companies(self) -> None:
        self._merge("companies", lambda: self.account.add_company(self._word("Company")))

    # activities and offers

    def add_activity(self) -> None:
        people = [self._one("contacts") for _ in range(self.dice.randrange(3))]
        object_ = self.dice.choice(("calls", "emails", "meetings", "notes", "tasks"))
        told = {
            "calls": {"hs_call_status": "COMPLETED", "hs_call_direction": "OUTBOUND"},
            "emails": {"hs_email_direction": self.dice.choice(("EMAIL", "INCOMING_EMAIL")), "hs_email_status": "SENT"},
            "meetings": {"hs_meeting_outcome": "SCHEDULED"},
            "tasks": {"hs_task_type": "CALL", "hs_task_status": "NOT_STARTED"},
        }.get(object_, {})
        self.account.add_activity(object_, self._one("deals"), self._moment(), contacts=people, **told)

    def change_activity(self) -> None:
        changes = {
            "meetings": {"hs_meeting_outcome": self.dice.choice(("COMPLETED", "NO_SHOW"))},
            "tasks": {"hs_task_status": self.dice.choice(("COMPLETED", "WAITING"))},
            "calls": {"hs_timestamp": self._moment(), "hs_call_title": self._word("Call")},
        }
        object_ = self.dice.choice(sorted(changes))
        self._change(object_, **changes[object_])

    def add_quote(self) -> None:
        made = self.account.add(
            "quotes",
            hs_title="Offer",
            hs_status="DRAFT",
            hs_expiration_date=self._day(),
            hs_quote_amount=self._amount(),
        )
        self.account.associate("deals", self._one("deals"), "quotes", made)

    def publish_quote(self) -> None:
        self._change("quotes", hs_status=self.dice.choice(("APPROVAL_NOT_NEEDED", "DRAFT")))

    def touch(self) -> None:
        object_ = self.dice.choice(("deals", "contacts"))
        self.account.touch(object_, self._one(object_))

    def _prepare(self) -> None:
        account = self.account
        account.add_property("deals", "identified_pain", "string")
        for number in range(3):
            account.add_owner(f"rep{number}@example.com", "Rep", str(number), team=f"Team {number}")
        for _ in range(8):
            account.add_company(self._word("Company"))
            account.add_contact(**self._named())
        for _ in range(DEALS):
            self.add_deal()
        for _ in range(3 * DEALS):
            self.add_activity()
        for _ in range(DEALS // 2):
            self.add_quote()

    def _change(self, object_: str, **properties: Any) -> None:
        found = self._one(object_)
        if found:
            self.account.change(object_, found, by=self._person(), **properties)

    def _merge(self, object_: str, make: Callable[[], str]) -> None:
        loser = self._one(object_)
        self.account.merge(object_, make(), loser, new_record=self.dice.random() < 0.3)

    def _one(self, object_: str) -> str:
        live = self.account.tables[object_].live
        return self.dice.choice(live)[1] if live else ""

    def _owner(self) -> str:
        return self.dice.choice(sorted(self.account.owners))

    def _person(self) -> Source:
        user = self.account.owners[self._owner()].user_id
        return Source("CRM_UI", f"userId:{user}", user=user)

    def _named(self) -> dict[str, str]:
        return {"firstname": self._word("Person"), "lastname": self._word("Name")}

    def _word(self, what: str) -> str:
        return f"{what} {self.dice.randrange(10_000)}"

    def _amount(self) -> str:
        return str(self.dice.randrange(1, 500) * 100)

    def _moment(self) -> str:
        return stamp(self.crm.clock.now + timedelta(hours=self.dice.randrange(-400, 400)))

    def _day(self) -> str:
        return f"{self._moment()[:10]}T12:00:00Z"
