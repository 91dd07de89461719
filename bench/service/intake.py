"""How fast the service takes events: bursts from several processes with several connections each.

The CRMs are away meanwhile, so that the deals that fall due are left alone and nothing but intake is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from bench.service import told
from bench.service.serving import new_store, serving
from bench.service.spread import at
from engine.ledger.store import open_ledger
from engine.ledger.tables import event

EVENTS, BURSTS, PROCESSES, CONNECTIONS = 10_000, 10, 2, 5
BETWEEN = 0.2
"""Seconds between two bursts."""
PACE, EVERY, PACED = 500, 0.5, 10
"""How many events a second come afterwards, in how many bursts, one in so many seconds."""
SIZES = [EVENTS // BURSTS] * BURSTS + [int(PACE * EVERY)] * PACED
TOLD = sum(SIZES)
NOWHERE = "127.0.0.1:9"
CRMS = f"""\
  acme:
    type: salesforce
    url: https://{NOWHERE}
    sign_in: session
    session_id: "${{SESSION}}"
    events: {{organization: {told.ORGANIZATION}, path_secret: "${{END}}", callout_secret: "${{KEY}}"}}
  hub:
    type: hubspot
    url: https://{NOWHERE}
    sign_in: token
    token: "${{SESSION}}"
    events: {{app_id: {told.APP}, client_secret: "${{KEY}}", public_url: "{told.PUBLIC}"}}
"""
SECRETS = {"SESSION": "nobody-is-there", "END": told.END, "KEY": told.KEY}


@dataclass(frozen=True)
class Taken:
    """How events were taken, and how long answers took, in milliseconds.

    `events_a_second`, `median` and the 99th percentile `slowest` are of as many as the service takes, `paced` is the
    99th percentile where `PACE` events come a second.
    """

    kind: str
    each: int
    store: str
    events_a_second: float
    median: float
    slowest: float
    paced: float


def taken(kind: str, each: int, server: str) -> Taken:
    """Post the events of one kind, so many a request; `server` is where PostgreSQL listens, "" stands for SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        store = new_store(Path(folder), server)
        with serving(Path(folder), store, CRMS, SECRETS) as url, _clients(kind, each, url) as clients:
            bursts = [_burst(clients, BETWEEN) for _ in range(BURSTS)]
            paced = [_burst(clients, 0, begins) for begins in _moments()]
        with open_ledger(store) as ledger, ledger.reading() as connection:
            kept = connection.execute(select(func.count()).select_from(event)).scalar_one()
    assert kept == TOLD, f"{kept} of {TOLD} events were kept"
    took, later = (sorted(each for burst in some for client in burst for each in client["took"])
                   for some in (bursts, paced))  # fmt: skip
    busy = sum(max(each["ended"] for each in burst) - min(each["begun"] for each in burst) for burst in bursts)
    named = "PostgreSQL" if server else "SQLite"
    median, slowest, slowest_paced = at(took, 0.5), at(took, 0.99), at(later, 0.99)
    return Taken(kind, each, named, EVENTS / busy, median * 1000, slowest * 1000, slowest_paced * 1000)


def _moments() -> Iterator[float]:
    """Yield when each paced burst begins."""
    begun = time.monotonic()
    yield from (begun + number * EVERY for number in range(PACED))


@contextmanager
def _clients(kind: str, each: int, url: str) -> Iterator[list[subprocess.Popen[str]]]:
    address = urlsplit(url)
    with ExitStack() as running:
        clients = []
        for number in range(PROCESSES):
            parts = list(_parts(number))
            plan = {"host": address.hostname, "port": address.port, "kind": kind, "each": each,
                    "connections": CONNECTIONS, "bursts": parts}  # fmt: skip
            words = [sys.executable, "-m", "bench.service.posting", json.dumps(plan)]
            client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
            running.enter_context(client)
            clients.append(client)
        for client in clients:
            assert client.stdout is not None
            assert client.stdout.readline() == "ready\n"
        yield clients


def _parts(process: int) -> Iterator[list[int]]:
    """Yield the numbers of the events that a process tells in each burst."""
    begins = 0
    for size in SIZES:
        yield list(range(begins + process, begins + size, PROCESSES))
        begins += size


def _burst(clients: list[subprocess.Popen[str]], pause: float, begins: float = 0.0) -> list[dict[str, Any]]:
    time.sleep(max(0.0, begins - time.monotonic()))
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("\n")
        client.stdin.flush()
    found = [json.loads(client.stdout.readline()) for client in clients if client.stdout is not None]
    time.sleep(pause)
    return found
