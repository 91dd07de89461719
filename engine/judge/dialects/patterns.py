"""Patterns written anew: every set of characters by its ranges, so that all databases find the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.judge.dialects.characters import Ranges, characters
from rules.patterns import Character, Choice, Edge, Part, Repeat, Sequence, read

WORD = "[0-9A-Z_a-z]"
EDGES = {
    Edge.START: r"\A",
    Edge.LINE_START: r"(?:\A|(?<=\n))",
    Edge.WORD: f"(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))",
}
"""Places in a text as PostgreSQL and Java read them; RE2's words are of ASCII letters, digits and `_`."""


@dataclass(frozen=True)
class Spelling:
    """How a database spells what others spell otherwise.

    `end` is the end of a text, `code` a character by its hexadecimal number, `one_of` a set of several ranges.
    """

    end: str
    code: str
    one_of: Callable[[Ranges, Spelling], str]

    def pattern(self, words: str) -> str:
        """Write a pattern of RE2; OutsideError where it says what not every database reads."""
        return _written(read(words), self)

    def character(self, number: int) -> str:
        """Write one character."""
        char = chr(number)
        if not char.isprintable():
            return self.code.format(number)
        return f"\\{char}" if char.isascii() and not char.isalnum() and char not in " _" else char

    def range(self, low: int, high: int) -> str:
        """Write a range as it stands in brackets."""
        if low == high:
            return self.character(low)
        return f"{self.character(low)}{'-' if high > low + 1 else ''}{self.character(high)}"


def plain(ranges: Ranges, spelling: Spelling) -> str:
    """Write a set as one list of ranges."""
    return f"[{''.join(spelling.range(*each) for each in ranges)}]"


def _written(part: Part, spelling: Spelling) -> str:
    match part:
        case Edge():
            ends = {Edge.END: spelling.end, Edge.LINE_END: rf"(?:{spelling.end}|(?=\n))"}
            return (EDGES | ends)[part]
        case Character():
            return _set(characters(part), spelling)
        case Repeat(inner, least, most):
            return f"{_grouped(inner, spelling)}{_times(least, most)}"
        case Sequence(parts):
            return "".join(
                _grouped(each, spelling) if isinstance(each, Choice) else _written(each, spelling) for each in parts
            )
        case Choice(parts):
            return "|".join(_written(each, spelling) for each in parts)


def _set(ranges: Ranges, spelling: Spelling) -> str:
    if not ranges:
        return rf"(?:{spelling.end}(?=\n))"  # nothing, at the end followed by something
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return spelling.character(ranges[0][0])
    return spelling.one_of(ranges, spelling)


def _grouped(part: Part, spelling: Spelling) -> str:
    written = _written(part, spelling)
    return written if isinstance(part, Character) else f"(?:{written})"


def _times(least: int, most: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}
    if (least, most) in short:
        return short[least, most]
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"
