"""Callouts of a Flow: a JSON body for each saved Opportunity, signed by HMAC, sent once and never again."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulators.salesforce.pushing import Pushing
from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator


class FlowCallouts(Pushing):
    """A Flow that calls out whenever an Opportunity is saved.

    `late`: how far the time stamp is behind the org's clock. `organization`: told instead of the org's own id.
    """

    def __init__(self, simulator: SalesforceSimulator, url: str, secret: str) -> None:
        super().__init__(simulator, url, "Opportunity")
        self.late, self.organization = timedelta(0), ""
        self.waiting: list[str] = []
        self.answers: list[int] = []
        self._secret = secret
        self._made = 0

    def note(self, row: Record) -> None:
        """Queue a callout; called under the org's lock."""
        self.waiting.append(row["Id"])

    def deliver(self) -> int:
        """Send all that waits, a request for each save, whatever is answered."""
        with self.simulator.org.lock:
            waiting, self.waiting = self.waiting, []
            bodies = [self._body(each) for each in waiting]
        for body in bodies:
            self.answers.append(self.post(body, self.signed(body))[0])
        return len(bodies)

    def signed(self, body: bytes) -> dict[str, str]:
        """Give the headers that sign a body for this moment."""
        seconds = str(int((self.simulator.clock.now - self.late).timestamp()))
        signature = hmac.new(self._secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Dealgate-Timestamp": seconds,
            "X-Dealgate-Signature": signature,
        }

    def _body(self, deal: str) -> bytes:
        self._made += 1
        organization = self.organization or self.simulator.org.organization_id
        return json.dumps({"organization": organization, "id": f"callout-{self._made}", "deals": [deal]}).encode()
