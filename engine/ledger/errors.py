"""What can be wrong with the store, in words for whoever set it up."""

from __future__ import annotations


class LedgerError(Exception):
    """The store could not be opened or used; the message says what to do about it."""


class UnreachableLedgerError(LedgerError):
    """The database does not answer, or is none."""

    def __init__(self, shown: str, reason: str) -> None:
        super().__init__(f"the store `{shown}` cannot be opened: {reason}\n  help: check the path or address")


class MissingDriverError(LedgerError):
    """The driver for the database is not installed."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"the store `{shown}` needs a driver\n  help: install `dealgate[postgresql]`")


class OutdatedLedgerError(LedgerError):
    """The tables are not those this version works with."""

    def __init__(self, shown: str, found: str, wanted: str) -> None:
        state = f"is at version `{found}`" if found else "has no tables yet"
        super().__init__(
            f"the store `{shown}` {state}, this engine needs `{wanted}`\n"
            "  help: run `dealgate apply`, `sweep` or `serve` with `--upgrade-store`"
        )


class NewerLedgerError(LedgerError):
    """The tables were made by a later version than this one."""

    def __init__(self, shown: str, found: str) -> None:
        super().__init__(
            f"the store `{shown}` is at version `{found}`, which this engine does not know\n"
            "  help: it was made by a newer engine; update this one"
        )


class LostRunError(LedgerError):
    """Another worker took this run over, since it was not heard of for longer than its lease."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"run {run_id} was given up by another worker while it paused\n  help: start it again")


class LostSweepError(LedgerError):
    """Another worker leads this sweep by now, since its leader was not heard of for longer than its lease."""

    def __init__(self, slot: str) -> None:
        super().__init__(f"sweep `{slot}` is led by another worker by now, or has ended")


class LostPartError(LedgerError):
    """Another worker judges this part of a sweep by now."""

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number} of the sweep is judged by another worker by now")
