"""How fast batches of a hundred HubSpot events are verified, and how fast they are stored, each by itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bench.service import told
from bench.service.serving import new_store
from connectors.events import Heard, Posted
from connectors.hubspot.events.listener import HubSpotListener
from connectors.hubspot.settings import EventSettings
from connectors.secret import Secret
from engine.ledger.events import accept
from engine.ledger.store import open_ledger

BATCHES, EVENTS = 200, 100

Given = TypeVar("Given")


def verified() -> float:
    """Give how many batches a second are held against their signature and read."""
    return BATCHES / _timed(_heard, _posted())


def stored(server: str) -> float:
    """Give how many batches a second are stored, a transaction each."""
    heard = _heard(_posted())
    with tempfile.TemporaryDirectory() as folder, open_ledger(new_store(Path(folder), server)) as ledger:

        def keep(batches: Sequence[Heard]) -> None:
            for each in batches:
                with ledger.writing() as connection:
                    accept(connection, "hub", each.events, datetime.now(UTC))

        return BATCHES / _timed(keep, heard)


def _posted() -> list[Posted]:
    bodies = [told.hubspot_batch(range(start, start + EVENTS)) for start in range(0, BATCHES * EVENTS, EVENTS)]
    headers = ({name.lower(): value for name, value in told.hubspot_headers(body).items()} for body in bodies)
    return [Posted("POST", told.TARGETS["hubspot"], each, body) for each, body in zip(headers, bodies, strict=True)]


def _heard(posted: Sequence[Posted]) -> list[Heard]:
    listener = HubSpotListener(EventSettings(told.APP, Secret(told.KEY), told.PUBLIC))
    return [listener.hear(each, datetime.now(UTC)) for each in posted]


def _timed(work: Callable[[Given], object], given: Given) -> float:
    begun = time.perf_counter()
    work(given)
    return time.perf_counter() - begun
