"""Signs in to HubSpot: with a token that holds until it is withdrawn, or by renewing an access token (OAuth)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from connectors.hubspot.errors import SignInError
from connectors.hubspot.settings import API, HubSpotSettings, OAuth, Token
from connectors.secret import Secret

TIMEOUT = (10.0, 60.0)
OK = 200
EARLY = 120.0
"""How long before its end an access token is renewed, in seconds."""
FOREVER = float("inf")

HELP = {
    "BAD_REFRESH_TOKEN": "install the app in the account again, and give the new refresh token",
    "BAD_CLIENT_ID": "check `client_id`",
    "BAD_CLIENT_SECRET": "check `client_secret`",
    "EXPIRED_AUTHENTICATION": "install the app in the account again, and give the new refresh token",
}


@dataclass(frozen=True, slots=True)
class Session:
    """An access token, and when it must be renewed, on the clock it was asked by."""

    token: Secret
    until: float = FOREVER


def sign_in(settings: HubSpotSettings, transport: requests.Session, now: float) -> Session:
    """Get an access token; raises SignInError. `now` are seconds on any clock that only goes on."""
    if isinstance(settings.sign_in, Token):
        return Session(settings.sign_in.token)
    answer = _ask(settings, settings.sign_in, transport)
    body = _body(answer)
    if answer.status_code == OK and body.get("access_token"):
        lasts = float(body.get("expires_in") or 0)
        return Session(Secret(str(body["access_token"])), now + max(lasts - EARLY, lasts / 2))
    status, message = str(body.get("status") or body.get("category") or ""), str(body.get("message") or "")
    if not message:
        wrong = f"`{settings.url}` answered HTTP {answer.status_code}, and not as HubSpot does"
        raise _refused(wrong, "check `url`, and the proxy")
    for hidden in (settings.sign_in.refresh_token, settings.sign_in.client_secret):
        message = message.replace(hidden.reveal(), "***")
    raise _refused(message, HELP.get(status, "check the app's client id, client secret and refresh token"))


def _ask(settings: HubSpotSettings, by_app: OAuth, transport: requests.Session) -> requests.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": by_app.client_id,
        "client_secret": by_app.client_secret.reveal(),
        "refresh_token": by_app.refresh_token.reveal(),
    }
    try:
        return transport.post(settings.url + API.token(), data=form, timeout=TIMEOUT, allow_redirects=False)
    except requests.exceptions.SSLError:
        wrong = f"the certificate of `{settings.url}` is not trusted"
        raise _refused(wrong, "name your proxy's certificate by REQUESTS_CA_BUNDLE") from None
    except requests.exceptions.Timeout:
        raise _refused(f"`{settings.url}` did not answer in time", "try again; check the network") from None
    except requests.exceptions.RequestException:
        raise _refused(f"`{settings.url}` cannot be reached", "check `url` and the network") from None


def _body(answer: requests.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _refused(wrong: str, advice: str) -> SignInError:
    return SignInError(f"cannot sign in to HubSpot: {wrong}\n  help: {advice}")
