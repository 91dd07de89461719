"""What pushes news of saved records out of the org, in rounds that a test asks for or in a thread of its own."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

import requests

from tests.simulators.salesforce.table import Record

if TYPE_CHECKING:
    from tests.simulators.salesforce.server import SalesforceSimulator

PAUSE = 0.02
"""How long the thread rests between two rounds, in seconds."""


class Pushing:
    """Hears of every saved record of one object; as a context manager it pushes by itself."""

    def __init__(self, simulator: SalesforceSimulator, url: str, object_: str) -> None:
        self.simulator, self.url, self.object = simulator, url, object_
        self._transport = requests.Session()
        self._transport.trust_env = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        simulator.org.on_save.append(self._on_save)

    def deliver(self) -> int:
        """Push what is due once; give how many requests were sent."""
        raise NotImplementedError

    def note(self, row: Record) -> None:
        """Remember that a record was saved."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hear and push no longer."""
        self.simulator.org.on_save.remove(self._on_save)
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._transport.close()

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Post a body; give the status and what was answered, 0 where nobody did."""
        try:
            answer = self._transport.post(self.url, data=body, headers=headers, timeout=60, allow_redirects=False)
        except requests.exceptions.RequestException:
            return 0, b""
        return answer.status_code, answer.content

    def _on_save(self, object_: str, new: Record, _old: Record | None, _user: str) -> None:
        if object_ == self.object:
            self.note(new)

    def _go_on(self) -> None:
        while not self._stopping.wait(PAUSE):
            self.deliver()
