"""A simulated Salesforce org with a book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.salesforce import names
from tests.kills.crm.book import PATH, Book, answered
from tests.simulators.salesforce.clock import RunningClock
from tests.simulators.salesforce.installed import install_fields
from tests.simulators.salesforce.messages import OutboundMessages
from tests.simulators.salesforce.server import SalesforceSimulator
from tests.simulators.salesforce.table import Record
from tests.simulators.serving import Request, Response

END, KEY = "s3cret-end", "callout-key"


class SalesforceWithBook(SalesforceSimulator):
    """An org of so many made-up deals."""

    def __init__(self, deals: int, seed: int) -> None:
        super().__init__(clock=RunningClock())
        self.book = Book()
        install_fields(self.org)
        self.org.fill(opportunities=deals, seed=seed)
        self.org.on_save.append(self._note)
        self.messages: OutboundMessages | None = None

    def answer(self, request: Request) -> Response | None:
        if request.path != PATH:
            return super().answer(request)
        with self.org.lock:
            return answered(self, request)

    def reached(self) -> dict[str, Any]:
        """Say what a client needs."""
        return {
            "url": self.url,
            "settings": {
                "type": "salesforce", "url": self.url, "sign_in": "session", "session_id": "${SESSION}",
                "events": {
                    "organization": self.org.organization_id, "path_secret": "${END}", "callout_secret": "${KEY}",
                },
            },
            "secrets": {"SESSION": self.session_id, "END": END, "KEY": KEY, "REQUESTS_CA_BUNDLE": str(self.ca_file)},
            "ca_file": str(self.ca_file),
        }  # fmt: skip

    def set_amounts(self, amounts: Mapping[str, int]) -> None:
        person = self.org.rows("User")[-1]["Id"]
        for id_, amount in amounts.items():
            self.org.change("Opportunity", id_, by=person, Amount=amount)

    def push_to(self, address: str) -> None:
        self.messages = OutboundMessages(self, f"{address}/webhooks/salesforce/acme/{END}")
        self.pushing.enter_context(self.messages)

    def away(self, *, is_away: bool) -> None:
        self.faults.counted["error"] = 10**9 if is_away else 0

    def acknowledged(self) -> set[str]:
        sent = self.messages.deliveries if self.messages else ()
        return {id_ for each in sent if each.acknowledged for id_ in each.notifications}

    def deals(self) -> dict[str, Sequence[Any]]:
        rows = (row for row in self.org.rows("Opportunity") if not row["IsClosed"])
        return {row["Id"]: (row["Amount"], row[names.SCORE]) for row in rows}

    def _note(self, object_: str, new: Record, old: Record | None, _user: str) -> None:
        before = old or {}
        if object_ == "Task" and (key := new.get(names.KEY)):
            self.book.made[key] += old is None
            self.book.completed[key] += new["Status"] == "Completed" != before.get("Status")
        elif object_ == "Opportunity":
            self.book.flagged[new["Id"]] += any(new.get(name) != before.get(name) for name in names.FLAG_FIELDS)
            self.book.told += self.messages is not None
