"""How work stands is told from the store alone, while it goes on and after."""

from __future__ import annotations

from datetime import timedelta

from connectors.protocol import CrmError
from engine.ledger import due
from engine.ledger.lease import Lease
from engine.ledger.sweeps import SweepState
from engine.runs.status import status_of
from engine.runs.sweep_digest import digest_of
from tests.engine.sweeps.conftest import CRM, Scene
from tests.engine.sweeps.test_nightly import raising, through

MINUTE = timedelta(minutes=1)


def told(scene: Scene) -> list[str]:
    (found,) = status_of(scene.ledger, [CRM], scene.now, 3)
    return list(found.lines)


def test_a_store_that_knows_nothing_tells_nothing(scene: Scene) -> None:
    assert status_of(scene.ledger, [], scene.now, 3) == []
    assert told(scene) == ["no deal is due"]


def test_it_says_how_far_a_sweep_is_and_what_it_came_to(scene: Scene) -> None:
    scene.ask("2026-11-02")
    worker = scene.worker()
    seen = [told(scene)[-1]]
    while scene.live() is not None:
        worker.step()
        seen += [line for line in told(scene)[-1:] if line != seen[-1]]
    assert seen == [
        "sweep 2026-11-02: it is about to begin",
        *(f"sweep 2026-11-02: {judged} of 12 deals are judged" for judged in (0, 3, 6, 9, 12)),
        "sweep 2026-11-02: 12 deals are judged, and it is being written",
        f"sweep 2026-11-02: done at 2026-11-02 15:00 UTC: {'; '.join(digest_of(scene.last().digest).lines)}",
    ]
    (found,) = status_of(scene.ledger, [], scene.now, 3)
    document = found.to_json()
    assert (document["crm"], document["sweeps"][0]["state"]) == (CRM, "done")
    assert document["sweeps"][0]["digest"]["outcomes"] == {"done": 24}


def test_it_says_why_a_sweep_stopped_for_a_while_and_why_one_failed(scene: Scene) -> None:
    scene.faults.on_write = scene.faults.on_find = raising(CrmError("the line is down\nask again"))
    scene.ask("2026-11-02")
    through(scene, scene.nightly(), scene.now + MINUTE, MINUTE)
    assert scene.last().state is SweepState.APPLYING
    assert told(scene)[-2:] == [
        "changes on their way: 24 in doubt",
        "sweep 2026-11-02: 12 deals are judged, and it is being written; it stopped for a while: the line is down",
    ]
    through(scene, scene.nightly(part="two"), scene.now + timedelta(hours=14), timedelta(hours=1))
    assert told(scene)[-1] == "sweep 2026-11-02: failed at 2026-11-03 03:01 UTC: the line is down"


def test_it_counts_due_deals_and_names_those_set_aside(scene: Scene) -> None:
    with scene.ledger.writing() as connection:
        due.ask(connection, CRM, ["D-01", "D-02", "D-03"], scene.now)
        claimed = due.claim(connection, CRM, 1, Lease("w", scene.now, scene.now + MINUTE))
        due.fail(connection, claimed, "malformed id\nmore", lambda _nth: None, scene.now)
    assert told(scene) == [
        "deals to look at: 1 set aside, 2 waiting; the oldest waits since 2026-11-02 15:00 UTC",
        "deal D-01 is set aside after 1 attempts: malformed id",
    ]
