"""Looking after the store: once a day, what is older than it shall be kept leaves it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.ledger.pruning import never, prune
from engine.ledger.retention import Pruned, Retention
from engine.ledger.store import Ledger
from engine.runs.pipeline import utc_now
from engine.runs.write_back import Now

FIRST, EVERY = timedelta(minutes=10), timedelta(days=1)
"""How long after its start a process prunes first, and how long after that again."""
LOOKS = 60.0
"""How often it is looked whether it is time, in seconds."""
logger = logging.getLogger("dealgate.upkeep")


@dataclass
class Upkeep:
    """Prunes a store when it is time; `ending` says that the rest is left to another time."""

    ledger: Ledger
    retention: Retention
    now: Now = utc_now
    ending: Callable[[], bool] = never
    _next: datetime | None = field(default=None, init=False)

    def look(self) -> int:
        """Prune if it is time; counts how often it was."""
        now = self.now()
        due = self._next or now + FIRST
        self._next = due if now < due else now + EVERY
        if now < due:
            return 0
        pruned = prune(self.ledger, self.retention, now, self.ending)
        if pruned != Pruned():
            logger.info("taken out of the store: %s", pruned.words)
        return 1
