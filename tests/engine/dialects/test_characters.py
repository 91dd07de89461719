"""Letters, words and white space are the same in every database, whatever edition of Unicode it was built with."""

from __future__ import annotations

import pytest

from connectors.warehouse.duckdb import DuckDbBackend
from engine.judge.dialects.characters import apart_from_small_letters
from rules.table_text import _contains, is_placeholder, normalized, not_blank, words
from tests.engine.dialects.asking import answers
from tests.engine.dialects.conftest import Opened, unclosed
from tests.reference.vocabulary import TEXTS, WORDS

pytestmark = unclosed
KNOWN = [chr(number) for number in range(1, 0x3000) if chr(number).isprintable() or number < 0x3000]
BEYOND = [chr(number) for number in range(0xA640, 0xAC00)] + [chr(number) for number in range(0x10400, 0x10500)]
OTHERS = [None, "", "x\x01y", "İstanbul", "ΟΔΟΣ", "οδος", "ὈΔΥΣΣΕΎΣ", "STRASSE ẞ ß", "K and k and \u212a", "\u017f S s"]


@pytest.fixture(scope="module")
def at_home() -> DuckDbBackend:
    return DuckDbBackend()


@pytest.mark.parametrize("opened", ["postgresql", "spark"], indirect=True)
def test_every_character_is_a_letter_a_space_or_neither_everywhere(opened: Opened, at_home: DuckDbBackend) -> None:
    asked = {"words": words, "blank": lambda text: not_blank(text).isnull(), "placeholder": is_placeholder}
    backend = opened()
    try:
        texts = [f"-{each}-" for each in KNOWN + BEYOND]
        assert answers(backend, texts, asked) == answers(at_home, texts, asked)
    finally:
        backend.close()


@pytest.mark.parametrize("opened", ["postgresql", "spark"], indirect=True)
def test_texts_are_tidied_and_counted_alike(opened: Opened, at_home: DuckDbBackend) -> None:
    asked = {
        "tidy": normalized,
        "words": words,
        "present": not_blank,
        "placeholder": is_placeholder,
        "length": lambda text: text.length(),
    }
    backend = opened()
    try:
        texts = [*TEXTS, *OTHERS]
        assert answers(backend, texts, asked) == answers(at_home, texts, asked)
    finally:
        backend.close()


@pytest.mark.parametrize("opened", ["postgresql", "spark"], indirect=True)
def test_whole_words_are_found_alike(opened: Opened, at_home: DuckDbBackend) -> None:
    phrases = [
        *WORDS,
        "İstanbul",
        "οδος",
        "ΟΔΟΣ",
        "strasse",
        "\u212a",
        "ß",
        "s",
        "++",
        "(Acme)",
        "-",
        *apart_from_small_letters(),
    ]
    asked = {
        f"c{number}": lambda text, each=each: _contains(text, each)
        for number, each in enumerate(dict.fromkeys(phrases))
    }
    backend = opened()
    try:
        texts = [*TEXTS, *OTHERS, *phrases, *(f"a{each}" for each in phrases), *(f"{each}+ {each}" for each in phrases)]
        assert answers(backend, texts, asked) == answers(at_home, texts, asked)
    finally:
        backend.close()
