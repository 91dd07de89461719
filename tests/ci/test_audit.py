"""The audit fails on what a newer version mends, tells the rest, and fails nothing where no database answers."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).parents[2] / ".ci" / "audit.py"
FINE = {"name": "rich", "version": "15.0.0", "vulns": []}
MENDED = {"name": "zeep", "version": "4.3.3", "vulns": [{"id": "PYSEC-1", "fix_versions": ["4.3.4", "4.4"]}]}
OPEN = {"name": "six", "version": "1.17.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNKNOWN = {"name": "ours", "skip_reason": "not found"}
Database = Callable[[Path, str], Sequence[Mapping[str, Any]]]
Saying = Callable[[Database], tuple[int, list[str]]]


@pytest.fixture
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def saying(audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Saying:
    """Audit by what a database says, and give the exit code and what is told."""

    def say(database: Database) -> tuple[int, list[str]]:
        monkeypatch.setattr(audit, "_audit", database)
        return audit.main(), capsys.readouterr().out.splitlines()

    return say


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([FINE], 0, ["audit: 1 packages looked at, 0 not known to the database"]),
        ([MENDED, FINE], 1, ["zeep 4.3.3: PYSEC-1, mended by 4.3.4, 4.4",
                               "audit: 2 packages looked at, 0 not known to the database"]),
        ([OPEN, UNKNOWN], 0, ["six 1.17.0: PYSEC-2, mended by no version yet",
                                "audit: 1 packages looked at, 1 not known to the database"]),
    ],
)  # fmt: skip
def test_what_a_newer_version_mends_fails_and_the_rest_is_told(
    audit: ModuleType, saying: Saying, packages: Sequence[Mapping[str, Any]], code: int, said: list[str]
) -> None:
    assert saying(lambda pins, _service: packages if pins == audit.PINS else [FINE]) == (code, said)


def test_a_database_that_does_not_know_the_first_package_is_none(audit: ModuleType, saying: Saying) -> None:
    assert saying(lambda _pins, _service: [UNKNOWN]) == (0, [audit.SKIPPED])


def test_without_the_tool_or_a_network_it_is_skipped_in_one_line() -> None:
    away = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
    ended = subprocess.run(  # noqa: S603 - our own
        [sys.executable, str(FILE)], env=away, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("audit skipped: ")
    assert ended.stdout.count("\n") == 1
