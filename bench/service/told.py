"""What CRMs post, made beforehand: signed HubSpot batches, and outbound messages of Salesforce."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from connectors.hubspot.events.signature import signature_of
from connectors.secret import Secret

PUBLIC, APP, KEY = "https://hooks.bench.example", 1160452, "benchmark-app-key"
ORGANIZATION, END = "00DdM00000AbCdEUAV", "benchmark-path-end"
DEALS = 2_000
"""How many deals the events are about."""
MESSAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{organization}</OrganizationId>'
    '<ActionId>04kdM0000000001QAA</ActionId><SessionId xsi:nil="true"/>{notifications}</notifications>'
    "</soapenv:Body></soapenv:Envelope>"
)
NOTIFICATION = (
    '<Notification><Id>{id}</Id><sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
    "<sf:Id>{deal}</sf:Id><sf:StageName>Qualification</sf:StageName></sObject></Notification>"
)


def requests_of(kind: str, events: Sequence[int], each: int, host: str) -> Iterator[bytes]:
    """Yield whole HTTP requests that tell so many events each, with all that makes them believed."""
    for start in range(0, len(events), each):
        some = events[start : start + each]
        target, body = TARGETS[kind], BODIES[kind](some)
        headers = {"Host": host, "Content-Length": str(len(body)), **HEADERS[kind](body)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


def hubspot_batch(numbers: Sequence[int]) -> bytes:
    """Tell of changed deals as HubSpot does."""
    usual = {"subscriptionId": 25, "portalId": 33, "appId": APP, "subscriptionType": "deal.propertyChange",
             "attemptNumber": 0, "propertyName": "amount", "propertyValue": "5000", "changeSource": "CRM_UI",
             "sourceId": "userId:123"}  # fmt: skip
    told = [
        {"eventId": number, "objectId": 9_000_000 + number % DEALS, "occurredAt": 1_790_000_000_000 + number, **usual}
        for number in numbers
    ]
    return json.dumps(told, separators=(",", ":")).encode()


def hubspot_headers(body: bytes) -> dict[str, str]:
    """Sign a batch as HubSpot does, now."""
    stamp = str(int(time.time() * 1000))
    signature = signature_of(Secret(KEY), "POST", PUBLIC + TARGETS["hubspot"], body, stamp)
    return {"Content-Type": "application/json", "X-HubSpot-Signature-v3": signature,
            "X-HubSpot-Request-Timestamp": stamp}  # fmt: skip


def outbound_message(numbers: Sequence[int]) -> bytes:
    """Tell of saved deals as Salesforce does."""
    told = (NOTIFICATION.format(id=f"04ldM{number:010}", deal=f"006dM{number % DEALS:010}") for number in numbers)
    return MESSAGE.format(organization=ORGANIZATION, notifications="".join(told)).encode()


TARGETS = {"hubspot": "/webhooks/hubspot/hub", "salesforce": f"/webhooks/salesforce/acme/{END}"}
BODIES = {"hubspot": hubspot_batch, "salesforce": outbound_message}
HEADERS = {"hubspot": hubspot_headers, "salesforce": lambda _: {"Content-Type": "text/xml; charset=utf-8"}}
