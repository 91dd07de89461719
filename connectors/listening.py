"""Gives what hears a CRM's events by its settings; what only one kind of CRM needs is loaded when it is used."""

from __future__ import annotations

from connectors.crm_settings import CrmSettings
from connectors.events import Listener
from connectors.hubspot.settings import HubSpotSettings
from connectors.salesforce.settings import SalesforceSettings


def listener_of(settings: CrmSettings) -> Listener | None:
    """Give what hears a CRM; None where nothing says what its events must carry to be believed."""
    if isinstance(settings, SalesforceSettings) and settings.events is not None:
        from connectors.salesforce.events.listener import SalesforceListener  # noqa: PLC0415 - only where it is used

        return SalesforceListener(settings.events)
    if isinstance(settings, HubSpotSettings) and settings.events is not None:
        from connectors.hubspot.events.listener import HubSpotListener  # noqa: PLC0415 - likewise

        return HubSpotListener(settings.events)
    return None
