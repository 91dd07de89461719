"""Hears one account through its app's webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.events import Heard, NotBelievedError, Posted, Reply
from connectors.hubspot.events.batch import hear_batch
from connectors.hubspot.events.signature import verify
from connectors.hubspot.settings import EventSettings


class HubSpotListener:
    """Hears the app that the settings name."""

    kind = "hubspot"

    def __init__(self, settings: EventSettings) -> None:
        self._settings = settings

    def hear(self, posted: Posted, now: datetime) -> Heard:
        """Tell which deals the account says were changed; nothing is parsed before its signature was found right."""
        if posted.end:
            raise NotBelievedError
        verify(posted, self._settings.public_url, self._settings.client_secret, now)
        return hear_batch(posted.body, self._settings.app_id)

    def reply(self, posted: Posted) -> Reply:  # noqa: ARG002 - every batch is answered alike
        """Say that all is kept."""
        return Reply(b'{"kept": true}', "application/json")

    def pointers(self, path: str) -> Sequence[str]:
        """Say where webhooks go."""
        return (f"webhooks of app {self._settings.app_id} to {self._settings.public_url}{path}",)
