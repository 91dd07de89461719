"""Opens the connector of a CRM by its settings; what only one kind of CRM needs is loaded when it is opened."""

from __future__ import annotations

from connectors.crm_settings import CrmSettings, LocalSettings
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import Connector
from connectors.warehouse.settings import WarehouseSettings


def connect(settings: CrmSettings) -> Connector:
    """Open a CRM; nothing is read yet."""
    if isinstance(settings, LocalSettings):
        from connectors.local import connect as connect_local  # noqa: PLC0415 - only where it is used

        return connect_local(settings.path)
    if isinstance(settings, HubSpotSettings):
        from connectors.hubspot.connector import connect as connect_hubspot  # noqa: PLC0415 - likewise

        return connect_hubspot(settings)
    if isinstance(settings, WarehouseSettings):
        from connectors.warehouse.opening import connect as connect_warehouse  # noqa: PLC0415 - likewise

        return connect_warehouse(settings)
    from connectors.salesforce.connector import connect as connect_salesforce  # noqa: PLC0415 - likewise

    return connect_salesforce(settings)
