"""Where every failure becomes an exit code and a message, and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps

import typer
from sqlalchemy.exc import DBAPIError

from connectors.protocol import CrmError
from connectors.warehouse.errors import MappingError, ReadOnlyError, WarehouseSettingsError
from engine.judge.ruleset.matcher import RulesetsFailedError, RulesetsMissingError
from engine.ledger.errors import LedgerError
from engine.runs.mistakes import Mistake


class Code(IntEnum):
    """How a command ends."""

    FINE = 0
    FOUND = 1
    MISTAKE = 2
    FAILED = 3
    INTERRUPTED = 130


class FoundError(Exception):
    """A command did its work, and what it found is told by its exit code."""

    def __init__(self, code: Code = Code.FOUND) -> None:
        super().__init__()
        self.code = code


CODES: tuple[tuple[type[Exception], Code], ...] = (
    (Mistake, Code.MISTAKE),
    (MappingError, Code.MISTAKE),
    (WarehouseSettingsError, Code.MISTAKE),
    (ReadOnlyError, Code.MISTAKE),
    (RulesetsMissingError, Code.MISTAKE),
    (RulesetsFailedError, Code.FAILED),
    (CrmError, Code.FAILED),
    (LedgerError, Code.FAILED),
)


def run(command: Callable[[], object]) -> int:
    """Run a command and give its exit code; a user's mistake and an outage are told without a traceback."""
    try:
        command()
        sys.stdout.flush()
    except FoundError as found:
        return found.code
    except KeyboardInterrupt:
        return _told("interrupted", Code.INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()
    except DBAPIError as error:
        return _told(f"the store failed: {str(error.orig).strip().splitlines()[0]}", Code.FAILED)
    except tuple(kind for kind, _ in CODES) as error:
        return _told(str(error), next(code for kind, code in CODES if isinstance(error, kind)))
    return Code.FINE


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command end with its exit code."""

    @wraps(command)
    def running(*given: object, **named: object) -> None:
        code = run(lambda: command(*given, **named))
        if code:
            raise typer.Exit(int(code))

    return running


def _told(message: str, code: Code) -> int:
    sys.stderr.write(f"{message}\n")
    return code


def _close_stdout() -> None:
    """Point stdout nowhere, so that nothing is written to a closed pipe when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
