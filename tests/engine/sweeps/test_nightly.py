"""A night is swept once, whoever looks and however clocks run; what fails is left alone and gone on with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.protocol import CrmError, CrmLimitError, WriteStopped
from engine.ledger import due
from engine.ledger.sweeps import SweepState
from engine.runs import sweeps
from engine.runs.schedule import Schedule
from tests.engine.sweeps.conftest import CRM, DEALS, Scene, playbook_of

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTLY = Schedule(time(2), (0, 1, 2, 3, 4, 5, 6), BERLIN)
HALF_PAST = Schedule(time(2, 30), (0, 1, 2, 3, 4, 5, 6), BERLIN)
MINUTE = timedelta(minutes=1)
NIGHT = datetime(2026, 11, 3, 1, tzinfo=UTC)


def through(scene: Scene, nightly: Any, until: datetime, step: timedelta = 20 * MINUTE) -> None:
    """Let time pass, and the service work whenever there is something to do."""
    while scene.now < until:
        while nightly.round():
            pass
        scene.now += step


def nights(scene: Scene) -> list[tuple[str, str]]:
    return [(each.slot, each.state.value) for each in reversed(scene.all())]


def test_every_night_is_swept_once(scene: Scene) -> None:
    scene.now = NIGHT - MINUTE
    nightly = scene.nightly(NIGHTLY)
    assert nightly.round() == 1
    through(scene, nightly, NIGHT + timedelta(days=3, hours=-1))
    assert nights(scene) == [(f"2026-11-{day:02}", "done") for day in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("start", "night"),
    [(datetime(2027, 3, 27, 12, tzinfo=UTC), "2027-03-28"), (datetime(2027, 10, 30, 12, tzinfo=UTC), "2027-10-31")],
    ids=["clocks go forward", "clocks go back"],
)
def test_a_night_on_which_clocks_change_is_swept_once(scene: Scene, start: datetime, night: str) -> None:
    scene.now = start
    through(scene, scene.nightly(HALF_PAST), start + timedelta(days=1))
    assert [slot for slot, _ in nights(scene)].count(night) == 1


def test_a_missed_night_is_caught_up_once_and_those_before_it_are_not(scene: Scene) -> None:
    scene.now = NIGHT + timedelta(days=4, hours=9)
    through(scene, scene.nightly(NIGHTLY), scene.now + timedelta(hours=2))
    assert nights(scene) == [("2026-11-07", "done")]


def test_a_clock_that_goes_back_repeats_no_night(scene: Scene) -> None:
    scene.now = NIGHT + MINUTE
    through(scene, scene.nightly(NIGHTLY), NIGHT + 30 * MINUTE)
    for back in (timedelta(hours=2), timedelta(days=1), timedelta(days=7)):
        scene.now = NIGHT - back
        through(scene, scene.nightly(NIGHTLY, "restarted"), scene.now + timedelta(hours=3))
    assert nights(scene) == [("2026-11-03", "done")]


def test_any_number_of_processes_ask_for_a_night_once(scene: Scene) -> None:
    scene.now = NIGHT
    start = Barrier(4)

    def working(part: str) -> None:
        nightly = scene.nightly(NIGHTLY, part)
        start.wait()
        nightly._ask()  # noqa: SLF001 - what all of them do at the same moment

    threads = [Thread(target=working, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert nights(scene) == [("2026-11-03", "waiting")]


def test_a_night_waits_for_a_sweep_that_goes_on_still(scene: Scene) -> None:
    scene.now = NIGHT - MINUTE
    scene.ask("by hand 1")
    leader = scene.worker("by-hand")
    leader.step()
    scene.now = NIGHT
    nightly = scene.nightly(NIGHTLY)
    nightly.round()
    assert [slot for slot, _ in nights(scene)] == ["by hand 1"]
    scene.until_its_end(leader, nightly.sweeps)
    through(scene, nightly, NIGHT + 30 * MINUTE)
    assert nights(scene) == [("by hand 1", "done"), ("2026-11-03", "done")]


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (CrmLimitError("no more calls today"), 15 * MINUTE),
        (WriteStopped("no more calls today", ()), timedelta(seconds=30)),
        (CrmError("the line is down"), timedelta(seconds=30)),
    ],
)
def test_a_crm_that_takes_no_writes_is_left_alone_and_the_sweep_keeps_its_place(
    scene: Scene, error: Exception, pause: timedelta
) -> None:
    scene.faults.on_write = raising(error)
    scene.ask()
    nightly = scene.nightly()
    through(scene, nightly, scene.now + MINUTE, MINUTE)
    found = scene.last()
    assert (found.state, found.reason) == (SweepState.APPLYING, str(error))
    assert found.ready_at == scene.now - MINUTE + pause
    others = scene.nightly(part="two")
    scene.faults.on_write = lambda _changes: None
    through(scene, others, scene.now + 20 * MINUTE, MINUTE)
    assert (scene.last().state, scene.faults.reads) == (SweepState.DONE, 1)
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


def test_a_crm_that_cannot_be_read_for_hours_is_read_when_it_is_back(scene: Scene) -> None:
    scene.now = NIGHT
    scene.faults.on_read = raising(CrmError("the line is down"))
    nightly = scene.nightly(NIGHTLY)
    through(scene, nightly, NIGHT + timedelta(hours=5), 10 * MINUTE)
    assert nights(scene) == [("2026-11-03", "reading")]
    assert scene.faults.reads < 40
    scene.faults.on_read = lambda _ids: None
    through(scene, nightly, scene.now + 30 * MINUTE)
    assert nights(scene) == [("2026-11-03", "done")]
    assert scene.last().digest["as_of"] > "2026-11-03T05:5"


def test_what_nobody_could_finish_is_given_up_and_the_next_night_begins_anew(scene: Scene) -> None:
    scene.now = NIGHT
    scene.faults.on_write = scene.faults.on_find = raising(CrmError("the line is down"))
    nightly = scene.nightly(NIGHTLY)
    through(scene, nightly, NIGHT + timedelta(hours=13))
    assert nights(scene) == [("2026-11-03", "failed")]
    assert scene.last().reason == "the line is down"
    scene.faults.on_write = scene.faults.on_find = lambda _changes: None
    through(scene, nightly, NIGHT + timedelta(hours=25))
    assert nights(scene)[-1] == ("2026-11-04", "done")
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


def test_deals_whose_changes_never_arrived_are_judged_again(scene: Scene) -> None:
    scene.faults.on_write = raising(CrmError("the line is down"))
    scene.ask()
    through(scene, scene.nightly(), scene.now + 10 * MINUTE, MINUTE)
    assert (scene.last().state, scene.last().digest["outcomes"]) == (SweepState.DONE, {"refused": 24})
    with scene.ledger.reading() as connection:
        assert due.waiting(connection, CRM) == len(DEALS)


def test_an_engine_that_fails_again_and_again_ends_the_sweep_and_not_the_service(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweeps, "judge_parts", raising(RuntimeError("a bug")))
    scene.ask()
    with caplog.at_level(logging.CRITICAL):
        through(scene, scene.nightly(), scene.now + 10 * MINUTE, MINUTE)
    ended = scene.last()
    assert (ended.state, ended.reason) == (SweepState.FAILED, "the engine failed: a bug")


def test_playbooks_that_tie_end_it_with_the_reason(scene: Scene) -> None:
    other = playbook_of("playbook: other\nversion: 2\ntitle: Other\nstages: [{id: discovery, title: Discovery}]\n")
    scene.playbooks = (playbook_of(), other)
    scene.ask()
    through(scene, scene.nightly(), scene.now + MINUTE, MINUTE)
    assert scene.last().state is SweepState.FAILED
    assert "the same `priority`" in scene.last().reason


def test_a_process_that_shall_end_leaves_reading_to_others_at_once(scene: Scene) -> None:
    scene.ask()
    read: list[int] = []
    scene.faults.on_read = lambda _ids: read.append(1)
    nightly = scene.nightly(ending=lambda: len(read) > 1)
    assert nightly.round() == 0
    assert (scene.last().state, scene.last().worker) == (SweepState.READING, "")
    scene.until_its_end(scene.worker("two"))
    assert scene.last().state is SweepState.DONE


def raising(error: Exception) -> Callable[..., Any]:
    def fault(*_: Any) -> Any:
        raise error

    return fault
