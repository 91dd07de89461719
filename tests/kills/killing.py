"""Kills the service again and again in one scene, and lets it come to rest in the end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Sequence

from engine.ledger.store import Ledger
from tests.kills.afterwards import broken_promises, counted, is_quiet, kept
from tests.kills.counted import AT_RANDOM, Counts
from tests.kills.points import Point
from tests.kills.scene import LONGEST, Process, Scene, until

CHANGED = 20
"""How many deals change in a round."""
LATEST = 1.5
"""The latest random moment after deals changed, in seconds: most of them are written by then."""
FAULTS = ("drop_connection", "server_error")
MOST_LOST = 2
"""After how many kills without recovering deals are looked at together still."""
RESTED = 180.0
"""How long it may take to come to rest, in seconds."""
LEFT_ALONE = "is left alone"
PARTS = ("made", "completed", "flagged")


class Killing:
    """Rounds of one scene: deals change, the CRM tells of it, the service dies."""

    def __init__(self, scene: Scene, ledger: Ledger, *, flagged: bool = True) -> None:
        self.scene, self.ledger, self.counts = scene, ledger, Counts()
        self._since_rest = 0
        if flagged:
            self.sweep()
        scene.push()
        self._deals: Sequence[str] = sorted(scene.book()["deals"])

    def sweep(self) -> None:
        """Sweep by hand until that leaves nothing in doubt: afterwards every deal has its flags."""
        for _ in range(3):
            code = self.scene.run("sweep")
            if code == 0:
                return
            self.scene.pass_time()
        raise AssertionError(f"sweeps end with {code}\n{self.scene.said()[-6000:]}")

    def at(self, point: Point, *, fault: bool = False) -> None:
        """Let the service recover from the last kill, and die at a point once deals change."""
        nth = self.scene.random.randint(1, point.often)
        self._begin(fault=fault)
        with self.scene.serving(point.says, nth, armed=point.recovering) as process:
            if not point.recovering:
                self.come_to_rest()
                self.scene.arm()
            self.change()
            self.died(process, point.says)

    def at_random(self, *, fault: bool = False) -> None:
        """Kill the service at any moment after deals changed, mostly before the last kill is recovered from."""
        self._begin(fault=fault)
        with self.scene.serving() as process:
            if self._since_rest >= MOST_LOST:
                self.come_to_rest()
            self.change()
            time.sleep(self.scene.random.uniform(0, LATEST))
            process.kill()
            self.died(process, AT_RANDOM)

    def in_sweep(self, point: Point, *, fault: bool = False) -> None:
        """Let a sweep by hand die at a point, and another one go on with it."""
        self._begin(fault=fault)
        self.change()
        with self.scene.running("sweep", point=point.says, nth=self.scene.random.randint(1, point.often)) as process:
            self.died(process, point.says)
        self._since_rest = 0
        self.scene.pass_time()
        self.sweep()

    def rest(self) -> None:
        """Run the service until all is quiet."""
        self.scene.pass_time()
        with self.scene.serving():
            self.come_to_rest()

    def broken(self) -> list[str]:
        """Hold everything against what was promised, and that one more sweep finds nothing to do."""
        book, found = self.scene.book(), kept(self.ledger)
        self.counts.add(counted(book, found))
        broken = list(broken_promises(book, found))
        self.sweep()
        after, later = self.scene.book(), kept(self.ledger)
        broken += [f"a further sweep wrote: {part} {after[part]}" for part in PARTS if after[part] != book[part]]
        if later.last_finding != found.last_finding:
            broken.append("a further sweep found what had not been found")
        return broken

    def _begin(self, *, fault: bool) -> None:
        self.scene.pass_time()
        if fault:
            self.scene.tell(fault=[self.scene.random.choice(FAULTS), 1])
            self.counts.faults += 1

    def change(self, many: int = CHANGED) -> None:
        """Give some deals another amount."""
        self.scene.change(self._deals, many)

    def died(self, process: Process, says: str) -> None:
        try:
            code = process.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"this never came: {says}\n{self.scene.said()[-6000:]}") from None
        assert code == -signal.SIGKILL, self.scene.said()[-6000:]
        self.counts.kills[says] += 1
        self._since_rest += 1

    def come_to_rest(self) -> None:
        """Wait until all is quiet, letting time pass whenever that is what the service waits for."""
        end = time.monotonic() + RESTED
        while not self._rests():
            assert time.monotonic() < end, f"it does not come to rest: {kept(self.ledger)}\n{self.scene.said()[-6000:]}"
            self.scene.pass_time(100)
        self._since_rest = 0

    def come_to_pause(self) -> None:
        """Wait until the service leaves the CRM alone."""
        before = self.scene.said().count(LEFT_ALONE)
        until(lambda: self.scene.said().count(LEFT_ALONE) > before, "the CRM is left alone")

    def _rests(self) -> bool:
        try:
            until(lambda: is_quiet(self.scene, self.ledger), "it rests", 2.0)
        except AssertionError:
            return False
        return True
