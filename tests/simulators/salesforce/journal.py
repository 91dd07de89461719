"""What a transaction takes back when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Journal:
    """Steps that undo what was done since a transaction began, and what is to be told once it ends well.

    Transactions nest: an inner one that fails takes back only its own part.
    """

    def __init__(self) -> None:
        self._open = 0
        self._undo: list[Callable[[], None]] = []
        self._tell: list[Callable[[], None]] = []

    def undoing(self, step: Callable[[], None]) -> None:
        """Note how to take something back; outside a transaction nothing ever is."""
        if self._open:
            self._undo.append(step)

    def telling(self, step: Callable[[], None]) -> None:
        """Do something once all is done for good."""
        if self._open:
            self._tell.append(step)
        else:
            step()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Take back whatever was done within, where it ends by an exception."""
        undo, tell = len(self._undo), len(self._tell)
        self._open += 1
        try:
            yield
        except BaseException:
            while len(self._undo) > undo:
                self._undo.pop()()
            del self._tell[tell:]
            raise
        finally:
            self._open -= 1
        if not self._open:
            told, self._tell, self._undo = self._tell, [], []
            for step in told:
                step()
