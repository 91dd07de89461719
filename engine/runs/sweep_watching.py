"""Who is told how a sweep goes on, while it does."""

from __future__ import annotations

import logging
from typing import Protocol

from engine.ledger.sweep_parts import PartsDone

logger = logging.getLogger("dealgate.sweep")


class Watcher(Protocol):
    """Is told how a sweep goes on."""

    def reads(self, what: str, rows: int) -> None:
        """Take note of what is being read, and how many rows of it came so far."""
        ...

    def judges(self, done: PartsDone) -> None:
        """Take note of how much is judged."""
        ...

    def writes(self, sent: int, of: int) -> None:
        """Take note of how many more changes were sent, of how many in all."""
        ...

    def refuses(self, waiver: str) -> None:
        """Take note of a waiver that does not hold."""
        ...


class Logged:
    """Logs what somebody should look at, and nothing else."""

    def reads(self, what: str, rows: int) -> None:
        """Leave it."""

    def judges(self, done: PartsDone) -> None:
        """Leave it."""

    def writes(self, sent: int, of: int) -> None:
        """Leave it."""

    def refuses(self, waiver: str) -> None:
        """Log it."""
        logger.warning("a waiver does not hold: %s", waiver)
