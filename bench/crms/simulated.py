"""Simulated CRMs as processes of their own, told what to do through their control address."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

import requests


class Simulated(ABC):
    """A context manager that starts a simulator with so many made-up deals, and ends it."""

    kind: ClassVar[str]

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", f"tests.simulators.{self.kind}", *words]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        assert self._process.stdout is not None
        self.where: dict[str, str] = {"kind": self.kind} | json.loads(self._process.stdout.readline())
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, self.where.get("ca_file") or True

    @abstractmethod
    def pass_time(self, **passed: float) -> None:
        """Let days, hours or seconds pass."""

    @abstractmethod
    def change(self, deals: int) -> None:
        """Change so many deals a little."""

    @property
    @abstractmethod
    def records(self) -> Mapping[str, int]:
        """How many records there are, by their object."""

    def tell(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Have something done, in order; give what the simulator says to it."""
        answer = self.session.post(self.where["control"], json=asked, timeout=900)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        self._process.terminate()
        self._process.communicate()
