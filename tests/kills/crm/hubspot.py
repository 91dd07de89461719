"""A simulated HubSpot account with a book, which would keep a task twice: its tasks' key is not unique."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.hubspot import names
from tests.connectors.hubspot.accounts import install_properties
from tests.kills.crm.book import PATH, Book, answered
from tests.simulators.clock import RunningClock
from tests.simulators.hubspot.server import HubSpotSimulator
from tests.simulators.hubspot.store import Item, Source
from tests.simulators.serving import Request, Response

PUBLIC = "https://hooks.acme.example"
HOOK = "/webhooks/hubspot/acme"
FLAGS = frozenset(names.FLAG_PROPERTIES)
GOOD = range(200, 300)


class HubSpotWithBook(HubSpotSimulator):
    """An account of so many made-up deals."""

    def __init__(self, deals: int, seed: int) -> None:
        super().__init__(clock=RunningClock())
        self.book = Book()
        self.account.fill(deals=deals, seed=seed)
        install_properties(self.account, unique=False)
        self.account.on_change.append(self._note)
        self.webhooks.subscribe("deal.propertyChange", "amount", names.STATUS)

    def answer(self, request: Request) -> Response | None:
        if request.path != PATH:
            return super().answer(request)
        with self.account.lock:
            return answered(self, request)

    def reached(self) -> dict[str, Any]:
        """Say what a client needs."""
        return {
            "url": self.url,
            "settings": {
                "type": "hubspot", "url": self.url, "sign_in": "token", "token": "${TOKEN}",
                "events": {"app_id": int(self.account.app.id), "client_secret": "${KEY}", "public_url": PUBLIC},
            },
            "secrets": {"TOKEN": self.token, "KEY": self.webhooks.secret},
        }  # fmt: skip

    def set_amounts(self, amounts: Mapping[str, int]) -> None:
        for id_, amount in amounts.items():
            self.account.change("deals", id_, amount=str(amount))

    def push_to(self, address: str) -> None:
        self.webhooks.target, self.webhooks.reached_at = PUBLIC + HOOK, address + HOOK
        self.webhooks.run()

    def away(self, *, is_away: bool) -> None:
        self.faults.counted["error 503"] = 10**9 if is_away else 0

    def acknowledged(self) -> set[str]:
        taken = (each for each in self.webhooks.deliveries if each.status in GOOD)
        told = (event for each in taken for event in each.events if event["propertyName"] == "amount")
        return {f"{event['eventId']} {event['objectId']} {event['occurredAt']}" for event in told}

    def deals(self) -> dict[str, Sequence[Any]]:
        found = ((id_, self.account.get("deals", id_)) for id_ in self.account.live("deals"))
        return {
            id_: (float(values["amount"]), values.get(names.SCORE))
            for id_, values in found
            if (stage := self.account.stage_of(values)) and not stage.closed
        }

    def _note(
        self, object_: str, item: Item, before: Item | None, changed: Mapping[str, str | None], _source: Source
    ) -> None:
        if object_ == "tasks" and (key := item.values.get(names.KEY)):
            self.book.made[key] += before is None
            self.book.completed[key] += changed.get("hs_task_status") == "COMPLETED"
        elif object_ == "deals":
            self.book.flagged[item.id] += not FLAGS.isdisjoint(changed)
            self.book.told += "amount" in changed
