"""Tells at the end how much the evaluators were held against each other."""

from __future__ import annotations

import pytest

from tests.reference.counted import COUNTED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTED.pairs:
        terminalreporter.write_line(COUNTED.words)
