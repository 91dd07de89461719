"""Signs in to Salesforce: by certificate (JWT bearer), by client credentials, or with a session that is open already.

The flows are those that Salesforce keeps for new orgs; both ask the org's own My Domain address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import requests

from connectors.salesforce.errors import SignInError
from connectors.salesforce.settings import ClientCredentials, JwtBearer, SalesforceSettings
from connectors.secret import Secret

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path, not a credential
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFETIME = timedelta(minutes=3)
"""How long a signed request to sign in holds, the most that Salesforce takes."""
TIMEOUT = (10.0, 60.0)
SKEW = timedelta(seconds=60)
OK = 200

HELP = {
    "invalid_client_id": "check `client_id`: it is the consumer key of the External Client App",
    "invalid_client": "check `client_id` and `client_secret`",
    "app_not_found": "check `client_id`, and that `url` is the org's own My Domain address",
    "invalid_grant": "check `username`, that the app is approved for that user, and that its certificate fits the key",
    "invalid_app_access": "let the user's profile or permission set use the app",
    "inactive_user": "activate the user, or name another",
    "inactive_org": "the org is locked or closed",
    "unsupported_grant_type": "switch this flow on in the app's settings",
}


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: where the org answers, and the token."""

    instance_url: str
    token: Secret


def sign_in(settings: SalesforceSettings, transport: requests.Session, now: Callable[[], datetime]) -> Session:
    """Open a session; raises SignInError. `now` is UTC; where this clock is off, Salesforce's own is used."""
    match settings.sign_in:
        case JwtBearer() as by_key:
            return _by_key(settings, by_key, transport, now())
        case ClientCredentials(client_id, secret):
            form = {"grant_type": "client_credentials"}
            answer = _ask(settings, transport, form, auth=(client_id, secret.reveal()))
            return _session(settings, answer)
        case by_session:
            return Session(settings.url, by_session.session_id)


def _by_key(settings: SalesforceSettings, by_key: JwtBearer, transport: requests.Session, now: datetime) -> Session:
    answer = _ask(settings, transport, {"grant_type": GRANT, "assertion": _assertion(settings, by_key, now)})
    theirs = _clock(answer)
    if answer.status_code != OK and theirs is not None and abs(theirs - now) > SKEW:
        answer = _ask(settings, transport, {"grant_type": GRANT, "assertion": _assertion(settings, by_key, theirs)})
    return _session(settings, answer)


def _assertion(settings: SalesforceSettings, by_key: JwtBearer, now: datetime) -> str:
    claims = {"iss": by_key.client_id, "sub": by_key.username, "aud": settings.url, "exp": now + LIFETIME}
    try:
        return jwt.encode(claims, by_key.private_key.reveal(), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise _refused("the private key cannot be read", "give the whole PEM file, from BEGIN to END") from None


def _ask(
    settings: SalesforceSettings,
    transport: requests.Session,
    form: Mapping[str, str],
    auth: tuple[str, str] | None = None,
) -> requests.Response:
    try:
        return transport.post(settings.url + TOKEN_PATH, data=form, auth=auth, timeout=TIMEOUT, allow_redirects=False)
    except requests.exceptions.SSLError:
        wrong = f"the certificate of `{settings.url}` is not trusted"
        raise _refused(wrong, "name your proxy's certificate by REQUESTS_CA_BUNDLE") from None
    except requests.exceptions.Timeout:
        raise _refused(f"`{settings.url}` did not answer in time", "try again; check the network") from None
    except requests.exceptions.RequestException:
        raise _refused(f"`{settings.url}` cannot be reached", "check `url` and the network") from None


def _session(settings: SalesforceSettings, answer: requests.Response) -> Session:
    body = _body(answer)
    if answer.status_code == OK and body.get("access_token") and body.get("instance_url"):
        return Session(str(body["instance_url"]), Secret(str(body["access_token"])))
    error, described = str(body.get("error", "")), str(body.get("error_description", ""))
    if not error:
        wrong = f"`{settings.url}` answered HTTP {answer.status_code}, and not as Salesforce does"
        raise _refused(wrong, "check that `url` is the org's My Domain address")
    raise _refused(f"{error}: {described}" if described else error, HELP.get(error, "check the app's settings"))


def _body(answer: requests.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _clock(answer: requests.Response) -> datetime | None:
    """Read what time it is for Salesforce, to the second, UTC."""
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None


def _refused(wrong: str, advice: str) -> SignInError:
    return SignInError(f"cannot sign in to Salesforce: {wrong}\n  help: {advice}")
