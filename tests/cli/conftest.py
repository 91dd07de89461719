"""Fixtures of the command line's tests: a folder with a small pipeline, its playbook and configuration."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.app import app

AS_OF = "2026-11-02T15:00:00Z"

DATA = Path(__file__).parent / "data"
PLAYBOOK = (DATA / "small.yaml").read_text(encoding="utf-8")
CASES = (DATA / "small.cases.yaml").read_text(encoding="utf-8")
CONFIG = (DATA / "dealgate.yaml").read_text(encoding="utf-8")
DEALS = (DATA / "crm" / "deals.csv").read_text(encoding="utf-8")

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured folder, and the present one."""
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run `dealgate` with these words."""
    runner = CliRunner()

    def running(*words: str, typed: str = "") -> Result:
        return runner.invoke(app, list(words), input=typed)

    return running


@pytest.fixture
def judged(run: Run, folder: Path) -> Callable[..., Result]:
    """Run a command in the folder, as of the moment the tests are written for."""
    assert folder.is_dir()

    def running(command: str, *words: str) -> Result:
        return run(command, "--as-of", AS_OF, *words)

    return running


def lines_of(result: Result) -> Sequence[str]:
    """Give what was printed, line by line, without space at the ends."""
    return [line.rstrip() for line in result.stdout.splitlines()]
