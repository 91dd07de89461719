"""A pattern of the portable part of RE2 finds the same in every database; what lies outside is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import re2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.warehouse.duckdb import DuckDbBackend
from engine.runs.in_place import InPlace
from engine.runs.mistakes import ProblemsFound
from rules.load import load_playbook
from rules.patterns import OutsideError, read
from rules.portable import unportable_patterns
from tests.engine.dialects.asking import answers
from tests.engine.dialects.conftest import Opened, unclosed
from tests.reference.vocabulary import PATTERNS, TEXTS

pytestmark = unclosed
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
LETTERS = (
    "aAbkK\u212as\u017fß\u1e9eéÉiI\u0130\u0131\u03c2\u03c3\u03a3\u0345_-19 \n\t\r"
    ".|()[]{}*+?^$\\/~&#'\"漢½\u2028\u0085\u00a0\u0301\U0001d49c\U0001f600"
)
SETS = (
    r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", r"\pL", r"\p{Lu}", r"\P{N}", r"\p{Greek}", r"\p{^Lu}", "[a-c]", "[^a-c]",
    "[]a]", "[^]a-]", r"[\]\-^]", r"[\d\s]", r"[^\w.]", "[[:alpha:]]", "[[:^space:]k]", r"[\p{L}\x{1F600}]",
    r"[\x41-\x{5a}]", ".",
)  # fmt: skip
PLACES = ("^", "$", r"\A", r"\z", r"\b")
OUTSIDE = {
    r"(ab)+": "`(ab)+` repeats a group without end",
    r"(?:a|b)*c": "`(?:a|b)*` repeats a group that is not always equally long",
    r"(a+)+$": "`(a+)+` repeats a group that is not always equally long",
    r"a{256}": "`a{256}` counts to more than 255",
    r"(?:a{1,3}){2}": "`(?:a{1,3}){2}` repeats a group that is not always equally long",
    r"\C": r"`\C` is a byte, which only RE2 reads",
    r"\B": r"`\B` is found by RE2 between the bytes of a letter too",
    r"^*": "`^*` repeats a group without end",
}


def texts() -> st.SearchStrategy[str]:
    return st.one_of(st.text(LETTERS, max_size=12), st.sampled_from(TEXTS), st.text(max_size=8).filter(storable))


def storable(text: str) -> bool:
    return "\0" not in text and text.isprintable()


def patterns() -> st.SearchStrategy[str]:
    """Draw patterns of the portable part, flags and all."""
    literal = st.sampled_from(LETTERS).map(
        lambda char: char if char.isalnum() or char in " _" else f"\\x{{{ord(char):x}}}"
    )
    escaped = st.sampled_from([f"\\{char}" for char in ".|()[]{}*+?^$\\/~&#-_ "] + [r"\n", r"\t", r"\101", r"\Qa.b\E"])
    character = st.one_of(literal, literal, escaped, st.sampled_from(SETS))
    times = st.sampled_from(("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{0}", "{3}?"))
    repeated = st.builds("{}{}".format, character.filter(lambda each: not each.startswith(r"\Q")), times)
    piece = st.one_of(repeated, repeated, repeated, character, st.sampled_from(PLACES))
    run = st.lists(piece, max_size=4).map("".join)
    opening = st.sampled_from(("(", "(?:", "(?P<name>", "(?i:", "(?s:", "(?m:", "(?i-s:"))
    closing = st.sampled_from((")", ")", ")?", ")??"))
    group = st.builds(
        lambda begin, parts, end: f"{begin}{'|'.join(parts)}{end}",
        opening,
        st.lists(run, min_size=1, max_size=3),
        closing,
    )
    fixed = st.builds(
        "(?:{}){}".format, st.lists(character, min_size=1, max_size=2).map("".join), st.sampled_from(("{2}", "{0,3}"))
    )
    flags = st.sampled_from(("", "", "(?i)", "(?m)", "(?s)", "(?im)", "(?U)"))
    parts = st.lists(st.one_of(run, run, group, fixed), min_size=1, max_size=3).map("".join)
    return st.builds(
        "{}{}".format, flags, st.one_of(parts, st.lists(parts, min_size=2, max_size=2).map("|".join))
    ).filter(is_pattern)


def is_pattern(pattern: str) -> bool:
    quiet = re2.Options()
    quiet.log_errors = False
    try:
        re2.compile(pattern, quiet)
    except re2.error:
        return False
    return pattern.count("?P<name>") < 2


def agree(opened: Opened, wanted: list[str], given_texts: list[str]) -> None:
    asked = {f"p{number}": lambda text, each=each: text.re_search(each) for number, each in enumerate(wanted)}
    found = []
    for open_one in (DuckDbBackend, opened):
        backend = open_one()
        try:
            found.append(answers(backend, given_texts, asked))
        finally:
            backend.close()
    wrong = [
        (pattern, text, one, other)
        for number, pattern in enumerate(wanted)
        for text, one, other in zip(given_texts, found[0][f"p{number}"], found[1][f"p{number}"], strict=True)
        if one != other
    ]
    assert wrong == []


@pytest.mark.parametrize("opened", ["postgresql", "spark"], indirect=True)
@settings(
    max_examples=40 if NIGHTLY else 1,
    derandomize=not NIGHTLY,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
)
@given(wanted=st.lists(patterns(), min_size=60, max_size=60), given_texts=st.lists(texts(), min_size=60, max_size=60))
def test_a_random_pattern_finds_the_same_as_in_duckdb(
    opened: Opened, wanted: list[str], given_texts: list[str]
) -> None:
    agree(opened, wanted, given_texts)


@pytest.mark.parametrize("opened", ["postgresql", "spark"], indirect=True)
def test_patterns_of_the_random_playbooks_find_the_same(opened: Opened) -> None:
    agree(
        opened, [*PATTERNS, *SETS, *PLACES, r"(?i)straße", r"\Q^x$\E|K", "(?i)[^k]"], [*TEXTS, "K", "\u212a", "STRASSE"]
    )


@pytest.mark.parametrize("pattern", OUTSIDE)
def test_what_not_every_database_reads_is_outside(pattern: str) -> None:
    with pytest.raises(OutsideError) as outside:
        read(pattern)
    assert str(outside.value) == OUTSIDE[pattern]
    assert outside.value.help


PLAYBOOK = """\
playbook: small
version: 1
title: Small
fields: {code: {type: text}}
stages:
  - id: first
    title: First
    exit_criteria:
      - id: coded
        says: The code is written
        require: {code: {matches: "(ab)+"}}
