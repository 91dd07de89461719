"""Who may make exceptions, and how gates behave that a CRM enforces by itself."""

from __future__ import annotations

from dataclasses import dataclass

from rules.types import Duration, Unit

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, slots=True)
class WaiverPolicy:
    """Who may waive a hard finding, for how long at most, and how many waivers an owner may hold at once."""

    approvers: tuple[str, ...] = ()
    at_most: Duration | None = None
    open_per_owner: int | None = None


USUALLY_STALE_AFTER = Duration(3, Unit.DAYS)


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What the CRM's own gates do when no sweep has ended for `stale_after` (never business days).

    OPEN lets every move through; CLOSED goes on refusing what was last refused, and deals that were never judged.
    """

    stale_after: Duration = USUALLY_STALE_AFTER
    when_stale: str = OPEN
