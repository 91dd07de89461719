"""A waiver: a recorded exception to one finding, with a reason, an approver and an expiry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception for `criterion` (its id, or `id:person` for one person) on one deal; times are UTC.

    It holds from `granted_at` until before `expires_at`. `approver` is an e-mail address.
    """

    deal_id: str
    criterion: str
    reason: str
    approver: str
    granted_at: datetime
    expires_at: datetime

    def holds(self, as_of: datetime) -> bool:
        """Whether it is in force at that moment."""
        return self.granted_at <= as_of < self.expires_at

    @property
    def words(self) -> str:
        """How a finding names it."""
        return f"waived by {self.approver} until {self.expires_at:%Y-%m-%d}: {self.reason}"
