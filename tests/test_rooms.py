"""The folder list is the architecture: nothing stands beside the rooms, and nothing is called by what it is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = {
    "bench", "connectors", "console", "docs", "engine", "examples", "playbooks", "rules", "tests", "web",
    ".ci", ".dockerignore", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile", "README.md", "cli.py",
    "compose.yaml", "constraints.txt", "pyproject.toml",
}  # fmt: skip
NAMELESS = {"utils", "helpers", "common", "misc", "shared", "base_utils", "tools"}


def test_the_top_level_holds_the_rooms_and_nothing_else() -> None:
    assert {path.split("/")[0] for path in _tracked()} <= ROOMS


def test_no_file_is_a_drawer_for_whatever_fits_nowhere() -> None:
    assert [path for path in _tracked() if Path(path).stem in NAMELESS] == []


def test_every_source_file_stays_one_idea_long() -> None:
    sources = [path for path in _tracked() if path.endswith(".py") and not path.startswith(("tests/", "bench/"))]
    long = {path: lines for path in sources if (lines := (ROOT / path).read_text(encoding="utf-8").count("\n")) > 360}
    assert long == {}


def test_pinned_versions_name_no_place_to_fetch_them_from() -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("#") or ("==" in line and "://" not in line) for line in pinned)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]
