"""How many API calls were made, what they were for, and how many the account has left today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = (("/search", "search"), ("/batch/", "batch"), ("/objects/", "records"), ("/associations/", "associations"))


@dataclass(frozen=True, slots=True)
class Usage:
    """The account's API calls of today: how many are left, of how many."""

    left: int
    limit: int


@dataclass
class Calls:
    """Counts API calls, retries included; signing in is none."""

    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_kind.total()

    def count(self, path: str) -> None:
        """Count one call by its path."""
        self.by_kind[next((kind for part, kind in KINDS if part in path), "other")] += 1


def usage_in(headers: Mapping[str, str]) -> Usage | None:
    """Read the day's limit, which HubSpot tells of apps that have one."""
    try:
        daily = "X-HubSpot-RateLimit-Daily"
        return Usage(int(headers[f"{daily}-Remaining"]), int(headers[daily]))
    except (KeyError, ValueError):
        return None
