"""A lease: who works on something, and until when nobody else may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=90)
"""No lease or pause is longer: one that ends later was given by a clock that has been set back since, and is over."""
APART = timedelta(minutes=1)
"""How far the clocks of two machines may be apart: what was noted later than that from now was noted by a wrong one."""


def is_over(until: datetime, now: datetime) -> bool:
    """Whether a lease or a pause has ended."""
    return not now < until <= now + LONGEST


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by `worker` since `now`, until a moment after which anyone may take the work over."""

    worker: str
    now: datetime
    until: datetime
