"""The HTTP session under everything that is sent to a CRM: with time limits, and nothing retried by itself."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

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
