"""What tests of every room share: golden files, and one option that renews them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file beside the test, or renew the file."""
    folder = Path(str(request.node.path)).parent

    def compare(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--renew-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest with --renew-golden, and read what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of real pipelines, which is no part of the project; skip where it is not there."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DEALGATE_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"the real pipelines are not at `{folder}`; DEALGATE_SHARED_DATA names another folder")
    return folder


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Give the folder of recorded answers of real CRMs, which is no part of the project; skip where it is not there."""
    beside = Path(__file__).parents[2] / "shared" / "recordings"
    folder = Path(os.environ.get("DEALGATE_RECORDINGS") or beside)
    if not folder.is_dir():
        pytest.skip(f"the recorded answers are not at `{folder}`; DEALGATE_RECORDINGS names another folder")
    return folder
