"""What can be made to go wrong, switched on per test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass
class Faults:
    """Each switch says how often, or after how many API requests, something goes wrong.

    `after_commit`: a server error comes after the request was carried out. `drop` loses the connection instead.
    """

    expire_session_after: int = -1
    refuse_sessions: bool = False
    daily_limit_after: int = -1
    concurrent_limit: int = 0
    server_errors: int = 0
    after_commit: int = 0
    drop_after_commit: int = 0
    html_pages: int = 0
    truncated: int = 0
    lost_locators: int = 0
    failing_jobs: int = 0
    clock_skew: timedelta = timedelta(0)
    locks: Counter[str] = field(default_factory=Counter)

    def lock_rows(self, ids: Iterable[str], times: int = 1) -> None:
        """Lock records for so many attempts to save them."""
        for each in ids:
            self.locks[each] += times

    def locked(self, id_: str) -> bool:
        """Whether a record is locked now; each asking takes one away."""
        if self.locks[id_] <= 0:
            return False
        self.locks[id_] -= 1
        return True

    def take(self, name: str) -> bool:
        """Use up one of a counted switch."""
        left = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True
