"""Kills: every named point and random moments, in each CRM over each store, until there were as many as asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from bench.service.serving import new_store
from engine.ledger.store import open_ledger
from tests.kills.counted import Counts
from tests.kills.killing import Killing
from tests.kills.points import CALLS, EVENTS, RECOVERING, SENDING, SWEEPS
from tests.kills.scene import Scene

CRMS, AT_RANDOM = ("hubspot", "salesforce"), 8
"""How many kills at random moments a scene has."""
Say = Callable[[str], None]


def killed(kills: int, server: str, say: Say) -> tuple[Counts, list[str]]:
    """Kill so many times at least; gives what was counted, and what does not hold in words."""
    counts, broken = Counts(), list[str]()
    scenes = cycle([(crm, store) for store in ("", server) for crm in CRMS])
    for seed, (crm, store) in enumerate(scenes, start=1):
        say(f"kills in {crm}, on {'PostgreSQL' if store else 'SQLite'}: {counts.kills.total()} of {kills} so far")
        found, wrong = _scene(crm, store, seed)
        counts.add(found)
        broken += wrong
        if counts.kills.total() >= kills:
            return counts, broken
    raise AssertionError("scenes never end")


def _scene(crm: str, server: str, seed: int) -> tuple[Counts, list[str]]:
    """Die once at each point, every second time with a CRM that fails after it has committed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = new_store(folder, server)
        open_ledger(store).close()
        with open_ledger(store) as ledger, Scene(folder, crm, store, seed=seed) as scene:
            killing = Killing(scene, ledger)
            for nth, point in enumerate((*EVENTS, *CALLS), start=seed):
                killing.at(point, fault=nth % 2 == 0)
            for nth, point in enumerate(RECOVERING, start=seed):
                killing.at(SENDING)
                killing.at(point, fault=nth % 2 == 0)
            for nth in range(AT_RANDOM):
                killing.at_random(fault=(nth + seed) % 2 == 0)
            for nth, point in enumerate(SWEEPS, start=seed):
                killing.in_sweep(point, fault=nth % 2 == 0)
            killing.rest()
            broken = killing.broken()
            return killing.counts, broken
