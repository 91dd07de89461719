"""Whatever a playbook's text is, loading it tells all that is wrong, at once, and never fails itself."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.load import load_playbook
from rules.problems import render_problems
from rules.yaml_text import MAX_BYTES

DATA = Path(__file__).parent / "data"
WHOLE = (DATA / "whole.yaml").read_text(encoding="utf-8")
LINES = WHOLE.splitlines(keepends=True)
TOKEN = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]|[\w.%-]+|[:,{}\[\]]")
TOKENS = list(TOKEN.finditer(WHOLE))
ODD = [
    "~",
    "",
    "{}",
    "[]",
    "-1",
    "1e999",
    "9" * 40,
    "0000-00-00",
    "now + 3 hours",
    "{field: pain}",
    "{smb: 1}",
    "é",
    "!x",
    "&a",
    "*a",
]
QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def test_a_playbook_full_of_mistakes_is_told_all_of_them(golden: Callable[[str, str], None]) -> None:
    playbook, problems = load_playbook((DATA / "broken.yaml").read_bytes(), "broken.yaml")
    assert playbook is None
    golden("data/broken.golden.txt", render_problems(problems) + "\n")


def test_no_message_names_a_type_of_this_program_or_ends_in_a_stop() -> None:
    _, problems = load_playbook((DATA / "broken.yaml").read_bytes(), "broken.yaml")
    for problem in problems:
        for sentence in (problem.message, problem.help):
            assert not re.search(r"\b(str|int|dict|NoneType|Decimal|None|object|array|Node|instance)\b", sentence)
            assert not re.search(r"[^.]\.$", sentence)
            assert sentence[:1] == sentence[:1].lower()


@QUIET
@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.sampled_from(["delete", "double", "put"]))
def test_no_line_deleted_doubled_or_moved_makes_loading_fail(one: int, other: int, change: str) -> None:
    lines = list(LINES)
    lines[one : one + 1] = {"delete": [], "double": [LINES[one]] * 2, "put": [LINES[other]]}[change]
    told(*load_playbook("".join(lines), "f.yaml"))


@QUIET
@given(
    st.lists(
        st.tuples(
            st.sampled_from(TOKENS), st.one_of(st.sampled_from(TOKENS).map(re.Match.group), st.sampled_from(ODD))
        ),
        max_size=4,
    )
)
def test_no_word_in_the_place_of_another_makes_loading_fail(swaps: list[tuple[re.Match[str], str]]) -> None:
    text = WHOLE
    for token, word in sorted(swaps, key=lambda swap: -swap[0].start()):
        text = text[: token.start()] + word + text[token.end() :]
    told(*load_playbook(text, "f.yaml"))


@QUIET
@given(st.binary(max_size=40), st.integers(0, len(WHOLE)))
def test_no_bytes_make_loading_fail(data: bytes, at: int) -> None:
    source = WHOLE.encode()
    told(*load_playbook(source[:at] + data + source[at:], "f.yaml"))
    told(*load_playbook(data, "f.yaml"))


def told(playbook: object, problems: tuple[object, ...]) -> None:
    assert (playbook is None) == bool(problems)


@pytest.mark.parametrize("text", ["", "[]", "a", "null", "- a\n- b\n", "'", "\x00", "playbook: [", "? {}\n: []\n"])
def test_what_is_no_playbook_at_all_is_told(text: str) -> None:
    playbook, problems = load_playbook(text, "f.yaml")
    assert playbook is None
    assert problems


def test_a_file_too_large_is_not_even_read() -> None:
    _, problems = load_playbook(b"a: " + b"x" * MAX_BYTES, "f.yaml")
    assert [problem.code for problem in problems] == ["file-too-large"]


def test_a_large_file_of_nonsense_is_told_of_without_hanging() -> None:
    began = time.monotonic()
    text = "playbook: p\nstages:\n" + "".join(
        f"  - {{id: s{n}, exit_criteria: [{{id: c, require: {{x{n}: 1}}}}]}}\n" for n in range(400)
    )
    _, problems = load_playbook(text, "f.yaml")
    assert len(problems) > 1000
    assert time.monotonic() - began < 60


def test_latin_1_is_told_with_its_place() -> None:
    _, problems = load_playbook("playbook: p\ntitle: Ärger\n".encode("latin-1"), "p.yaml")
    assert str(problems[0]).startswith("p.yaml:2:8: not-utf-8: byte 0xc4 is not UTF-8")
