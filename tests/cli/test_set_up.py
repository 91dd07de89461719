"""`init` starts a folder in which everything works; `import` loads exports and says what became of every row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MAPPING = """\
mapping: exports
files:
  opportunities: {name: opportunities.csv}
written: {format: iso}
tables:
  deals:
    from: opportunities
    columns: {id: Id, name: Name, stage: Stage, pipeline: {constant: New Business}, close_date: Close}
"""

EXPORT = "Id,Name,Stage,Close\nA1,One,Discovery,2026-12-01\nA2,Two,Discovery,01.12.2026\n"


@pytest.mark.parametrize("name", ["enterprise", "small-business", "services", "renewals"])
def test_a_new_folder_validates_tests_and_checks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    result = run("init", str(tmp_path / "new"), "--playbook", name)
    assert result.exit_code == 0, result.output
    monkeypatch.chdir(tmp_path / "new")
    assert run("validate").exit_code == 0
    checked = run("check")
    assert checked.exit_code == 0, checked.output
    assert "0 deals judged" in checked.stdout


def test_a_new_folder_passes_its_own_cases(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", str(tmp_path), "--playbook", "small-business")
    monkeypatch.chdir(tmp_path)
    result = run("test")
    assert result.exit_code == 0, result.output


def test_the_editor_finds_the_schemas_of_a_new_folder(run: Run, tmp_path: Path) -> None:
    run("init", str(tmp_path))
    for file in ("playbooks/enterprise.yaml", "playbooks/enterprise.cases.yaml"):
        path = tmp_path / file
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert (path.parent / first.partition("$schema=")[2]).is_file()


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "waivers.yaml").write_text("mine", encoding="utf-8")
    result = run("init", str(tmp_path))
    assert result.exit_code == 2
    assert "waivers.yaml` is there already, and nothing was written" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["waivers.yaml"]


def test_an_unknown_starter_is_told_with_the_nearest(run: Run, tmp_path: Path) -> None:
    result = run("init", str(tmp_path), "--playbook", "enterprize")
    assert result.exit_code == 2
    assert "did you mean `enterprise`?" in result.stderr


def test_a_folder_that_cannot_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("init", str(tmp_path / "file" / "new"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_an_import_counts_rows_and_keeps_rejects_with_their_reason(run: Run, folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "opportunities.csv").write_text(EXPORT, encoding="utf-8")
    result = run("import", "opportunities.csv", "--mapping", "mapping.yaml", "--into", "crm.db")
    assert result.exit_code == 0, result.output
    assert "1 row rejected, each with its reason in crm.rejects.csv" in result.stdout
    assert "01.12.2026" in (folder / "crm.rejects.csv").read_text(encoding="utf-8")
    checked = run("check", "--crm", "crm.db", "--format", "json")
    assert [deal["id"] for deal in json.loads(checked.stdout)["deals"]] == ["A1"]


def test_an_import_as_json(run: Run, folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "opportunities.csv").write_text(EXPORT, encoding="utf-8")
    words = ("--mapping", "mapping.yaml", "--into", "crm.db", "--rejects", "bad.csv", "--format", "json")
    document = json.loads(run("import", "opportunities.csv", *words).stdout)
    assert document["tables"] == {"deals": 1}
    assert document["files"][0]["rejected"] == 1
    assert document["rejects"] == "bad.csv"


def test_a_file_no_mapping_names_is_a_mistake(run: Run, folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "leads.csv").write_text(EXPORT, encoding="utf-8")
    result = run("import", "leads.csv", "--mapping", "mapping.yaml", "--into", "crm.db")
    assert result.exit_code == 2
    assert "unknown-file" in result.stdout


def test_a_broken_mapping_is_told_with_its_place(run: Run, folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING.replace("tables:", "tabels:"), encoding="utf-8")
    result = run("import", "crm/deals.csv", "--mapping", "mapping.yaml", "--into", "crm.db")
    assert result.exit_code == 2
    assert "mapping.yaml:5:1: unknown-key" in result.stderr
