"""Opens a connector to a simulated CRM that runs as a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.crms.account_time import AccountTime
from connectors.hubspot.client import HubSpotClient
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings, Token
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings, SessionId
from connectors.secret import Secret
from connectors.transport import new_transport

Where = Mapping[str, str]


@dataclass(frozen=True)
class Opened:
    """A connector, and how long its client has waited for the CRM's limits without time passing here, in seconds."""

    connector: SalesforceConnector | HubSpotConnector
    waited: Callable[[], float]


def open_crm(where: Where) -> Opened:
    """Open the connector of the kind that `where` names; its mirror is the file that it names."""
    return OPENERS[where["kind"]](where)


def _salesforce(where: Where) -> Opened:
    by_session = SessionId(Secret(where["session_id"]))
    settings = SalesforceSettings("bench", where["url"], by_session, Path(where["mirror"]))
    client = SalesforceClient(settings, transport=_trusting(where))
    return Opened(SalesforceConnector(settings, client), lambda: 0.0)


def _hubspot(where: Where) -> Opened:
    time = AccountTime(where["control"], _trusting(where))
    by_token = Token(Secret(where["token"]))
    settings = HubSpotSettings("bench", by_token, Path(where["mirror"]), where["url"])
    client = HubSpotClient(settings, transport=_trusting(where), pause=time.wait, clock=time.now)
    return Opened(HubSpotConnector(settings, client), lambda: time.waited)


def _trusting(where: Where) -> requests.Session:
    transport = new_transport()
    transport.trust_env, transport.verify = False, where["ca_file"]
    return transport


OPENERS = {"salesforce": _salesforce, "hubspot": _hubspot}
