"""What is told of work while it goes on, for whoever counts it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from connectors.protocol import Spent


class Reason(StrEnum):
    """Why work came to nothing: few classes, so that they can be counted and waited for."""

    LIMIT = "limit"
    """The CRM takes no more calls."""
    CRM = "crm"
    """The CRM failed, or refused us."""
    MISTAKE = "mistake"
    """What somebody wrote must be put right first."""
    LOST = "lost"
    """Whoever worked on it was not heard of again."""
    STORE = "store"
    """The store failed."""
    ENGINE = "engine"
    """The engine failed."""


class Noting(Protocol):
    """Takes note of work on the CRMs, from any thread."""

    def judged(self, crm: str, deals: int, seconds: float) -> None:
        """Take note of deals that were read, judged and written together, and how long that took."""
        ...

    def acted(self, crm: str, waited: Sequence[float]) -> None:
        """Take note of how many seconds after it was asked for each deal was written."""
        ...

    def failed(self, crm: str, reason: Reason) -> None:
        """Take note that work came to nothing."""
        ...

    def spent(self, crm: str, spent: Spent) -> None:
        """Take note of what a connector spent from when it was opened until it was closed."""
        ...


class NobodyNotes:
    """Takes note of nothing."""

    def judged(self, crm: str, deals: int, seconds: float) -> None:
        """Leave it."""

    def acted(self, crm: str, waited: Sequence[float]) -> None:
        """Leave it."""

    def failed(self, crm: str, reason: Reason) -> None:
        """Leave it."""

    def spent(self, crm: str, spent: Spent) -> None:
        """Leave it."""
