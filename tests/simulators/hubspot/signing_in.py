"""Tokens: of a private app, and of OAuth, which last half an hour; and what each may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests.simulators.hubspot.schema import Kind
from tests.simulators.hubspot.times import stamp
from tests.simulators.hubspot.wire import Refused, Route, correlation
from tests.simulators.serving import Request, Response

if TYPE_CHECKING:
    from tests.simulators.clock import Clock
    from tests.simulators.hubspot.faults import Faults

PATHS = ("/oauth/v1/token", "/oauth/v3/token")
LIFE = timedelta(minutes=30)
EVERYTHING = frozenset({
    "oauth", "crm.objects.owners.read", "sales-email-read", "crm.pipelines.orders.read",
    "crm-pipelines-governance-read", "crm-pipelines-governance-write", "deal-approval-read",
    *(f"crm.objects.{name}.{right}" for name in ("deals", "contacts", "companies", "quotes")
      for right in ("read", "write")),
    *(f"crm.schemas.{name}.{right}" for name in ("deals", "contacts", "companies", "quotes")
      for right in ("read", "write")),
})  # fmt: skip
NOT_GRANTED = (
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
    "https://developers.hubspot.com/scopes."
)
NOBODY = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at "
    "https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


@dataclass
class SigningIn:
    """Who is let in; `scopes` are those of the app, for every token of it."""

    clock: Clock
    faults: Faults
    token: str = "pat-eu1-simulated"  # noqa: S105 - opens nothing but this
    client_id: str = "simulated-client"
    client_secret: str = "simulated-secret"  # noqa: S105 - likewise
    refresh_token: str = "simulated-refresh"  # noqa: S105 - likewise
    scopes: set[str] = field(default_factory=lambda: set(EVERYTHING))
    ends: dict[str, datetime] = field(default_factory=dict)

    def admit(self, request: Request) -> bool:
        """Say whether the caller has a private app's token; raises Refused for nobody and for expired tokens."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.faults.passed("token"):
            self.ends = dict.fromkeys(self.ends, self.clock.now)
            self.faults.after.pop("token")
        if self.faults.token_revoked or (given != self.token and given not in self.ends):
            raise Refused("INVALID_AUTHENTICATION", NOBODY, 401)
        if given in self.ends and self.ends[given] <= self.clock.now:
            since = int((self.clock.now - self.ends[given]).total_seconds())
            raise Refused("EXPIRED_AUTHENTICATION",
                          f"The OAuth token used to make this call expired {since} second(s) ago.", 401,
                          more={"context": {"expire time": [stamp(self.ends[given])]}})  # fmt: skip
        return given == self.token

    def allow(self, route: Route, kind: Kind | None) -> None:
        """Raise Refused where the app has none of the scopes that open a route."""
        names = {"object": kind.scope, "schema": kind.scope.replace("objects", "schemas")} if kind else {}
        wanted = [each.format(**names) for each in route.scopes]
        wanted = ["sales-email-read" if each.startswith("sales-email") else each for each in wanted]
        if wanted and not self.scopes.intersection(wanted):
            error = {"message": "One or more of the following scopes are required.",
                     "context": {"requiredGranularScopes": wanted}}  # fmt: skip
            raise Refused("MISSING_SCOPES", NOT_GRANTED, 403, errors=[error],
                          more={"links": {"scopes": "https://developers.hubspot.com/scopes"}})  # fmt: skip

    def answer(self, request: Request) -> Response:
        """Answer a call for a token."""
        given = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if given.get("grant_type") not in {"refresh_token", "authorization_code"}:
            return self._no("BAD_GRANT_TYPE", "missing or unknown grant type")
        if given.get("client_id") != self.client_id:
            return self._no("BAD_CLIENT_ID", "missing or unknown client id")
        if given.get("client_secret") != self.client_secret:
            return self._no("BAD_CLIENT_SECRET", "missing or unknown client secret")
        if self.faults.sign_in_refused or given.get("refresh_token") != self.refresh_token:
            return self._no("BAD_REFRESH_TOKEN", "missing or unknown refresh token")
        token = f"CPeu1-access-{len(self.ends) + 1:04d}"
        self.ends[token] = self.clock.now + LIFE
        body: dict[str, Any] = {"token_type": "bearer", "refresh_token": self.refresh_token, "access_token": token,
                                "expires_in": int(LIFE.total_seconds())}  # fmt: skip
        return Response(200, body)

    @staticmethod
    def _no(status: str, message: str) -> Response:
        return Response(400, {"status": status, "message": message, "correlationId": correlation()})
