"""A simulated CRM as a process of its own, told what to do through its control address."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

import requests


class Simulated:
    """A context manager that starts the simulator of a kind with so many made-up deals, and ends it."""

    def __init__(self, kind: str, deals: int) -> None:
        self.kind = kind
        command = [sys.executable, "-m", f"tests.simulators.{kind}", "--deals", str(deals)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self._process.stdout is not None
        self.where: dict[str, str] = {"kind": kind} | json.loads(self._process.stdout.readline())

    def tell(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Have something done, in order; give how the simulator stands then."""
        session = requests.Session()
        session.trust_env, session.verify = False, self.where.get("ca_file") or True
        found: dict[str, Any] = session.post(self.where["control"], json=asked, timeout=600).json()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
