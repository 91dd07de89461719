"""Patterns taken apart: the part of RE2's regular expressions that every database can run with the same meaning.

RE2 runs any pattern in time that grows with the text. Others try one way after another, and on long texts can try
nearly for ever, so what repeats without end must be one character, and a group that repeats must have one length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

MOST_TIMES = 255
"""How often PostgreSQL counts."""


class Edge(Enum):
    """A place in a text that takes no character."""

    START = "^"
    END = "$"
    LINE_START = "(?m)^"
    LINE_END = "(?m)$"
    WORD = r"\b"


@dataclass(frozen=True, slots=True)
class Character:
    """One character out of a set, in RE2's words; `literal` where it is one character, in any case if `folded`."""

    words: str
    literal: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; `most` None: without end."""

    part: Part
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: tuple[Part, ...]


Part = Edge | Character | Repeat | Sequence | Choice


class OutsideError(ValueError):
    """A pattern that RE2 runs and other databases do not, or not with the same meaning; `help` says what to write."""

    def __init__(self, message: str, help_: str) -> None:
        super().__init__(message)
        self.help = help_


def read(pattern: str) -> Part:
    """Take a pattern of RE2 apart; raise OutsideError for what not every database reads alike."""
    return _Reader(pattern).whole()


@dataclass(frozen=True, slots=True)
class _Flags:
    fold: bool = False
    dot_all: bool = False
    lines: bool = False

    def set(self, words: str) -> _Flags:
        """Take flags as a pattern writes them, such as `i`, `s-m`; how greedy it is does not matter for a search."""
        on, _, off = words.partition("-")
        names = {"i": "fold", "s": "dot_all", "m": "lines"}
        return replace(self, **{names[each]: each in on for each in on + off if each in names})


GROUP = re.compile(r"\((?:\?(?:P?<\w+>|(?P<flags>[imsU-]*)(?P<end>[:)])))?")
COUNTED = re.compile(r"\{(?P<least>\d+)(?P<upto>,(?P<most>\d*))?\}")
CLASS = re.compile(
    r"\[\^?\]?(?:\[:\^?\w+:\]|\\[pP](?:\{\^?\w+\}|\w)|\\x\{[0-9a-fA-F]+\}|\\Q.*?\\E|\\.|[^\]\\])*\]", re.DOTALL
)
ESCAPE = re.compile(r"\\(?:[pP](?:\{\^?\w+\}|\w)|x(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{2})|[0-7]{1,3}|.)", re.DOTALL)
EDGES: Mapping[str, Edge] = {r"\A": Edge.START, r"\z": Edge.END, r"\b": Edge.WORD}
ONLY_RE2: Mapping[str, tuple[str, str]] = {
    r"\C": ("is a byte, which only RE2 reads", "`.` is any character"),
    r"\B": ("is found by RE2 between the bytes of a letter too", "say which characters stand there"),
}
SPELT: Mapping[str, str] = {r"\a": "\a", r"\f": "\f", r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\v": "\v"}


class _Reader:
    """Reads from left to right; RE2 has accepted the pattern before, so that only meaning is left to find."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at, self.flags = pattern, 0, _Flags()

    def whole(self) -> Part:
        part = self._choice()
        if self.at < len(self.pattern):
            raise self._outside(self.at, "is not read here")
        return part

    def _choice(self) -> Part:
        flags, parts = self.flags, [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        self.flags = flags
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            if self._next(r"\Q"):
                parts += self._quoted()
                continue
            start, part = self.at, self._atom()
            if part is not None:
                parts.append(self._repeated(part, start))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _quoted(self) -> list[Part]:
        end = self.pattern.find(r"\E", self.at)
        text = self.pattern[self.at : end if end >= 0 else None]
        self.at = end + 2 if end >= 0 else len(self.pattern)
        last = [self._repeated(self._literal(text[-1]), self.at - 1)] if text else []
        return [*(self._literal(each) for each in text[:-1]), *last]

    def _atom(self) -> Part | None:
        readers: Mapping[str, Callable[[], Part | None]] = {"(": self._group, "[": self._class, "\\": self._escape}
        mark = self.pattern[self.at]
        if mark in readers:
            return readers[mark]()
        self.at += 1
        if mark == ".":
            return Character("(?s)." if self.flags.dot_all else r"[^\n]")
        if mark in "^$":
            whole, line = (Edge.START, Edge.LINE_START) if mark == "^" else (Edge.END, Edge.LINE_END)
            return line if self.flags.lines else whole
        return self._literal(mark)

    def _group(self) -> Part | None:
        found = self._match(GROUP)
        flags = self.flags.set(found["flags"]) if found["flags"] else self.flags
        if found["end"] == ")":
            self.flags = flags
            return None
        before, self.flags = self.flags, flags
        part = self._choice()
        self.flags = before
        self._next(")")
        return part

    def _class(self) -> Part:
        return self._character(self._match(CLASS)[0])

    def _escape(self) -> Part:
        start, words = self.at, self._match(ESCAPE)[0]
        if words in ONLY_RE2:
            raise self._outside(start, *ONLY_RE2[words])
        if words in EDGES:
            return EDGES[words]
        if words in SPELT:
            return self._literal(SPELT[words])
        if words[1] in "dDsSwWpP":
            return self._character(words)
        if words[1] == "x":
            return self._literal(chr(int(words[2:].strip("{}"), 16)))
        return self._literal(chr(int(words[1:], 8)) if words[1].isdigit() else words[1])

    def _literal(self, char: str) -> Character:
        if char == "\0":
            raise self._outside(self.at - 1, "is a character that texts in databases do not hold", "leave it out")
        return self._character(f"\\x{{{ord(char):x}}}", char)

    def _character(self, words: str, literal: str = "") -> Character:
        return Character(f"(?i){words}" if self.flags.fold else words, literal, self.flags.fold)

    def _repeated(self, part: Part, start: int) -> Part:
        times = self._times()
        if times is None:
            return part
        least, most = times
        if max(least, most or 0) > MOST_TIMES:
            why = f"counts to more than {MOST_TIMES}"
            raise self._outside(start, why, "count to less, or repeat without end: `+`")
        if most not in {0, 1} and _length(part) is None:
            why = "repeats a group that is not always equally long"
            raise self._outside(start, why, "write the group out as often as it may come, `(...)?` each time")
        if most is None and not isinstance(part, Character):
            why = "repeats a group without end"
            raise self._outside(start, why, f"say how often at most, such as `{{1,{MOST_TIMES}}}`")
        return Repeat(part, least, most)

    def _times(self) -> tuple[int, int | None] | None:
        found = COUNTED.match(self.pattern, self.at)
        mark = self.pattern[self.at : self.at + 1]
        if found is not None:
            self.at = found.end()
            least = int(found["least"])
            times = (least, int(found["most"]) if found["most"] else None) if found["upto"] else (least, least)
        elif mark and mark in "*+?":
            self.at += 1
            times = {"*": (0, None), "+": (1, None), "?": (0, 1)}[mark]
        else:
            return None
        self._next("?")
        return times

    def _next(self, mark: str) -> bool:
        found = self.pattern.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def _match(self, words: re.Pattern[str]) -> re.Match[str]:
        found = words.match(self.pattern, self.at)
        if found is None:
            raise self._outside(self.at, "is not read here")
        self.at = found.end()
        return found

    def _outside(self, start: int, why: str, help_: str = "write it in simpler words") -> OutsideError:
        return OutsideError(f"`{self.pattern[start : max(self.at, start + 1)]}` {why}", help_)


def _length(part: Part) -> int | None:
    """Give how many characters a part takes, where that is always the same and there is one way to take them."""
    match part:
        case Edge():
            return 0
        case Character():
            return 1
        case Sequence(parts):
            lengths = [_length(each) for each in parts]
            return None if None in lengths else sum(each for each in lengths if each is not None)
        case Repeat(inner, least, most) if least == most:
            length = _length(inner)
            return None if length is None else length * least
        case _:
            return None
