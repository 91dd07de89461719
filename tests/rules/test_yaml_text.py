import pytest

from rules.problems import render_problems
from rules.yaml_nodes import ScalarNode, node_at, to_plain
from rules.yaml_text import MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, read_yaml


def plain(text: str) -> object:
    node, problems = read_yaml(text, "f.yaml")
    assert problems == ()
    assert node is not None
    return to_plain(node)


def codes(data: bytes | str) -> list[str]:
    return [problem.code for problem in read_yaml(data, "f.yaml")[1]]


def test_only_true_false_null_and_numbers_are_typed() -> None:
    text = "[NO, yes, 12:30, 2026-11-01, 0x1F, 1_000, .inf, 1.10, 3, -2.5e1, true, ~, '4', \"true\", , ]".replace(
        ", ,", ","
    )
    assert plain(text) == [
        "NO", "yes", "12:30", "2026-11-01", "0x1F", "1_000", ".inf", 1.1, 3, -25.0, True, None, "4", "true",
    ]  # fmt: skip


def test_a_number_too_long_to_be_one_stays_text() -> None:
    assert plain("9" * 5000) == "9" * 5000


def test_a_scalar_keeps_what_was_written_and_where() -> None:
    node, _ = read_yaml("a:\n  - 1.10\n  - 'x'\n", "f.yaml")
    assert node is not None
    first, second = node_at(node, ["a", 0]), node_at(node, ["a", 1])
    assert isinstance(first, ScalarNode)
    assert isinstance(second, ScalarNode)
    assert (first.text, first.quoted, str(first.place)) == ("1.10", False, "f.yaml:2:5")
    assert (second.text, second.quoted) == ("x", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: !!python/object:os.system x", "tag"),
        ("a: &x 1", "alias"),
        ("a: &x 1\nb: *x", "alias"),
        ("<<: {a: 1}", "merge-key"),
        ("a: 1\na: 2", "duplicate-key"),
        ("? [a]\n: 1", "not-a-key"),
        ("---\na: 1\n---\nb: 2", "second-document"),
        ("", "empty-file"),
        ("# nothing\n", "empty-file"),
        ("a: b: c", "not-yaml"),
        ("a: [1", "not-yaml"),
        ("a: 'x", "not-yaml"),
        ("a:\n\tb: 1", "not-yaml"),
        ("a: \x07", "control-character"),
        ('a: "\\0"', "control-character"),
        ("a: \ud800", "control-character"),
        ("[" * (MAX_DEPTH + 1), "too-deep"),
        (f"[{'1,' * (MAX_ENTRIES + 1)}]", "too-many"),
        ("".join(f"a{n}: 1\n" for n in range(MAX_ENTRIES + 1)), "too-many"),
        ("a" * (MAX_BYTES + 1), "file-too-large"),
    ],
)
def test_what_playbooks_do_not_need_is_refused_by_name(text: str, code: str) -> None:
    assert code in codes(text)


def test_a_bomb_of_aliases_is_refused_without_being_unfolded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    node, problems = read_yaml("\n".join(lines), "bomb.yaml")
    assert node is None
    assert {problem.code for problem in problems} == {"alias"}


def test_all_that_can_be_read_is_read_before_problems_are_told() -> None:
    node, problems = read_yaml("a: 1\na: 2\nb: !x 3\nc: 4\n", "f.yaml")
    assert node is not None
    assert to_plain(node) == {"a": 1, "b": 3, "c": 4}
    assert render_problems(problems) == (
        "f.yaml:2:1: duplicate-key: the key `a` stands here again; it was given on line 1\n"
        "  help: keep one of the two\n"
        "f.yaml:3:4: tag: the tag `!x` is not allowed\n"
        "  help: delete it, or quote a text with `!`"
    )


def test_latin_1_bytes_are_refused_with_line_and_column() -> None:
    _, problems = read_yaml("a: 1\nname: café\n".encode("latin-1"), "f.yaml")
    assert render_problems(problems) == (
        "f.yaml:2:10: not-utf-8: byte 0xe9 is not UTF-8\n"
        "  help: save the file as UTF-8; it may be latin-1, where this byte is `é`"
    )


def test_utf_16_is_named() -> None:
    assert "UTF-16" in render_problems(read_yaml("a: 1".encode("utf-16"), "f.yaml")[1])


def test_a_byte_order_mark_is_no_problem() -> None:
    assert codes("a: 1".encode("utf-8-sig")) == []
