"""The app that an administrator uploads: its cards as they ship, its webhooks where Dealgate listens."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from connectors.hubspot.names import GROUP
from rules.types import Duration

APP = "src/app"
SCOPES = f"{APP}/app-hsmeta.json"
CARDS = f"{APP}/cards"
CARD_SETTINGS = f"{CARDS}/dealgate/settings.ts"
WEBHOOKS = f"{APP}/webhooks/webhooks-hsmeta.json"
LEFT_OUT = ("tests", "node_modules", "package-lock.json", "package.json", "tsconfig.json", "vitest.config.ts")
"""What is not part of the app: the cards' tests, and what runs them, at the top of the project."""
STALE_AFTER = re.compile(rb"(?<=STALE_AFTER_DAYS = )\d+")


def app_files(webhooks_url: str, properties: Iterable[str], stale_after: Sequence[Duration]) -> dict[str, bytes]:
    """Give every file of the app's project by its path, as an administrator uploads it.

    `properties` are those of a deal that the playbooks read: HubSpot tells of their changes beside the standard ones.
    It tells of none where `webhooks_url` is "". The shortest of `stale_after` is when a card calls a check out of date.
    """
    shipped = shipped_files()
    if webhooks_url:
        shipped[WEBHOOKS] = _webhooks(shipped[WEBHOOKS], webhooks_url, properties)
    else:
        del shipped[WEBHOOKS]
    if stale_after:
        days = max(1, math.ceil(min(each.hours for each in stale_after) / 24))
        shipped[CARD_SETTINGS] = STALE_AFTER.sub(str(days).encode(), shipped[CARD_SETTINGS])
    return shipped


def shipped_files() -> dict[str, bytes]:
    """Give the project as it ships, by path."""
    top = files("connectors.hubspot.install").joinpath("project")
    return dict(_below([each for each in top.iterdir() if each.name not in LEFT_OUT], ""))


def scopes() -> tuple[str, ...]:
    """Name the scopes that the app asks for."""
    asked: list[str] = json.loads(shipped_files()[SCOPES])["config"]["auth"]["requiredScopes"]
    return tuple(asked)


def subscribed(webhooks: bytes) -> tuple[str, ...]:
    """Name the properties of a deal whose changes a manifest of webhooks asks to be told of."""
    return tuple(each["propertyName"] for each in _events(json.loads(webhooks)) if "propertyName" in each)


def _webhooks(shipped: bytes, url: str, properties: Iterable[str]) -> bytes:
    """Point the webhooks at an address and add properties, except our own: what we write is no news."""
    manifest = json.loads(shipped)
    manifest["config"]["settings"]["targetUrl"] = url
    known = set(subscribed(shipped))
    _events(manifest).extend(
        {"subscriptionType": "object.propertyChange", "objectType": "deal", "propertyName": name, "active": True}
        for name in sorted(set(properties) - known)
        if not name.startswith(f"{GROUP}_")
    )
    return f"{json.dumps(manifest, indent=2)}\n".encode()


def _events(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manifest["config"]["subscriptions"]["crmObjects"]
    return found


def _below(entries: Iterable[Traversable], prefix: str) -> Iterator[tuple[str, bytes]]:
    for each in sorted(entries, key=lambda one: one.name):
        path = f"{prefix}{each.name}"
        if each.is_dir():
            yield from _below(each.iterdir(), f"{path}/")
        else:
            yield path, each.read_bytes()