"""


def test_a_pattern_that_lies_outside_is_named_where_it_stands() -> None:
    playbook, problems = load_playbook(PLAYBOOK, "small.yaml")
    assert problems == ()
    assert playbook is not None
    (problem,) = unportable_patterns(playbook, "small.yaml")
    assert str(problem) == (
        "small.yaml:11:35: unportable-pattern: criterion `coded` matches `(ab)+`, which only DuckDB judges: "
        "`(ab)+` repeats a group without end\n  help: say how often at most, such as `{1,255}`"
    )


def test_another_database_does_not_judge_by_it(on_postgresql: Opened) -> None:
    playbook, _ = load_playbook(PLAYBOOK, "small.yaml")
    assert playbook is not None
    backend = on_postgresql()
    try:
        with pytest.raises(ProblemsFound, match=r"small:11:35: unportable-pattern"):
            InPlace(playbook, "local", backend, {})
    finally:
        backend.close()


@pytest.mark.parametrize("name", ["enterprise", "small-business", "services", "renewals"])
def test_a_shipped_playbook_is_judged_everywhere(name: str) -> None:
    path = Path(f"playbooks/{name}.yaml")
    playbook, _ = load_playbook(path.read_bytes(), str(path))
    assert playbook is not None
    assert unportable_patterns(playbook, str(path)) == ()
