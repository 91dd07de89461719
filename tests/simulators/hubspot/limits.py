"""How many calls a caller may make: in ten seconds, in a second of search, in a day."""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from tests.simulators.hubspot.wire import correlation
from tests.simulators.serving import Response

if TYPE_CHECKING:
    from tests.simulators.clock import Clock


class Limits:
    """Windows of calls; without `enforce` every call is let through, and the headers say there is plenty left."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._on: str = ""
        self.forbidden = False
        self.ten_secondly, self.secondly_search, self.daily = 190, 5, 650_000
        self.violations: list[str] = []
        self.used_today = 0
        self._day = clock.now.date()
        self._general: deque[float] = deque()
        self._search: deque[float] = deque()

    def enforce(self, on: str = "clock", *, forbid: bool = False) -> None:
        """Refuse calls beyond the limits; windows run `on` the simulator's "clock" or in "real" time.

        `forbid` lets the run fail, where the simulator is closed, if a call had to be refused.
        """
        self._on, self.forbidden = on, forbid

    def refusal(self, *, search: bool) -> Response | None:
        """Count a call, or refuse it."""
        now = self._now()
        self._new_day(self._clock.now)
        if self._on and self.used_today >= self.daily:
            return self._over("DAILY", "You have reached your daily limit.", self.daily)
        window, most, span = (self._search, self.secondly_search, 1.0) if search else (
            self._general, self.ten_secondly, 10.0)  # fmt: skip
        while window and window[0] <= now - span:
            window.popleft()
        if self._on and len(window) >= most:
            policy = "SECONDLY" if search else "TEN_SECONDLY_ROLLING"
            return self._over(policy, f"You have reached your {policy.lower()} limit.", most)
        window.append(now)
        self.used_today += 1
        return None

    def headers(self, *, search: bool, private: bool) -> dict[str, str]:
        """Tell the state, as every answer does but those of search."""
        if search:
            return {}
        left = self.ten_secondly - len(self._general) if self._on else self.ten_secondly - 1
        told = {
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "X-HubSpot-RateLimit-Max": str(self.ten_secondly),
            "X-HubSpot-RateLimit-Remaining": str(max(0, left)), "X-HubSpot-RateLimit-Secondly": "19",
            "X-HubSpot-RateLimit-Secondly-Remaining": "18",
        }  # fmt: skip
        if private:
            daily = max(0, self.daily - self.used_today)
            told |= {"X-HubSpot-RateLimit-Daily": str(self.daily), "X-HubSpot-RateLimit-Daily-Remaining": str(daily)}
        return told

    def _over(self, policy: str, said: str, most: int) -> Response:
        self.violations.append(f"{policy}: more than {most} calls")
        return too_many(policy, said)

    def _now(self) -> float:
        return time.monotonic() if self._on == "real" else self._clock.now.timestamp()

    def _new_day(self, now: datetime) -> None:
        if now.date() != self._day:
            self._day, self.used_today = now.date(), 0


def too_many(policy: str, said: str = "") -> Response:
    """Give the answer to a call that is one too many; nothing in it says how long to wait."""
    body = {"status": "error", "message": said or f"You have reached your {policy.lower()} limit.",
            "errorType": "RATE_LIMIT", "correlationId": correlation(), "policyName": policy}  # fmt: skip
    return Response(429, body | {"category": "RATE_LIMITS"})
