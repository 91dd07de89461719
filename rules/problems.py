"""Problems in a user's files, as values: collected, sorted by place and shown all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

NEAR_ENOUGH = 0.6
SHOWN = 8


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A place in a file; `line` and `column` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing wrong with a file: where, a stable kebab-case code, what is wrong, and what would be right."""

    where: Place
    code: str
    message: str
    help: str = ""

    def __str__(self) -> str:
        line = f"{self.where}: {self.code}: {self.message}"
        return f"{line}\n  help: {self.help}" if self.help else line


def render_problems(problems: Iterable[Problem]) -> str:
    """Lay out problems sorted by place, each once, one block a problem."""
    return "\n".join(str(problem) for problem in sorted(set(problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the known word nearest to a misspelt one, else list a few known ones; "" where none are known."""
    choices = sorted(set(known))
    if not choices:
        return ""
    if nearest := nearest_to(word, choices):
        return f"did you mean `{nearest}`?"
    shown = ", ".join(f"`{choice}`" for choice in choices[:SHOWN])
    return f"one of {shown}{', ...' if len(choices) > SHOWN else ''}"


def nearest_to(word: str, known: Iterable[str]) -> str:
    """Give the known word nearest to a misspelt one, or "" where none is near."""
    choices = sorted(set(known))
    scorer = DamerauLevenshtein.normalized_similarity
    nearest = process.extractOne(word, choices, scorer=scorer, score_cutoff=NEAR_ENOUGH)
    return "" if nearest is None else nearest[0]
