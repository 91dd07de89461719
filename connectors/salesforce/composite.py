"""Reads several things in one call, which counts as one API request: 25 at once, five of them queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

MOST_AT_ONCE = 25
"""Requests that one composite call holds."""
MOST_QUERIES = 5
"""Queries among them."""


class Asks(Protocol):
    """What is needed of the client."""

    settings: Any

    def send(self, method: str, path: str, body: Any = None, *, retry: bool | None = None) -> Any:  # noqa: ANN401
        """Send JSON."""


def read_together(client: Asks, paths: Sequence[str], *, at_once: int = MOST_AT_ONCE) -> Iterator[tuple[int, Any]]:
    """Yield the HTTP status and body of each path below `/services/data/vXX.X/`, in order."""
    base = f"/services/data/v{client.settings.api_version}"
    for start in range(0, len(paths), at_once):
        asked = [
            {"method": "GET", "url": f"{base}/{path}", "referenceId": f"r{number}"}
            for number, path in enumerate(paths[start : start + at_once])
        ]
        answer = client.send("POST", "composite", {"allOrNone": False, "compositeRequest": asked}, retry=True)
        for part in answer.body["compositeResponse"]:
            yield int(part["httpStatusCode"]), part["body"]
