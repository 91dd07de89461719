"""Loading the cases that stand beside a playbook."""

from __future__ import annotations

from pathlib import Path

from engine.runs.cases.case import Case
from engine.runs.cases.reading import read_cases
from engine.runs.files import read_file
from engine.runs.mistakes import ProblemsFound
from rules.playbook import Playbook


def load_cases(path: Path, playbook: Playbook) -> tuple[Case, ...]:
    """Load the cases of a file, or tell all its problems."""
    cases, problems = read_cases(read_file(path), str(path), playbook)
    if problems:
        raise ProblemsFound(problems)
    return cases
