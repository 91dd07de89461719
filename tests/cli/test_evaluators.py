"""`check --evaluator durable-rules`: the same answer, found in another way, or a refusal by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Judged = Callable[..., Result]
RULES = ("--evaluator", "durable-rules")


def test_both_evaluators_print_the_same_document_to_the_byte(judged: Judged) -> None:
    pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")
    by_table = judged("check", "--format", "json")
    by_rules = judged("check", "--format", "json", *RULES)
    assert by_table.exit_code == by_rules.exit_code == 0
    assert '"findings"' in by_table.stdout
    assert by_rules.stdout == by_table.stdout


def test_both_evaluators_print_the_same_table(judged: Judged) -> None:
    pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")
    assert judged("check", *RULES).stdout == judged("check").stdout


def test_a_playbook_that_rulesets_cannot_carry_is_refused_by_name_and_the_table_engine_judges_by_it(
    judged: Judged, folder: Path
) -> None:
    pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")
    asked = """every_stage:
  - {id: numbered, says: It has a number, require: {name: {matches: "N[0-9]+"}}}
"""
    file = next(folder.glob("small.yaml"))
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{asked}", encoding="utf-8")
    refused = judged("check", *RULES)
    assert refused.exit_code == 2
    assert "criterion `numbered` asks `matches: N[0-9]+`, which stands for more than 128 words" in refused.stderr
    assert "help: docs/evaluators.md" in refused.stderr
    assert "Traceback" not in refused.output
    assert judged("check").exit_code == 0


def test_without_the_library_one_sentence_says_what_to_install(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable", None)
    missing = judged("check", *RULES)
    assert missing.exit_code == 2
    assert "the evaluator `durable-rules` is not installed" in missing.stderr
    assert "pip install 'dealgate[durable-rules]'" in missing.stderr
