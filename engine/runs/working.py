"""A thread that works round after round: woken by events, and looking by itself now and then."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from sqlalchemy.exc import DBAPIError

from engine.ledger.errors import LedgerError

IDLE = 1.0
"""How long a worker sleeps that nobody wakes, in seconds: others may have made deals due, and pauses end."""
logger = logging.getLogger("dealgate.due")


class Working(Thread):
    """Works round after round; `work` counts what it did, and `at_end` lets go of what it holds."""

    def __init__(
        self, name: str, work: Callable[[], int], idle: float = IDLE, at_end: Callable[[], None] | None = None
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._at_end = at_end
        self._idle = idle
        self._woken = Event()
        self._ending = Event()

    def wake(self) -> None:
        """Look for work at once."""
        self._woken.set()

    def end(self) -> None:
        """Stop after the round in hand; `join` waits for that."""
        self._ending.set()
        self._woken.set()

    def run(self) -> None:
        """Work until the end."""
        while not self._ending.is_set():
            self._woken.clear()
            if not self._round(self._work) and not self._ending.is_set():
                self._woken.wait(self._idle)
        if self._at_end is not None:
            self._round(self._at_end)

    def _round(self, work: Callable[[], int | None]) -> int:
        """Work once; a store that fails now may be there again later."""
        try:
            return work() or 0
        except (DBAPIError, LedgerError) as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            logger.error("the store failed: %s", said)  # noqa: TRY400 - an outage, without a traceback
        except Exception:  # the thread must live on, whatever one round met
            logger.exception("a round of work on `%s` failed", self.name)
        return 0
