"""Posts events from several connections in bursts, as a process of its own: `python -m bench.service.posting PLAN`.

Prints `ready` once its requests are made, begins a burst at each line it reads, and prints the burst's figures.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.service.told import requests_of

OK = b"HTTP/1.1 200"


class Connection:
    """A connection that stays open, and does as little as it can."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, request: bytes) -> float:
        """Send a request and read its answer; gives the seconds that took."""
        begun = time.perf_counter()
        self._socket.sendall(request)
        answer = self._received(b"")
        while b"\r\n\r\n" not in answer:
            answer = self._received(answer)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body = self._received(body)
        took = time.perf_counter() - begun
        assert answer.startswith(OK), answer[:200]
        return took

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _received(self, before: bytes) -> bytes:
        piece = self._socket.recv(65_536)
        assert piece, "the service hung up"
        return before + piece


def posted(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    """Post requests one after another."""
    return [connection.post(each) for each in requests]


def main() -> None:
    """Make the requests, and post a burst at each line of stdin."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    host, port, connections = plan["host"], plan["port"], plan["connections"]
    opened = [Connection(host, port) for _ in range(connections)]
    made = [list(requests_of(plan["kind"], burst, plan["each"], f"{host}:{port}")) for burst in plan["bursts"]]
    print("ready", flush=True)
    with ThreadPoolExecutor(connections) as threads:
        for requests, _ in zip(made, sys.stdin, strict=False):
            shares = [requests[number::connections] for number in range(connections)]
            begun = time.perf_counter()
            took = [each for some in threads.map(posted, opened, shares) for each in some]
            print(json.dumps({"begun": begun, "ended": time.perf_counter(), "took": took}), flush=True)
    for each in opened:
        each.close()


if __name__ == "__main__":
    main()
