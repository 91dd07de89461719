"""Patterns that stand for a few words only, written out: what a rule engine without regular expressions can ask for.

durable-rules has regular expressions, and answers wrongly even for `.*word.*` (docs/evaluators.md), so none is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from rules.ruleset_values import folded

MOST_WORDS = 128
IGNORE_CASE = "(?i)"
META = set("^$*+{}|()[]?.\\")


class EndlessPatternError(ValueError):
    """A pattern stands for more words than can be written out, or for something else than words."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words a pattern stands for, one of which must stand somewhere in a text; folded where case is no matter."""

    words: tuple[str, ...]
    folded: bool


def words_of(pattern: str) -> Words:
    """Write a pattern out; raises EndlessPatternError where it stands for too many words."""
    ignoring = pattern.startswith(IGNORE_CASE)
    reader = _Reader(pattern.removeprefix(IGNORE_CASE))
    words = reader.alternatives()
    if reader.rest or "" in words:
        raise EndlessPatternError(pattern)
    return Words(tuple(sorted({folded(word) if ignoring else word for word in words})), ignoring)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.rest = pattern

    def alternatives(self) -> list[str]:
        found = self._sequence()
        while self._take("|"):
            found = self._bounded(found + self._sequence())
        return found

    def _sequence(self) -> list[str]:
        words = [""]
        while self.rest and self.rest[0] not in "|)":
            piece = self._piece()
            if self._take("?"):
                piece = ["", *piece]
            words = self._bounded([one + other for one, other in product(words, piece)])
        return words

    def _piece(self) -> list[str]:
        if self._take("("):
            if not self._take("?:") and self.rest.startswith("?"):
                raise EndlessPatternError(self.rest)
            found = self.alternatives()
            if not self._take(")"):
                raise EndlessPatternError(self.rest)
            return found
        if self._take("["):
            return self._class()
        return [self._literal()]

    def _class(self) -> list[str]:
        if not self.rest or self.rest[0] in "^]":
            raise EndlessPatternError(self.rest)
        found: list[str] = []
        while not self._take("]"):
            first = last = self._literal(in_class=True)
            if self.rest.startswith("-") and not self.rest.startswith("-]"):
                self.rest = self.rest[1:]
                last = self._literal(in_class=True)
            if ord(last) - ord(first) > MOST_WORDS:
                raise EndlessPatternError(self.rest)
            found += [chr(code) for code in range(ord(first), ord(last) + 1)]
        return self._bounded(found)

    def _literal(self, *, in_class: bool = False) -> str:
        """Take one character that stands for itself; an escape may stand only before a punctuation mark."""
        escaped = self._take("\\")
        character, self.rest = self.rest[:1], self.rest[1:]
        special = character in "[&" if in_class else character in META
        if not character or (escaped and character.isalnum()) or (special and not escaped):
            raise EndlessPatternError(self.rest)
        return character

    def _take(self, mark: str) -> bool:
        if not self.rest.startswith(mark):
            return False
        self.rest = self.rest.removeprefix(mark)
        return True

    def _bounded(self, words: list[str]) -> list[str]:
        if len(words) > MOST_WORDS:
            raise EndlessPatternError(self.rest)
        return words
