"""A CRM, a store and `dealgate`, each a process of its own, and a clock that all of them go by."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
import yaml

from tests.kills.dying import CLOCK, TRAP

Process = subprocess.Popen[str]

ROOT = Path(__file__).parent.parent.parent
DEALS = 300
SETTLED = 200.0
"""Seconds that let a CRM show what was in doubt: more than its settle time, less than a signature is believed."""
LONGEST = 60.0
"""How long is waited for anything at all, in seconds of this machine's clock."""
PLAYBOOK = Path(__file__).with_name("playbook.yaml")
MOST = 10
"""The amount beyond which no points are earned: up to there a deal's score tells its amount."""


def score_of(amount: float) -> float:
    """Give the score, in percent, of a deal of an amount."""
    return min(int(amount), MOST) * 100 / MOST


@dataclass
class Scene:
    """A context manager: the simulated CRM runs as long as it is open."""

    folder: Path
    kind: str
    store: str
    seed: int = 1
    deals: int = DEALS
    where: Mapping[str, Any] = field(init=False)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.kills.crm", self.kind, str(self.deals), str(self.seed)]
        self._crm = subprocess.Popen(  # noqa: S603 - our own
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._crm.stdout is not None
        self.where = json.loads(self._crm.stdout.readline())
        self._session = requests.Session()
        self._session.trust_env, self._session.verify = False, self.where.get("ca_file") or True
        self.random = random.Random(self.seed)  # noqa: S311 - it draws moments
        self.port = _free_port()
        self.clock.write_text("0", encoding="ascii")
        shutil.copy(PLAYBOOK, self.folder)
        self.configure()
        self._next = self._started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        self._next.communicate(timeout=LONGEST)
        self._crm.communicate("", timeout=LONGEST)

    @property
    def clock(self) -> Path:
        """The file that says how far ahead everybody's clock is."""
        return self.folder / CLOCK

    @property
    def log(self) -> Path:
        """The file of what all processes of `dealgate` said."""
        return self.folder / "log"

    def configure(self, **about: Any) -> None:
        """Write `dealgate.yaml`, with what else is to be said about the CRM."""
        limits = dict.fromkeys(("blocked", "completed", "moves"), 100) | {"tasks": 100, "tasks-per-owner": 10_000}
        config = {"crms": {"acme": {**self.where["settings"], **about}}, "crm": "acme", "playbooks": [PLAYBOOK.name],
                  "store": self.store, "limits": limits}  # fmt: skip
        (self.folder / "dealgate.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def book(self) -> dict[str, Any]:
        """Give what stands in the CRM's book, and its open deals."""
        found: dict[str, Any] = self._session.get(f"{self.where['url']}/_book", timeout=LONGEST).json()
        return found

    def tell(self, **asked: Any) -> dict[str, Any]:
        """Have something done in the CRM."""
        answer = self._session.post(f"{self.where['url']}/_book", json=asked, timeout=LONGEST)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def push(self) -> None:
        """Let the CRM tell the service of what changes from now on."""
        self.tell(push=f"http://127.0.0.1:{self.port}")

    def change(self, deals: Sequence[str], many: int) -> None:
        """Give some deals another amount."""
        some = self.random.sample(list(deals), many)
        self.tell(amounts={each: self.random.randint(1, MOST) for each in some})

    def pass_time(self, seconds: float = SETTLED) -> None:
        """Let time pass for everybody."""
        self.tell(advance=seconds)
        self.turn_clock(seconds)

    def turn_clock(self, seconds: float) -> None:
        """Turn the clock of this machine on, or back, and no other."""
        ahead = float(self.clock.read_text(encoding="ascii")) + seconds
        new = self.clock.with_suffix(".new")
        new.write_text(str(ahead), encoding="ascii")
        new.replace(self.clock)

    def said(self) -> str:
        """Give what all processes of `dealgate` said."""
        return self.log.read_text(encoding="utf-8")

    def arm(self) -> None:
        """Let the trap of the running process count from now on."""
        self._trap.touch()

    @contextmanager
    def running(self, *words: str, point: str = "", nth: int = 1, armed: bool = True) -> Iterator[Process]:
        """Run a command, which dies at the nth time a point is reached; it is killed at the end if it still runs."""
        process, self._next = self._next, self._started()
        if armed:
            self.arm()
        else:
            self._trap.unlink(missing_ok=True)
        assert process.stdin is not None
        with process:
            try:
                process.stdin.write(json.dumps({"words": words, "point": point, "nth": nth}) + "\n")
                process.stdin.flush()
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    @contextmanager
    def serving(self, point: str = "", nth: int = 1, *, armed: bool = True) -> Iterator[Process]:
        """Run the service until it listens, or died before."""
        with self.running("serve", "--port", str(self.port), point=point, nth=nth, armed=armed) as process:
            until(lambda: process.poll() is not None or _listens(self.port), "the service listens")
            assert process.poll() in {None, -signal.SIGKILL}, self.said()[-4000:]
            yield process

    def run(self, *words: str, point: str = "", nth: int = 1) -> int:
        """Run a command to its end, and give its exit code."""
        with self.running(*words, point=point, nth=nth) as process:
            return process.wait(timeout=LONGEST)

    @property
    def _trap(self) -> Path:
        return self.folder / TRAP

    def _started(self) -> Process:
        """Start what will be the next process, so that it is ready when it is asked for."""
        surroundings = {**os.environ, **self.where["secrets"], "PYTHONPATH": str(ROOT), "NO_COLOR": "1",
                        "NO_PROXY": "localhost,127.0.0.1"}  # fmt: skip
        command = [sys.executable, "-m", "tests.kills.dying", str(self.folder)]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own
                command, cwd=self.folder, env=surroundings, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True
            )


def until(true: Callable[[], bool], what: str, seconds: float = LONGEST) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"this did not happen in time: {what}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        return int(any_free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0
