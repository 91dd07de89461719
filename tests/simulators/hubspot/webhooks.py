"""Webhooks out: what happened, told in signed batches, again where nobody took them, twice and in disorder if wanted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import requests

from tests.simulators.hubspot.times import milliseconds

if TYPE_CHECKING:
    from tests.simulators.hubspot.account import Account
    from tests.simulators.hubspot.store import Item, Source

MOST, PATIENCE, TRIES = 100, 5.0, 10
DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""What HubSpot decodes in an address before it signs it, and nothing else."""
ONCE = {"creation": "NEW", "deletion": "DELETED", "restore": "RESTORED"}


@dataclass(frozen=True)
class Subscription:
    """What an app wants to hear: `deal.propertyChange` of a property, `object.creation` of an object, and so on."""

    id: int
    type: str
    property: str = ""
    object: str = "deals"


@dataclass
class Event:
    """One event that waits; `due` is when it is sent (again), `attempt` how often it was sent before."""

    told: dict[str, Any]
    due: datetime
    attempt: int = 0


@dataclass(frozen=True)
class Delivery:
    """One batch that was sent: its events and the status that came back, 0 where none did."""

    events: Sequence[Mapping[str, Any]]
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Webhooks:
    """The app's webhooks; `deliver` sends what is due, and nothing is sent without it."""

    def __init__(self, account: Account, secret: str) -> None:
        self._account = account
        self.secret = secret
        self.target = ""
        """Where events go, as the app's settings say; this is what is signed."""
        self.reached_at = ""
        """Where the target is in truth, where a proxy stands before it; "": at its own address."""
        self.subscriptions: list[Subscription] = []
        self.waiting: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.twice = False
        """Whether every event is sent a second time."""
        self.shuffled = False
        """Whether events are sent in disorder."""
        self.batch = MOST
        self.skew = timedelta(0)
        """How far the stamp of a request is from the account's clock."""
        self._random = Random(11)  # noqa: S311 - it shuffles events
        self._stop = threading.Event()
        account.on_change.append(self._changed)
        account.on_event.append(self._happened)

    def subscribe(self, type_: str, *properties: str, object_: str = "") -> None:
        """Ask to hear a type of event; of `propertyChange` those of some properties."""
        for each in properties or ("",):
            named = object_ or {"deal": "deals", "contact": "contacts", "company": "companies"}.get(
                type_.partition(".")[0], "deals")  # fmt: skip
            self.subscriptions.append(Subscription(25 + len(self.subscriptions), type_, each, named))

    def deliver(self) -> list[Delivery]:
        """Send what is due, in batches; what was not taken waits for its next time."""
        now = self._account.clock.now
        with self._account.lock:
            due = [each for each in self.waiting if each.due <= now]
            self.waiting = [each for each in self.waiting if each.due > now]
        if self.shuffled:
            self._random.shuffle(due)
        made = [self._sent(due[start : start + self.batch]) for start in range(0, len(due), self.batch)]
        self.deliveries += made
        return made

    def run(self) -> None:
        """Send what is due in a thread of its own until `stop`."""
        threading.Thread(target=self._running, daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def signed(self, body: bytes, moment: datetime, *, method: str = "POST", url: str = "") -> dict[str, str]:
        """Give the headers of a request as HubSpot signs it; `url` is the target's."""
        stamp = str(milliseconds(moment))
        uri = decoded(url or self.target)
        source = method.encode() + uri.encode() + body + stamp.encode()
        digest = hmac.new(self.secret.encode(), source, hashlib.sha256).digest()
        older = hashlib.sha256(self.secret.encode() + body).hexdigest()
        return {
            "Content-Type": "application/json;charset=utf-8", "User-Agent": "HubSpot Connect 2.0",
            "X-HubSpot-Signature": older, "X-HubSpot-Signature-Version": "v1", "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        }  # fmt: skip

    def _sent(self, events: list[Event]) -> Delivery:
        told = [each.told | {"attemptNumber": each.attempt} for each in events]
        body = json.dumps(told, separators=(",", ":")).encode()
        headers = self.signed(body, self._account.clock.now + self.skew)
        try:
            where = self.reached_at or self.target
            status = requests.post(where, data=body, headers=headers, timeout=PATIENCE).status_code
        except requests.RequestException:
            status = 0
        if not 200 <= status < 300:
            self._again(events)
        return Delivery(told, status, headers, body)

    def _again(self, events: list[Event]) -> None:
        """Let events wait for their next try: ten of them within a day, ever further apart."""
        now = self._account.clock.now
        with self._account.lock:
            for each in events:
                if each.attempt < TRIES:
                    wait = timedelta(minutes=2**each.attempt) * self._random.uniform(0.75, 1.25)
                    self.waiting.append(Event(each.told, now + wait, each.attempt + 1))

    def _running(self) -> None:
        while not self._stop.wait(0.05):
            if self.target:
                self.deliver()

    def _changed(
        self, object_: str, item: Item, before: Item | None, changed: Mapping[str, str | None], source: Source
    ) -> None:
        if before is None and changed:
            self._happened(f"{self._account.kind(object_).singular}.creation",
                           {"objectId": item.id, "changeFlag": "NEW"}, source)  # fmt: skip
        singular = self._account.kind(object_).singular
        for each in self.subscriptions:
            what = each.type.partition(".")[2] == "propertyChange"
            if what and each.property in changed and self._of(each, singular):
                told = {"objectId": item.id, "propertyName": each.property,
                        "propertyValue": changed[each.property] or ""}  # fmt: skip
                self._put(each, told, source)

    def _happened(self, what: str, fields: Mapping[str, Any], source: Source) -> None:
        singular, _, verb = what.partition(".")
        for each in self.subscriptions:
            if each.type.partition(".")[2] == verb and self._of(each, singular):
                flag = "CREATED" if each.type == "object.creation" else fields.get("changeFlag")
                self._put(each, {**fields, **({"changeFlag": flag} if flag else {})}, source)

    def _of(self, subscription: Subscription, singular: str) -> bool:
        """Whether a subscription is about an object; those of `object.` name it beside."""
        named = subscription.type.partition(".")[0]
        return named == singular or (named == "object" and self._account.kind(subscription.object).singular == singular)

    def _put(self, subscription: Subscription, fields: Mapping[str, Any], source: Source) -> None:
        now = self._account.clock.now
        kind = self._account.kind(subscription.object)
        told: dict[str, Any] = {
            "eventId": self._random.randrange(1, 2**32), "subscriptionId": subscription.id,
            "portalId": self._account.portal, "appId": int(self._account.app.id),
            "occurredAt": milliseconds(now), "subscriptionType": subscription.type,
        }  # fmt: skip
        told |= _numbered(fields)
        if subscription.type.startswith("object."):
            told["objectTypeId"] = kind.id
        told |= {"changeSource": source.type, "sourceId": source.id}
        for _ in range(2 if self.twice else 1):
            self.waiting.append(Event(dict(told), now))


def decoded(url: str) -> str:
    """Decode in an address what HubSpot decodes before it signs."""
    for escaped, plain in DECODED.items():
        url = url.replace(escaped, plain).replace(escaped.lower(), plain)
    return url


def _numbered(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give ids as the numbers that webhooks have them as."""
    return {name: _number(value) if name.endswith(("Id", "Ids")) else value for name, value in fields.items()}


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(each) for each in value]
    return int(value) if str(value).isdigit() else value
