"""How one Salesforce org is reached: its My Domain address, how to sign in, and what its fields are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.secret import Secret

API_VERSION = "66.0"
"""Spring '26; the one place that says which version of the API is spoken."""

CLOSED_DAYS = 400
"""How long after its close date a closed deal is still read, in days."""


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """Signs in as `username` by a certificate that the External Client App trusts; `private_key` is PEM."""

    client_id: str
    username: str
    private_key: Secret


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Signs in as the run-as user of the External Client App."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class SessionId:
    """Uses a session that somebody else opened, and cannot open another."""

    session_id: Secret


SignIn = JwtBearer | ClientCredentials | SessionId


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What an event must carry to be believed: the org's id, the secret end of the path, and the callout's key."""

    organization_id: str
    path_secret: Secret
    callout_secret: Secret


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """One Salesforce org. `url` is its My Domain host, such as `https://acme.my.salesforce.com`.

    `mirror` is the file its rows are mirrored into. `columns` names the Salesforce field of canonical columns that
    Salesforce has no standard field for, such as `deals.lost_reason: Loss_Reason__c`.
    """

    name: str
    url: str
    sign_in: SignIn
    mirror: Path
    api_version: str = API_VERSION
    closed_days: int = CLOSED_DAYS
    columns: Mapping[str, str] = field(default_factory=dict)
    events: EventSettings | None = None
