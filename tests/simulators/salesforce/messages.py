"""Outbound messages: SOAP envelopes of up to 100 notifications, sent again until they are acknowledged."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from tests.simulators.salesforce.ids import new_id
from tests.simulators.salesforce.pushing import Pushing
from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

MOST = 100
FIRST_PAUSE, LONGEST_PAUSE, PATIENCE = timedelta(seconds=15), timedelta(hours=2), timedelta(hours=24)
ACK = "{http://soap.sforce.com/2005/09/outbound}Ack"
OK = 200
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""', "User-Agent": "Salesforce-Outbound-Messaging"}


@dataclass
class Notification:
    """News of one saved record, and when it is to be sent."""

    id: str
    record: str
    made: datetime
    due: datetime
    attempts: int = 0
    repeats: int = 0


@dataclass(frozen=True)
class Delivery:
    """One message that was sent: the ids of its notifications, the HTTP status (0: no answer), and the Ack."""

    notifications: tuple[str, ...]
    status: int
    acknowledged: bool


class OutboundMessages(Pushing):
    """A workflow that sends a message whenever an Opportunity is saved.

    `repeats`: how often each is sent again though it was acknowledged. `disorder`: they are sent in any order.
    `organization`: the id that is told, where it is not the org's own. `most`: notifications of a message.
    """

    def __init__(
        self,
        simulator: SalesforceSimulator,
        url: str,
        fields: Sequence[str] = ("Id", "StageName"),
        object_: str = "Opportunity",
    ) -> None:
        super().__init__(simulator, url, object_)
        self.fields = fields
        self.repeats, self.disorder, self.organization, self.most = 0, False, "", MOST
        self.waiting: list[Notification] = []
        self.given_up: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self._made = 0
        self._dice = random.Random(1)  # noqa: S311 - disorder, not secrecy

    def note(self, row: Record) -> None:
        """Queue a notification; called under the org's lock."""
        self._made += 1
        now = self.simulator.clock.now
        self.waiting.append(Notification(new_id("04l", self._made), row["Id"], now, now, repeats=self.repeats))

    def deliver(self) -> int:
        """Send what is due by the org's clock; what is not acknowledged comes again later, for a day."""
        with self.simulator.org.lock:
            now = self.simulator.clock.now
            due = [each for each in self.waiting if each.due <= now]
            if self.disorder:
                self._dice.shuffle(due)
        batches = [due[start : start + self.most] for start in range(0, len(due), self.most)]
        for batch in batches:
            with self.simulator.org.lock:
                envelope = self.envelope(batch)
            status, answer = self.post(envelope, HEADERS)
            self._settle(batch, status, acknowledged=status == OK and _acknowledged(answer))
        return len(batches)

    def envelope(self, batch: Sequence[Notification]) -> bytes:
        """Write a message; values are those of the moment it is sent, not of the save."""
        organization = self.organization or self.simulator.org.organization_id
        base = f"{self.simulator.url}/services/Soap"
        version, action = self.simulator.api_version, new_id("04k", 1)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
            ' <soapenv:Body>\n  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
            f"   <OrganizationId>{organization}</OrganizationId>\n   <ActionId>{action}</ActionId>\n"
            '   <SessionId xsi:nil="true"/>\n'
            f"   <EnterpriseUrl>{base}/c/{version}/{organization[:15]}</EnterpriseUrl>\n"
            f"   <PartnerUrl>{base}/u/{version}/{organization[:15]}</PartnerUrl>\n"
            f"{''.join(self._notification(each) for each in batch)}"
            "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
        ).encode()

    def _notification(self, each: Notification) -> str:
        row = self.simulator.org.records[self.object].get(each.record, {"Id": each.record})
        values = "".join(_element(name, row.get(name)) for name in self.fields)
        return (
            f"   <Notification>\n    <Id>{each.id}</Id>\n"
            f'    <sObject xsi:type="sf:{self.object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
            f"{values}    </sObject>\n   </Notification>\n"
        )

    def _settle(self, batch: Sequence[Notification], status: int, *, acknowledged: bool) -> None:
        with self.simulator.org.lock:
            now = self.simulator.clock.now
            self.deliveries.append(Delivery(tuple(each.id for each in batch), status, acknowledged))
            for each in batch:
                each.attempts += 1
                if acknowledged and each.repeats:
                    each.repeats -= 1
                elif acknowledged:
                    self.waiting.remove(each)
                elif now - each.made > PATIENCE:
                    self.waiting.remove(each)
                    self.given_up.append(each)
                else:
                    each.due = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(each.attempts - 1, 20))


def _element(name: str, value: object) -> str:
    if value is None:
        return ""
    shown = str(value).lower() if isinstance(value, bool) else escape(str(value)).replace("+0000", "Z")
    return f"     <sf:{name}>{shown}</sf:{name}>\n"


def _acknowledged(answer: bytes) -> bool:
    try:
        found: Iterator[ET.Element] = ET.fromstring(answer).iter(ACK)
    except ET.ParseError:
        return False
    return any((each.text or "").strip() == "true" for each in found)
