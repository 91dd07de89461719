"""Every code that loading or advice can give stands in docs/problems.md, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GIVERS = {"Problem": 1, "add": 1, "_add": 1, "refuse": 1, "_problem": 1, "advice": 2}
KINDS = {"unknown": 1}


def codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield from (word for word in words_at(node, GIVERS.get(name)))
            yield from (f"unknown-{word}" for word in words_at(node, KINDS.get(name)))
            yield from (word for key in node.keywords if key.arg == "code" for word in words_in(key.value))
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "code" and node.value is not None:
            yield from words_in(node.value)


def words_at(call: ast.Call, position: int | None) -> Iterator[str]:
    if position is not None and position < len(call.args):
        yield from words_in(call.args[position])


def words_in(node: ast.expr) -> Iterator[str]:
    words = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))
    yield from (word for word in words if not word.endswith("-"))


def test_every_code_is_documented_and_no_other() -> None:
    given = {code for path in (ROOT / "rules").glob("*.py") for code in codes_in(path)}
    given |= {"unknown-stage", "unknown-role", "unknown-flag", "unknown-criterion", "unknown-value"}
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))
    assert given - documented == set()
    assert documented - given == set()
