"""How much is taken from whom: a bucket each that empties with every request and fills up again by itself.

Libraries for this keep a count for each name they ever saw, or need a store of their own; here what is kept is bounded.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.runs.service_settings import Network
from web.answers import problem
from web.clients import client_of

SECONDS = 10.0
"""How long a bucket takes to fill up: what was not used within that may come at once."""
MOST = 10_000
"""How many buckets are kept; the one left alone longest goes first, and was full again in all likelihood."""
LIMITED = ("/webhooks/", "/admin")
Clock = Callable[[], float]


class Buckets:
    """A bucket for each name; `per_second` is how fast it fills up. Used on one event loop."""

    def __init__(self, per_second: float, clock: Clock = time.monotonic, most: int = MOST) -> None:
        self._per_second = per_second
        self._clock = clock
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> int:
        """Take one out; where there is none, give in how many seconds there will be (0: it was taken)."""
        now, full = self._clock(), max(1.0, self._per_second * SECONDS)
        level, at = self._levels.pop(name, (full, now))
        level = min(full, level + max(0.0, now - at) * self._per_second)
        wait = 0 if level >= 1 else ceil((1 - level) / self._per_second)
        self._levels[name] = (level if wait else level - 1, now)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._levels)


class AddressLimit:
    """Takes no more from one address than it may send; health is asked for as often as anybody likes."""

    def __init__(
        self, app: ASGIApp, buckets: Buckets, proxies: tuple[Network, ...], turned_away: Callable[[], None]
    ) -> None:
        self.app = app
        self._buckets = buckets
        self._proxies = proxies
        self._turned_away = turned_away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when to come again."""
        limited = scope["type"] == "http" and scope["path"].startswith(LIMITED)
        wait = self._buckets.take(client_of(scope, self._proxies)) if limited else 0
        if not wait:
            await self.app(scope, receive, send)
            return
        self._turned_away()
        await problem(429, "too many requests", {"Retry-After": str(wait)})(scope, receive, send)
