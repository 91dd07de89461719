"""What can be made to go wrong, switched on per test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.simulators.salesforce.ids import id18


@dataclass
class Faults:
    """Switches; every counted one goes off again by itself when it is used up."""

    clock_skew: timedelta = timedelta(0)
    """How far the `Date` header, and the clock that judges a signed assertion, are from the org's stamps."""
    unsteady_pages: bool = False
    """Whether every second page of a query is half as long."""
    session_revoked: bool = False
    """Whether every session is refused, new ones too."""
    sign_in_refused: tuple[str, str] | None = None
    """The error and description by which the token endpoint refuses everybody."""
    rows: Counter[str] = field(default_factory=Counter)
    denied: set[str] = field(default_factory=set)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    read_only: set[tuple[str, str]] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)
    after: dict[str, int] = field(default_factory=dict)

    def expire_session(self, after: int = 0) -> None:
        """End every session once so many more API requests were answered; signing in again helps."""
        self.after["session"] = after

    def daily_limit(self, after: int = 0) -> None:
        """Answer so many more API requests, and then none that day; `lift_limit` ends it."""
        self.after["limit"] = after

    def lift_limit(self) -> None:
        self.after.pop("limit", None)

    def concurrent_limit(self, times: int = 1) -> None:
        """Refuse requests because too many long ones run."""
        self.counted["concurrent"] += times

    def server_error(self, times: int = 1, *, after_commit: bool = False) -> None:
        """Answer 503; or, `after_commit`, carry writes out and then answer 500."""
        self.counted["committed" if after_commit else "error"] += times

    def drop_connection(self, times: int = 1, *, after_commit: bool = False) -> None:
        """Close the connection without an answer; `after_commit`: when a write was carried out."""
        self.counted["dropped_write" if after_commit else "dropped"] += times

    def html_error(self, times: int = 1) -> None:
        """Answer with a page of HTML."""
        self.counted["html"] += times

    def truncate_body(self, times: int = 1) -> None:
        """Send half an answer and close the connection."""
        self.counted["truncated"] += times

    def lock_rows(self, ids: Iterable[str], times: int = 1) -> None:
        """Lock records for so many attempts to save them."""
        for each in ids:
            self.rows[id18(each)] += times

    def lock_call(self, times: int = 1) -> None:
        """Refuse whole writes with UNABLE_TO_LOCK_ROW."""
        self.counted["lock"] += times

    def deny_rows(self, ids: Iterable[str]) -> None:
        """Take the right to change records from the signed-in user."""
        self.denied |= {id18(each) for each in ids}

    def hide_field(self, object_: str, name: str) -> None:
        """Take the permission to see a field from the signed-in user: for him it is not there."""
        self.hidden.add((object_.lower(), name.lower()))

    def forbid_field(self, object_: str, name: str) -> None:
        """Take the permission to write a field from the signed-in user, who still reads it."""
        self.read_only.add((object_.lower(), name.lower()))

    def lose_locators(self, times: int = 1) -> None:
        """Let so many askings for a further page find the locator forgotten."""
        self.counted["locator"] += times

    def fail_jobs(self, times: int = 1) -> None:
        """Let so many bulk jobs fail."""
        self.counted["job"] += times

    def locked(self, id_: str) -> bool:
        """Whether a record is locked now; each asking takes one away."""
        return self._less(self.rows, id_)

    def take(self, name: str) -> bool:
        """Use up one of a counted switch."""
        return self._less(self.counted, name)

    def passed(self, name: str) -> bool:
        """Whether the so-many-th request has come; each asking takes one away, and it stays at none."""
        if name not in self.after:
            return False
        self.after[name] -= 1
        return self.after[name] < 0

    @staticmethod
    def _less(switches: Counter[str], name: str) -> bool:
        if switches[name] <= 0:
            return False
        switches[name] -= 1
        return True
