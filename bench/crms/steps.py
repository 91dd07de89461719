"""Runs a step of the worker in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Any]


def run_step(step: str, where: Mapping[str, str]) -> Figures:
    """Run a step against the simulated CRM at `where`, and give what it measured."""
    command = [sys.executable, "-m", "bench.crms.worker", step, json.dumps(where)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    found: Figures = json.loads(done.stdout)
    return found
