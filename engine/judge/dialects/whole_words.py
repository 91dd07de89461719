"""Whole words found without a pattern for each: words are marked in the text once, then a phrase is looked up.

PostgreSQL keeps 32 patterns ready and makes any more anew for every row, and one that tells letters from other
characters takes it a millisecond.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from engine.judge.dialects.characters import apart_from_small_letters, characters, is_word, small
from rules.patterns import Character

BEFORE, BEHIND, DOTTED, OTHER = "\x01", "\x02", "\x03", "\x04"
"""Marks before and behind a word, what stands for the dotted I, which is like no other letter, and for these three."""
UNMARKED = (f"{BEFORE}{BEHIND}{DOTTED}", OTHER * 3)
WORD_CHARACTERS = r"(?i)[\p{L}\p{N}]+"
"""In any case: U+0345, a mark under Greek letters, is no letter, and yet like one."""
MARKED = f"{BEFORE}\\1{BEHIND}"


@dataclass(frozen=True)
class Alike:
    """Letters to be taken for others: `protect` before small letters are made, `fold` after."""

    protect: tuple[str, str]
    fold: tuple[str, str]


@dataclass(frozen=True)
class Wanted:
    """A phrase as it stands in a marked text, and whether a word may go on before or behind it."""

    marked: str
    opens: bool
    closes: bool


@lru_cache(maxsize=1)
def alike() -> Alike:
    """Give the letters that are the same in any case, though their small letters differ."""
    pairs: dict[str, str] = {}
    for letter in apart_from_small_letters():
        ranges = characters(Character(f"(?i)\\x{{{ord(letter):x}}}", letter, folded=True))
        family = [chr(number) for low, high in ranges for number in range(low, high + 1)]
        smalls = [small(each) for each in family]
        usual = Counter(smalls).most_common(1)[0][0]
        pairs |= {each: usual for each in smalls if each != usual}
    return Alike(("\u0130\u03a3", f"{DOTTED}\u03c3"), ("".join(pairs), "".join(pairs.values())))


def wanted(phrase: str) -> Wanted:
    """Mark a phrase as a text is marked."""
    letters = alike()
    plain = _with(small(_with(_with(phrase, UNMARKED), letters.protect)), letters.fold)
    words = [is_word(each) for each in phrase]
    marked = ""
    for place, char in enumerate(plain):
        starts, ends = place == 0 or not words[place - 1], place + 1 == len(plain) or not words[place + 1]
        marked += f"{BEFORE if words[place] and starts else ''}{char}{BEHIND if words[place] and ends else ''}"
    return Wanted(marked, opens=not words[0], closes=not words[-1])


def _with(text: str, letters: tuple[str, str]) -> str:
    return text.translate(str.maketrans(*letters))
