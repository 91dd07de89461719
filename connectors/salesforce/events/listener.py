"""Hears one org: outbound messages at a secret path, signed callouts at the path without it."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from connectors.events import Heard, NotBelievedError, Posted, Reply
from connectors.salesforce.events.callout import hear_callout
from connectors.salesforce.events.outbound import ACKNOWLEDGED, hear_message
from connectors.salesforce.settings import EventSettings


class SalesforceListener:
    """Hears the org that the settings name."""

    kind = "salesforce"

    def __init__(self, settings: EventSettings) -> None:
        self._settings = settings

    def hear(self, posted: Posted, now: datetime) -> Heard:
        """Tell which deals the org says were changed."""
        settings = self._settings
        if not posted.end:
            return hear_callout(posted, settings.organization_id, settings.callout_secret, now)
        if not hmac.compare_digest(_bytes(posted.end), _bytes(settings.path_secret.reveal())):
            raise NotBelievedError
        return hear_message(posted.body, settings.organization_id)

    def reply(self, posted: Posted) -> Reply:
        """Acknowledge an outbound message; a flow is only told that all is kept."""
        if posted.end:
            return Reply(ACKNOWLEDGED, "text/xml; charset=utf-8")
        return Reply(b'{"kept": true}', "application/json")

    def pointers(self, path: str) -> Sequence[str]:
        """Say where outbound messages and callouts go."""
        return (f"outbound messages to {path}/PATH_SECRET", f"signed callouts to {path}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
