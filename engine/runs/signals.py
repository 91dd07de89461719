"""Signals: SIGINT and SIGTERM end a process in its own time, SIGHUP has it read its playbooks again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ending_by_signal(end: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Ask for the end at the first signal; the second does what it did before."""
    before = {each: signal.getsignal(each) for each in (*ENDS, signal.SIGHUP)}

    def restore() -> None:
        for number in ENDS:
            signal.signal(number, before[number])

    def ending(_number: int, _frame: FrameType | None) -> None:
        restore()
        end()

    for number in ENDS:
        signal.signal(number, ending)
    signal.signal(signal.SIGHUP, lambda _number, _frame: reload())
    try:
        yield
    finally:
        restore()
        signal.signal(signal.SIGHUP, before[signal.SIGHUP])
