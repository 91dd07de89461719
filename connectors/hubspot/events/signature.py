"""Signatures of HubSpot's requests, version 3: base64(HMAC-SHA256(secret, method + address + body + time)).

The address is the one HubSpot called, so it is put together from the configuration: behind a proxy, what a request says
of its host is not to be believed. HubSpot decodes a few escapes in it before it signs, and no others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime

from connectors.events import WINDOW, NotBelievedError, Posted
from connectors.secret import Secret

SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
MILLISECONDS = re.compile(r"[0-9]{1,14}", re.ASCII)
DECODED = {f"%{ord(each):02X}": each for each in ":/?@!$'()*,;"}
"""What HubSpot decodes in an address before it signs it."""
ESCAPE = re.compile("|".join(DECODED), re.IGNORECASE)


def verify(posted: Posted, public_url: str, secret: Secret, now: datetime) -> None:
    """Hold a request against its signature, in constant time; raises NotBelievedError and says no more."""
    given, timestamp = posted.headers.get(SIGNATURE, ""), posted.headers.get(TIMESTAMP, "")
    if not MILLISECONDS.fullmatch(timestamp) or not given.isascii():
        raise NotBelievedError
    right = signature_of(secret, posted.method, decoded(public_url + posted.target), posted.body, timestamp)
    if not hmac.compare_digest(given.encode(), right.encode()):
        raise NotBelievedError
    if abs(now - datetime.fromtimestamp(int(timestamp) / 1000, UTC)) > WINDOW:
        raise NotBelievedError


def signature_of(secret: Secret, method: str, address: str, body: bytes, timestamp: str) -> str:
    """Sign as HubSpot does; the address is decoded already, and the timestamp in milliseconds."""
    signed = method.encode() + address.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest()).decode()


def decoded(address: str) -> str:
    """Decode in an address what HubSpot decodes."""
    return ESCAPE.sub(lambda found: DECODED[found[0].upper()], address)
