"""What an import did, as values: rows by file and table, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: the file it reads, of how many bytes, and the rows read so far."""

    path: Path
    done: int
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file's rows; `skipped` counts them by the mapping's reasons."""

    path: Path
    rows: int
    taken: int
    rejected: int
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: `tables` counts the rows put in; `problems` are files and columns that did not fit."""

    files: tuple[FileReport, ...]
    tables: Mapping[str, int]
    problems: tuple[Problem, ...]
    rejects: Path

    @property
    def rejected(self) -> int:
        """How many rows were rejected; each stands in `rejects` with its reason."""
        return sum(each.rejected for each in self.files)
