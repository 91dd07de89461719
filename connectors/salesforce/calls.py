"""How many API requests were made, what they were for, and how many the org has left."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
KINDS = (
    ("composite/sobjects", "collections"),
    ("composite", "composite"),
    ("jobs/", "bulk"),
    ("query", "query"),
    ("sobjects", "records"),
    ("limits", "limits"),
    ("tooling", "tooling"),
)


@dataclass(frozen=True, slots=True)
class Usage:
    """The org's API requests of the last 24 hours: how many were used, of how many."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """How many are left."""
        return max(0, self.limit - self.used)


@dataclass
class Calls:
    """Counts API requests, retries included; signing in is none, nor is asking for the versions."""

    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_kind.total()

    def count(self, path: str) -> None:
        """Count one request by its path."""
        after_version = path.partition("/services/")[2].partition("/v")[2].partition("/")[2]
        if not after_version and "/Soap/" not in path:
            return
        found = (kind for start, kind in KINDS if after_version.startswith(start))
        self.by_kind[next(found, "metadata" if "/Soap/" in path else "other")] += 1


def usage_in(header: str) -> Usage | None:
    """Read the header `Sforce-Limit-Info`, such as `api-usage=45/15000`."""
    found = USAGE.search(header)
    return Usage(int(found[1]), int(found[2])) if found else None
