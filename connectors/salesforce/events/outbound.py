"""Outbound messages: SOAP envelopes that carry no signature, so that only a secret path and the org's id are proof.

They come at least once, in no order, with whatever the records held when they were sent: none of it is believed but
which records they are about.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.events import Heard, NotBelievedError, NotUnderstoodError
from connectors.salesforce.ids import id18, is_id
from engine.judge.events import Event

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
DEAL = "Opportunity"
MOST = 100
"""The most notifications that Salesforce puts into a message."""

ACKNOWLEDGED = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
"""What tells Salesforce not to send a message again."""


def hear_message(body: bytes, organization: str) -> Heard:
    """Tell which deals a message of an org is about; `organization` is the org's id in either length."""
    message = _message(body)
    if id18(_text(message, "OrganizationId")) != id18(organization):
        raise NotBelievedError
    notifications = message.findall(f"{OUTBOUND}Notification")
    if not 1 <= len(notifications) <= MOST:
        raise NotUnderstoodError(f"a message has 1 to {MOST} notifications")
    events = [each for notification in notifications for each in _events(notification)]
    return Heard(tuple(dict.fromkeys(events)), len(notifications) - len(events))


def _message(body: bytes) -> Element:
    """Parse an envelope; document types and entities are refused, whatever they say."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise NotUnderstoodError("the document declares a type or entities") from None
    except (ParseError, ValueError, LookupError):
        raise NotUnderstoodError("the body is no XML") from None
    found = root.find(f"{SOAP}Body/{OUTBOUND}notifications") if root.tag == f"{SOAP}Envelope" else None
    if found is None:
        raise NotUnderstoodError("the body is no outbound message")
    return found


def _events(notification: Element) -> Iterator[Event]:
    """Give the event that a notification is, if it is about a deal."""
    record = notification.find(f"{OUTBOUND}sObject")
    if record is None:
        raise NotUnderstoodError("a notification has no record")
    event_id = _id_in(notification, f"{OUTBOUND}Id")
    if record.get(TYPE, "").rpartition(":")[2] == DEAL:
        yield Event(f"notification {event_id}", (_id_in(record, "{*}Id"),))


def _id_in(parent: Element, tag: str) -> str:
    found = (parent.findtext(tag) or "").strip()
    if not is_id(found):
        raise NotUnderstoodError("a notification has no id, or its record has none")
    return id18(found)


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(f"{OUTBOUND}{name}") or "").strip()
