"""Runs `dealgate`, and kills it by SIGKILL at a named point: `python -m tests.kills.dying FOLDER`.

It waits for one line of JSON on stdin: `words` of the command line, `point`, what a point says ("" for none), and
`nth`, the time it dies there. Of the folder, `clock` says how many seconds ahead the clock is, and is read again and
again; calls count from the moment that `trap` is there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name
from threading import Lock
from typing import Any

import cli
from connectors.hubspot.client import HubSpotClient
from connectors.salesforce.client import SalesforceClient
from engine.runs import batches
from engine.runs.write_back import WriteBack
from tests.kills.points import NAMED, Point

CLOCK, TRAP = "clock", "trap"
DEALS_AT_ONCE, CHANGES_AT_ONCE = 50, 20
LONGEST_PAUSE = 0.05
ROOMS = ("engine.runs.", "console.", "web.")


def main() -> None:
    """Move the clock, lay the trap, and be `dealgate`."""
    folder = Path(sys.argv[1])
    asked = json.loads(sys.stdin.readline() or "null")
    if asked is None:
        return
    turn_clock(folder / CLOCK)
    work_in_small_pieces()
    pause_shortly()
    if asked["point"]:
        die_at(NAMED[asked["point"]], asked["nth"], folder / TRAP)
    sys.argv = ["dealgate", *asked["words"]]
    cli.main()


def die_at(point: Point, nth: int, trap: Path) -> None:
    """Let the process be killed at the nth call that counts, whichever of the point's functions is called."""
    calls, lock = [0], Lock()

    def called(*given: Any) -> None:
        with lock:
            if trap.exists() and (point.counts is None or point.counts(*given)):
                calls[0] += 1
                if calls[0] == nth:
                    os.kill(os.getpid(), signal.SIGKILL)

    for where in point.where:
        module, _, path = where.partition(":")
        owner, _, name = path.rpartition(".")
        held = resolve_name(f"{module}:{owner}" if owner else module)
        setattr(held, name, _trapped(getattr(held, name), called, after=point.after))


def work_in_small_pieces() -> None:
    """Let a few hundred deals be several parts of a sweep, and what is written be several pieces."""
    batches.DEALS_AT_ONCE = DEALS_AT_ONCE
    WriteBack.at_once = property(lambda _: CHANGES_AT_ONCE)  # type: ignore[assignment,method-assign,misc]


def pause_shortly() -> None:
    """Let a client that tries a call again do so without waiting long."""
    for client in (HubSpotClient, SalesforceClient):
        client.__init__.__kwdefaults__["pause"] = lambda seconds: time.sleep(min(seconds, LONGEST_PAUSE))  # type: ignore[misc]


def turn_clock(file: Path) -> None:
    """Let whatever of the product asks this machine for the time be told another."""

    class Kind(type):
        def __getattr__(cls, name: str) -> Any:
            return getattr(datetime, name)

        def __call__(cls, *given: Any, **named: Any) -> datetime:
            return datetime(*given, **named)  # noqa: DTZ001 - with the zone that was asked for

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Turned(metaclass=Kind):
        @staticmethod
        def now(zone: tzinfo | None = None) -> datetime:
            return datetime.now(zone) + timedelta(seconds=float(file.read_text(encoding="ascii")))

    for name, module in list(sys.modules.items()):
        if name.startswith(ROOMS) and getattr(module, "datetime", None) is datetime:
            module.datetime = Turned  # type: ignore[attr-defined]


def _trapped(original: Callable[..., Any], called: Callable[..., None], *, after: bool) -> Callable[..., Any]:
    @wraps(original)
    def trapped(*given: Any, **named: Any) -> Any:
        if not after:
            called(*given)
            return original(*given, **named)
        found = original(*given, **named)
        called(found)
        return found

    return trapped


if __name__ == "__main__":
    main()
