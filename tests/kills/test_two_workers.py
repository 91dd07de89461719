"""Two processes on PostgreSQL share bursts and sweeps; one of them is killed, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from engine.ledger.tables import run, sweep
from tests.kills.killing import Killing
from tests.kills.points import NAMED, SENDING, Point
from tests.kills.scene import Process, until

BURST = 150
"""How many deals change at once: more than one worker takes."""
BURSTS = 10
"""After how many bursts both must have worked, or one must have died."""
MANY = 2400
"""How many deals are more parts of a sweep than one process judges before another looks for work."""
AHEAD = timedelta(minutes=10)


def test_of_two_workers_that_share_bursts_one_may_die(killing: Any) -> None:
    with killing("salesforce", "postgresql") as scene, both(scene, SENDING) as worker:
        for _ in range(BURSTS):
            scene.change(BURST)
            scene.come_to_rest()
            if len(workers_of_runs(scene)) > 1:
                break
        assert len(workers_of_runs(scene)) == 2
        scene.scene.arm()
        for _ in range(BURSTS):
            scene.change(BURST)
            scene.come_to_rest()
            if worker.poll() is not None:
                break
        scene.died(worker, SENDING.says)
        assert scene.broken() == []


def test_of_two_workers_that_share_a_sweep_one_may_die(killing: Any) -> None:
    point = NAMED["parts are claimed"]
    at = datetime.now(UTC) + AHEAD
    with killing("salesforce", "postgresql", flagged=False, deals=MANY) as scene:
        scene.scene.configure(sweep={"at": f"{at:%H:%M}", "timezone": "UTC"})
        with both(scene, point) as worker:
            until(lambda: not states(scene, live=True), "yesterday's sweep has ended")
            scene.scene.arm()
            scene.change(BURST)
            for _ in range(4):
                scene.scene.pass_time()
            scene.died(worker, point.says)
            until(lambda: states(scene) == ["done", "done"], "the sweep ends")
            scene.come_to_rest()
        scene.scene.configure()
        assert scene.broken() == []


@contextmanager
def both(scene: Killing, point: Point) -> Iterator[Process]:
    """Run the service, and beside it a worker that dies at a point once it is armed."""
    running = scene.scene.running("worker", point=point.says, armed=False)
    with scene.scene.serving(armed=False), running as worker:
        until(lambda: "working on acme" in scene.scene.said(), "the worker works")
        yield worker


def workers_of_runs(scene: Killing) -> set[str]:
    """Name the processes that ended runs over deals that changed."""
    ended = select(run.c.worker).where(run.c.kind == "events", run.c.state == "done").distinct()
    with scene.ledger.reading() as connection:
        return {each.partition(":acme")[0] for each in connection.execute(ended).scalars()}


def states(scene: Killing, *, live: bool = False) -> list[str]:
    """Give the states of the sweeps, or of those that go on."""
    with scene.ledger.reading() as connection:
        found = list(connection.execute(select(sweep.c.state).order_by(sweep.c.id)).scalars())
    return [each for each in found if not live or each not in {"done", "refused", "failed"}]
