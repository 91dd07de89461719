"""The log of a process that stays: a line each on stderr, as text for people or as JSON for machines."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum

from pythonjsonlogger.json import JsonFormatter

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FIELDS = "%(levelname)s %(name)s %(message)s"


class LogFormat(StrEnum):
    """How a line of the log looks."""

    TEXT = "text"
    JSON = "json"


def log_to_stderr(how: LogFormat) -> None:
    """Log what we do; of the libraries only what goes wrong.

    As JSON a line has `time` (UTC), `level`, `logger` and `message`, and where it is about them `crm`, `run`, `deals`
    and more.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(how))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("dealgate").setLevel(logging.INFO)


def formatter(how: LogFormat) -> logging.Formatter:
    """Give what makes lines of a kind."""
    if how is LogFormat.TEXT:
        return logging.Formatter(TEXT)
    return JsonFormatter(FIELDS, rename_fields={"levelname": "level", "name": "logger"}, timestamp="time")
