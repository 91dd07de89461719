"""A service that works on and on: steady events and repeated sweeps, and its memory and files are looked at."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from engine.ledger.store import open_ledger
from tests.kills.counted import Counts
from tests.kills.killing import Killing
from tests.kills.scene import Scene

DEALS, CHANGED, EVERY = 1_000, 10, 1.0
"""How many deals there are, and how many of them change, every so many seconds."""
SAMPLED, SWEPT = 10.0, 60.0
"""How often, in seconds, the process is looked at, and how often it is swept by hand beside it."""


@dataclass(frozen=True)
class Sample:
    """What the process held at a moment."""

    memory_mib: float
    files: int
    threads: int
    store_mib: float


@dataclass(frozen=True)
class Watched:
    """What a long run held, and what it did."""

    seconds: float
    samples: Sequence[Sample]
    sweeps: int
    counts: Counts
    broken: Sequence[str]

    def thirds(self, name: str) -> tuple[float, float]:
        """Give the means of the first and of the last third of the samples."""
        values = [getattr(each, name) for each in self.samples]
        third = max(1, len(values) // 3)
        return mean(values[:third]), mean(values[-third:])


def watched(seconds: float) -> Watched:
    """Let a service work for so long in HubSpot over SQLite, in real time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = folder / "dealgate.db"
        open_ledger(store).close()
        with open_ledger(store) as ledger, Scene(folder, "hubspot", str(store), deals=DEALS) as scene:
            killing = Killing(scene, ledger)
            with scene.serving() as process:
                samples, sweeps = _work(killing, process.pid, store, seconds)
                killing.come_to_rest()
            broken = killing.broken()
            return Watched(seconds, samples, sweeps, killing.counts, broken)


def _work(killing: Killing, process: int, store: Path, seconds: float) -> tuple[list[Sample], int]:
    samples, sweeps, begun = list[Sample](), 0, time.monotonic()
    sample_at, sweep_at = SAMPLED, SWEPT
    for number in range(int(seconds / EVERY)):
        time.sleep(max(0.0, begun + number * EVERY - time.monotonic()))
        killing.change(CHANGED)
        passed = time.monotonic() - begun
        if passed >= seconds:
            break
        if passed >= sample_at:
            samples.append(_sample(process, store))
            sample_at += SAMPLED
        if passed >= sweep_at:
            killing.sweep()
            sweeps += 1
            sweep_at += SWEPT
    return samples, sweeps


def _sample(process: int, store: Path) -> Sample:
    """Look at a process as the kernel tells of it, and at the files of the store."""
    folder = Path(f"/proc/{process}")
    fields = dict(line.split(":", 1) for line in (folder / "status").read_text(encoding="ascii").splitlines())
    files = sum(each.stat().st_size for each in store.parent.glob(f"{store.name}*"))
    return Sample(
        memory_mib=int(fields["VmRSS"].split()[0]) / 1024,
        files=len(list((folder / "fd").iterdir())),
        threads=int(fields["Threads"]),
        store_mib=files / 2**20,
    )
