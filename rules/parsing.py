"""What every part of loading shares: the problems found so far, and where a condition stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rules.catalogue import Catalogue
from rules.condition import Condition
from rules.literals import NotAValueError
from rules.problems import Place, Problem, did_you_mean
from rules.yaml_nodes import Node


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a condition stands: in what, over rows of which table, and what it may read there."""

    subject: str
    table: str = "deals"
    scores: frozenset[str] = frozenset({"qualification", "ideal_client"})
    findings: bool = False
    segments: bool = True
    related: bool = True
    named: tuple[str, ...] = ()

    def over(self, table: str) -> Scope:
        """Step into the rows of a related table, where scores and other tables cannot be read."""
        return replace(self, table=table, scores=frozenset(), related=False)

    def inside(self, name: str) -> Scope:
        """Step into a named condition, which is told of by its own name."""
        return replace(self, subject=f"condition `{name}`", named=(*self.named, name))


@dataclass
class Parsing:
    """One playbook being read: its names, its named conditions, and what was found wrong so far."""

    catalogue: Catalogue
    conditions: Mapping[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inlined: dict[tuple[str, Scope], Condition] = field(default_factory=dict)

    def add(self, place: Place, code: str, message: str, help_text: str = "") -> None:
        """Note something wrong."""
        self.problems.append(Problem(place, code, message, help_text))

    def refuse(self, place: Place, code: str, why: NotAValueError) -> None:
        """Note a value that is none."""
        self.add(place, code, why.message, why.help_text)

    def unknown(self, place: Place, what: str, word: str, known: Iterable[str], message: str = "") -> None:
        """Note a name that nothing has, and suggest the nearest one there is."""
        known = tuple(known)
        help_text = did_you_mean(word, known) or f"this playbook declares no {what} at all"
        self.add(place, f"unknown-{what}", message or f"there is no {what} `{word}`", help_text)
