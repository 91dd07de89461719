"""What can be made to go wrong, switched on per test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass
class Faults:
    """Switches; every counted one goes off again by itself when it is used up."""

    clock_skew: timedelta = timedelta(0)
    """How far the `Date` header is from the account's stamps."""
    token_revoked: bool = False
    """Whether every token is refused, new ones too."""
    sign_in_refused: bool = False
    """Whether the token endpoint knows no refresh token."""
    poison_fails_batch: bool = True
    """Whether one bad input fails a whole batch; without, and wherever trace ids are sent, only itself."""
    partial_status: int = 207
    """The status of a call of many of which some failed; 200 is what the newest version's description has."""
    numbers_as_ids: bool = False
    """Whether association reads give ids as numbers."""
    in_order: bool = False
    """Whether calls of many answer in the order of their inputs."""
    wall: int = 10_000
    """How many results of a search can be reached."""
    hidden: set[tuple[str, str]] = field(default_factory=set)
    counted: Counter[str] = field(default_factory=Counter)
    after: dict[str, int] = field(default_factory=dict)
    migrating_for: int = 2

    def expire_tokens(self, after: int = 0) -> None:
        """End every access token made by a refresh once so many more calls were answered."""
        self.after["token"] = after

    def daily_limit(self, after: int = 0) -> None:
        """Answer so many more calls, and then none that day; `lift_limit` ends it."""
        self.after["daily"] = after

    def lift_limit(self) -> None:
        self.after.pop("daily", None)

    def rate_limit(self, times: int = 1, policy: str = "TEN_SECONDLY_ROLLING") -> None:
        """Refuse so many calls with 429; `policy` may be SECONDLY or TEN_SECONDLY_ROLLING."""
        self.counted[policy] += times

    def server_error(self, times: int = 1, status: int = 503, *, after_commit: bool = False) -> None:
        """Answer 502, 503, 504, 524 or 500; or, `after_commit`, carry writes out and answer so then."""
        self.counted[f"{'committed' if after_commit else 'error'} {status}"] += times

    def drop_connection(self, times: int = 1, *, after_commit: bool = False) -> None:
        """Close the connection without an answer; `after_commit`: when a write was carried out."""
        self.counted["dropped write" if after_commit else "dropped"] += times

    def html_error(self, times: int = 1) -> None:
        """Answer with a page of HTML and 502."""
        self.counted["html"] += times

    def truncate_body(self, times: int = 1) -> None:
        """Send half an answer and close the connection."""
        self.counted["truncated"] += times

    def lock(self, times: int = 1) -> None:
        """Answer 423 to so many writes."""
        self.counted["locked"] += times

    def migrate(self, times: int = 1, wait: int = 2) -> None:
        """Answer 477 with Retry-After, as while an account is moved to another data centre."""
        self.counted["migrating"] += times
        self.migrating_for = wait

    def hide_property(self, object_: str, name: str) -> None:
        """Hide a property's values and its definition from the caller."""
        self.hidden.add((object_, name))

    def take(self, name: str) -> bool:
        """Use up one of a counted switch."""
        if self.counted[name] <= 0:
            return False
        self.counted[name] -= 1
        return True

    def taken(self, prefix: str) -> int:
        """Use up one of the switches that begin so, and give the status in its name; 0: none is on."""
        name = next((each for each, left in self.counted.items() if each.startswith(prefix) and left > 0), "")
        return int(name.rpartition(" ")[2]) if name and self.take(name) else 0

    def passed(self, name: str) -> bool:
        """Whether the so-many-th call has come; each asking takes one away, and it stays at none."""
        if name not in self.after:
            return False
        self.after[name] -= 1
        return self.after[name] < 0
