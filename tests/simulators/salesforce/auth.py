"""The token endpoint: JWT bearer and client credentials, really verified."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.simulators.salesforce.wire import Request, Response, Route

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_ASSERTION = 300
"""How long an assertion may still hold, in seconds."""

Refusal = tuple[str, str]


def new_key(simulator: SalesforceSimulator) -> str:
    """Make a key pair: the app trusts the public half, the private one is given as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    simulator.public_key = key.public_key().public_bytes(serialization.Encoding.PEM, public)
    private = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


def token(simulator: SalesforceSimulator, request: Request) -> Response:
    """Open a session, or say in OAuth's words why not."""
    form = dict(parse_qsl(request.body.decode()))
    refusal = simulator.faults.sign_in_refused or _refusal(simulator, request, form)
    if refusal is not None:
        return Response(400, {"error": refusal[0], "error_description": refusal[1]})
    body = {
        "access_token": simulator.new_session(), "instance_url": simulator.url, "token_type": "Bearer",
        "id": f"{simulator.url}/id/{simulator.org.organization_id}/{simulator.org.engine}",
        "issued_at": str(int(simulator.clock.now.timestamp() * 1000)), "signature": "c2lnbmF0dXJl", "scope": "api",
    }  # fmt: skip
    return Response(200, body)


def _refusal(simulator: SalesforceSimulator, request: Request, form: dict[str, str]) -> Refusal | None:
    match form.get("grant_type", ""):
        case "client_credentials":
            return _client(simulator, request, form)
        case grant if grant == JWT_BEARER:
            return _assertion(simulator, form.get("assertion", ""))
    return ("unsupported_grant_type", "grant type not supported")


def _client(simulator: SalesforceSimulator, request: Request, form: dict[str, str]) -> Refusal | None:
    given = (form.get("client_id", ""), form.get("client_secret", ""))
    kind, _, basic = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        try:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ("invalid_client", "invalid client credentials")
        given = (name, secret)
    if given[0] != simulator.client_id:
        return ("invalid_client_id", "client identifier invalid")
    return None if given[1] == simulator.client_secret else ("invalid_client", "invalid client credentials")


def _assertion(simulator: SalesforceSimulator, assertion: str) -> Refusal | None:
    unchecked = {"verify_exp": False, "verify_aud": False}
    try:
        claims = jwt.decode(assertion, simulator.public_key, algorithms=["RS256"], options=unchecked)  # type: ignore[arg-type]
    except jwt.PyJWTError:
        return ("invalid_grant", "invalid assertion")
    if claims.get("aud") != simulator.url:
        return ("invalid_client", "app_not_found")
    if claims.get("iss") != simulator.client_id:
        return ("invalid_client_id", "client identifier invalid")
    if claims.get("sub") != simulator.username:
        return ("invalid_grant", "user hasn't approved this consumer")
    left = claims.get("exp", 0) - (simulator.clock.now + simulator.faults.clock_skew).timestamp()
    return None if 0 <= left <= LONGEST_ASSERTION else ("invalid_grant", "expired authorization code")


ROUTES = (Route("POST", "/services/oauth2/token", token),)
