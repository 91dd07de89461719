"""Opens a connector to a simulated CRM that runs as a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.protocol import Connector
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings, SessionId
from connectors.secret import Secret
from connectors.transport import new_transport

Where = Mapping[str, str]


def open_crm(where: Where) -> Connector:
    """Open the connector of the kind that `where` names; its mirror is the file that it names."""
    return OPENERS[where["kind"]](where)


def _salesforce(where: Where) -> Connector:
    transport = new_transport()
    transport.trust_env, transport.verify = False, where["ca_file"]
    by_session = SessionId(Secret(where["session_id"]))
    settings = SalesforceSettings("bench", where["url"], by_session, Path(where["mirror"]))
    client = SalesforceClient(settings, transport=transport)
    return SalesforceConnector(settings, client)


OPENERS = {"salesforce": _salesforce}
