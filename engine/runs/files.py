"""Reading small files whole; a file that cannot be read is a problem with a place, like any other."""

from __future__ import annotations

from pathlib import Path

from engine.runs.mistakes import ProblemsFound
from rules.problems import Place, Problem
from rules.yaml_text import MAX_BYTES, too_large


class Unreadable(ProblemsFound):
    """A file could not be read; `problem` says which and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__((problem,))
        self.problem = problem


def read_file(path: Path) -> bytes:
    """Read a YAML file; its size is looked at before a byte is read, and no more than may be read is."""
    try:
        if path.is_dir():
            raise Unreadable(_problem(path, "not-a-file", "this is a folder", "name a file"))
        size = path.stat().st_size
        with path.open("rb") as file:
            data = b"" if size > MAX_BYTES else file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(_problem(path, "no-such-file", "there is no such file")) from None
    except PermissionError:
        raise Unreadable(_problem(path, "not-allowed", "you may not read this file")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unreadable(_problem(path, "unreadable", f"it cannot be read: {reason.lower()}")) from None
    if size > MAX_BYTES or len(data) > MAX_BYTES:
        raise Unreadable(too_large(str(path)))
    return data


def _problem(path: Path, code: str, message: str, advice: str = "") -> Problem:
    return Problem(Place(str(path)), code, message, advice)
