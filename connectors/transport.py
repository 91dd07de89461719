"""The HTTP session under everything that is sent to a CRM: with time limits, and nothing retried by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

TIMEOUT = (10.0, 120.0)
"""Seconds to connect, and to wait for an answer to go on."""


class PatientAdapter(HTTPAdapter):
    """Gives every request a time limit, which requests itself does not."""

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:  # noqa: ANN401
        """Send a request, for no longer than the limit where the caller named none."""
        if not given and named.get("timeout") is None:
            named["timeout"] = TIMEOUT
        return super().send(request, *given, **named)


def new_transport() -> requests.Session:
    """Make a session; proxies and trusted certificates come from the environment as requests reads it."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, PatientAdapter(pool_connections=2, pool_maxsize=2))
    return session


@dataclass(frozen=True, slots=True)
class Lost:
    """What happened to an answer that did not come: in words, and whether what was asked may have been done."""

    words: str
    uncertain: bool = True
    passing: bool = True


def lost(error: Exception, crm: str) -> Lost:
    """Name what happened to an answer of a CRM that did not come, or came in pieces."""
    match error:
        case requests.exceptions.SSLError():
            words, advice = f"the certificate of {crm} is not trusted", "name your proxy's by REQUESTS_CA_BUNDLE"
        case requests.exceptions.ConnectTimeout():
            return Lost(f"{crm} could not be reached in time", uncertain=False)
        case requests.exceptions.ConnectionError() if _was_never_made(error):
            return Lost(f"{crm} cannot be reached\n  help: check `url` and the network", uncertain=False)
        case requests.exceptions.RequestException() | ValueError():
            return Lost(next((words for kind, words in BROKEN if isinstance(error, kind)), "the answer came damaged"))
        case _:
            words, advice = "the trusted certificates cannot be read", "check what REQUESTS_CA_BUNDLE names"
    return Lost(f"{words}\n  help: {advice}", uncertain=False, passing=False)


BROKEN = (
    (requests.exceptions.Timeout, "no answer came in time"),
    (requests.exceptions.ConnectionError, "the connection was lost"),
)


def _was_never_made(error: requests.exceptions.ConnectionError) -> bool:
    """Whether there was no connection over which anything could have been sent."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
