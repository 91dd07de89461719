"""How one HubSpot account is reached: how to sign in, which version of the API is spoken, and what its fields are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.secret import Secret

HOST = "https://api.hubapi.com"
CLOSED_DAYS = 400
"""How long after its close date a closed deal is still read, in days."""


@dataclass(frozen=True, slots=True)
class Api:
    """The paths of one dated version of the API, such as `2026-09`.

    HubSpot brings out a version in March and in September and keeps each for 18 months. Those before the dated ones
    (v3, v4) end in 2027, and let writes through conditional required properties.
    """

    version: str

    def objects(self, object_: str, *rest: str) -> str:
        """Give where records live: `objects("deals")`, `objects("deals", "batch", "update")`."""
        return self._path("objects", object_, *rest)

    def properties(self, object_: str, *rest: str) -> str:
        """Give where definitions of properties live; `rest` may be a name, `groups`, `batch` and so on."""
        return self._path("properties", object_, *rest)

    def pipelines(self, object_: str, *rest: str) -> str:
        """Give where pipelines and their stages live."""
        return self._path("pipelines", object_, *rest)

    def associations(self, from_: str, to: str, *rest: str) -> str:
        """Give where associations between two objects live: `associations("deals", "contacts", "labels")`."""
        return self._path("associations", from_, to, *rest)

    def owners(self, *rest: str) -> str:
        """Give where owners live."""
        return self._path("owners", *rest)

    def account(self, *rest: str) -> str:
        """Give where the account is described: `account("details")`."""
        return "/".join(("/account-info", self.version, *rest))

    def token(self) -> str:
        """Give where access tokens are asked for."""
        return f"/oauth/{self.version}/token"

    def pipeline_rules(self, object_type: str, *rest: str) -> str:
        """Give where the rules of pipelines live."""
        return "/".join(("/crm/pipelines-rules", self.version, object_type, *rest))

    def _path(self, area: str, *rest: str) -> str:
        return "/".join(("/crm", area, self.version, *rest))


API = Api("2026-09")
"""The one place that says which version of the API is spoken."""


@dataclass(frozen=True, slots=True)
class Token:
    """Signs in by a service key, or by the access token of a private app or of a project app in one account."""

    token: Secret


@dataclass(frozen=True, slots=True)
class OAuth:
    """Signs in as an app that the account's administrator installed; access tokens are renewed by `refresh_token`."""

    client_id: str
    client_secret: Secret
    refresh_token: Secret


SignIn = Token | OAuth


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What an event must be signed with, by which app, and the address that HubSpot calls."""

    app_id: int
    client_secret: Secret
    public_url: str


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """One HubSpot account.

    `mirror` is the file its records are mirrored into. `columns` names the HubSpot property of canonical columns that
    HubSpot has no property of its own for. `per_ten_seconds` is how many calls all workers of one machine may make in
    ten seconds together; 0 leaves that to what HubSpot's answers tell.
    """

    name: str
    sign_in: SignIn
    mirror: Path
    url: str = HOST
    closed_days: int = CLOSED_DAYS
    columns: Mapping[str, str] = field(default_factory=dict)
    events: EventSettings | None = None
    per_ten_seconds: int = 0

    @property
    def webhooks_url(self) -> str:
        """Where HubSpot posts what happens; "" where nobody listens."""
        return f"{self.events.public_url}/webhooks/hubspot/{self.name}" if self.events else ""
