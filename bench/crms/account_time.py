"""The time of a simulated account, in which waiting takes no time here."""

from __future__ import annotations

import time

import requests


class AccountTime:
    """Tells a simulated account to let its clock run on for as long as a client waits, and goes on at once.

    The account's windows of calls go by that clock, so that it refuses the same calls as if the client had waited.
    """

    def __init__(self, control: str, session: requests.Session) -> None:
        self._control = control
        self._session = session
        self.waited = 0.0
        """How long the client waited, in seconds."""

    def now(self) -> float:
        """Give the time, in seconds, with what was waited."""
        return time.time() + self.waited

    def wait(self, seconds: float) -> None:
        """Let time pass in the account."""
        self._session.post(self._control, json={"advance": seconds}, timeout=60).raise_for_status()
        self.waited += seconds
