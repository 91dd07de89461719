"""`validate`, `lint` and `test` tell a playbook's author what to put right."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import CASES, PLAYBOOK, Run, lines_of
from tests.conftest import Golden


def test_a_valid_playbook_is_said_to_be(run: Run, folder: Path) -> None:
    result = run("validate", "small.yaml")
    assert (result.exit_code, folder.name != "") == (0, True)
    assert result.stdout == "small.yaml: small@2 is valid: 2 stages, 4 criteria, 1 clock, 1 rule\n"


def test_without_a_name_the_configured_playbooks_are_meant(run: Run, folder: Path) -> None:
    assert (folder / "small.yaml").exists()
    assert run("validate").stdout == run("validate", "small.yaml").stdout


def test_problems_are_told_with_their_place(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text(PLAYBOOK.replace("filled: [budget]", "filled: [bugdet]"), encoding="utf-8")
    result = run("validate", "small.yaml", "bad.yaml")
    assert result.exit_code == 2
    assert "small.yaml: small@2 is valid" in result.stdout
    assert "bad.yaml:21:39: unknown-field" in result.stdout
    assert "did you mean `budget`?" in result.stdout


def test_validation_as_json_holds_every_problem(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text(PLAYBOOK.replace("enforce: soft", "enforce: soft-ish"), encoding="utf-8")
    result = run("validate", "bad.yaml", "--format", "json")
    (file,) = json.loads(result.stdout)["playbooks"]
    assert (result.exit_code, file["valid"], file["playbook"]) == (2, False, None)
    assert {"file", "line", "column", "code", "message", "help"} == set(file["problems"][0])


def test_advice_ends_a_strict_lint_with_exit_code_1(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    assert run("lint").exit_code == 0
    result = run("lint", "--strict")
    assert result.exit_code == 1
    assert "nothing uses the field `size`" in result.stdout


def test_a_broken_playbook_cannot_be_linted(run: Run, folder: Path) -> None:
    (folder / "bad.yaml").write_text("playbook: bad\n", encoding="utf-8")
    assert run("lint", "bad.yaml").exit_code == 2


def test_cases_that_pass_are_counted_with_what_they_touch(run: Run, folder: Path, golden: Golden) -> None:
    assert folder.is_dir()
    golden("golden/test.txt", "\n".join(lines_of(run("test", "small.yaml", "--verbose"))) + "\n")


def test_a_case_that_differs_is_told_line_by_line(run: Run, folder: Path, golden: Golden) -> None:
    wrong = CASES.replace("[pain-written, next_step]", "[pain-written: unknown, payer-known]").replace(
        "status: clear, allowed_stage: proposal", "status: advise, allowed_stage: won"
    )
    (folder / "small.cases.yaml").write_text(wrong, encoding="utf-8")
    result = run("test")
    assert result.exit_code == 1
    golden("golden/test_failing.txt", "\n".join(lines_of(result)) + "\n")


def test_the_results_of_cases_as_json(run: Run, folder: Path) -> None:
    assert folder.is_dir()
    (report,) = json.loads(run("test", "-f", "json").stdout)["playbooks"]
    assert (report["passed"], report["failed"]) == (2, 0)
    assert report["coverage"]["rules"] == {"total": 1, "touched": 0, "untouched": ["big-deal"]}


def test_a_missing_cases_file_is_told(run: Run, folder: Path) -> None:
    (folder / "small.cases.yaml").unlink()
    result = run("test")
    assert result.exit_code == 2
    assert "small.cases.yaml:1:1: no-such-file" in result.stderr
