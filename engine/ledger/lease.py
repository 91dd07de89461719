"""A lease: who works on something, and until when nobody else may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `worker` since `now`, until a moment after which anyone may take the work over."""

    worker: str
    now: datetime
    until: datetime
