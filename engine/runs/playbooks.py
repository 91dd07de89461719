"""Loading the playbooks of a run: every problem of every file at once, and what they may not do to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.runs.files import Unreadable, read_file
from engine.runs.mistakes import ProblemsFound
from rules.load import load_playbook
from rules.playbook import Playbook
from rules.problems import Place, Problem


@dataclass(frozen=True)
class PlaybookFile:
    """A playbook file as it was loaded; `playbook` is None where its problems stand in the way."""

    path: Path
    playbook: Playbook | None
    problems: tuple[Problem, ...]


def load_files(paths: Iterable[Path]) -> tuple[PlaybookFile, ...]:
    """Load every file once, however often it is named."""
    return tuple(_load(path) for path in dict.fromkeys(paths))


def load_playbooks(paths: Iterable[Path]) -> tuple[Playbook, ...]:
    """Load playbooks that shall judge together, or tell every problem of every file."""
    files = load_files(paths)
    problems = [problem for file in files for problem in file.problems]
    problems.extend(clashes(files))
    if problems:
        raise ProblemsFound(problems)
    return tuple(file.playbook for file in files if file.playbook is not None)


def playbooks_of(texts: Iterable[tuple[str, str]]) -> tuple[Playbook, ...]:
    """Load playbooks from the names and texts that the store kept."""
    loaded = [(name, *load_playbook(text, name)) for name, text in texts]
    problems = [problem for _, _, found in loaded for problem in found]
    if problems:
        raise ProblemsFound(problems)
    return tuple(playbook for _, playbook, _ in loaded if playbook is not None)


def clashes(files: Sequence[PlaybookFile]) -> list[Problem]:
    """Find what playbooks that judge together may not share: an id, or a field of another type."""
    problems: list[Problem] = []
    ids: dict[str, Path] = {}
    types: dict[tuple[str, str], tuple[str, Path]] = {}
    for file in files:
        if file.playbook is None:
            continue
        first = ids.setdefault(file.playbook.id, file.path)
        if first != file.path:
            message = f"playbook `{file.playbook.id}` is already in {first}"
            problems.append(Problem(_at(file), "duplicate-playbook", message, "give one of them another id"))
        for field in file.playbook.fields:
            kind, path = types.setdefault((field.table, field.id), (field.type.value, file.path))
            if kind != field.type.value:
                message = f"field `{field.id}` is a {field.type.value} here and a {kind} in {path}"
                problems.append(Problem(_at(file), "field-clash", message, "declare it alike in both"))
    return problems


def _load(path: Path) -> PlaybookFile:
    try:
        data = read_file(path)
    except Unreadable as unreadable:
        return PlaybookFile(path, None, (unreadable.problem,))
    playbook, problems = load_playbook(data, str(path))
    return PlaybookFile(path, playbook, problems)


def _at(file: PlaybookFile) -> Place:
    return Place(str(file.path))
