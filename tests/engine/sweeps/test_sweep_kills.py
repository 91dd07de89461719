"""Whatever is killed when, others go on with the sweep from the store, and everything is judged and written once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.ledger import tables
from engine.ledger.sweeps import SweepState
from engine.runs import send, sweep_judging, sweep_leading, sweep_reading, sweep_writing, sweeps
from engine.runs import sweep_by_hand as by_hand
from engine.runs.sweep_by_hand import SweepUnderWay
from tests.engine.sweeps.conftest import DEALS, Killed, Scene

POINTS: dict[str, tuple[Any, str, int]] = {
    "before it is begun": (sweeps, "begin", 1),
    "begun, nothing is read": (sweeps, "read", 1),
    "in the middle of reading": (sweep_reading, "put_part", 3),
    "all is read, nobody is told": (sweep_reading, "context_to_bytes", 1),
    "a part is claimed": (sweeps, "judge_parts", 2),
    "a part is judged, nothing is recorded": (sweep_judging, "record_piece", 3),
    "a part is recorded, not committed": (sweep_judging, "finish_part", 3),
    "all is judged, nothing is concluded": (sweeps, "conclude", 1),
    "the guard let it pass, not committed": (sweep_leading, "set_state", 1),
    "changes are claimed, nothing is sent": (sweep_writing, "send", 1),
    "the CRM has written, no receipt is": (send, "_conclude", 1),
    "all is written, the run is not closed": (sweep_leading, "set_state", 2),
    "the run is closed, the CRM is not told": (sweep_leading, "_tell", 1),
    "the CRM is told, the sweep has not ended": (sweep_leading, "reasons_of", 1),
}

SILENT = ("in the middle of reading", "a part is judged, nothing is recorded", "the CRM has written, no receipt is")
"""Where a leader is killed of whom nobody knows that it is gone."""
RECORDED = (tables.finding, tables.deal_seen, tables.change, tables.verdict)


@pytest.mark.parametrize("point", [*POINTS, *(f"{each}, its lease ends" for each in SILENT)])
def test_another_goes_on_from_where_a_leader_was_killed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    scene.ask()
    kill(scene, monkeypatch, point.removesuffix(", its lease ends"))
    known = point in POINTS
    if not known:
        scene.now += timedelta(minutes=11)
    ended = scene.until_its_end(scene.worker("two", gone=["one"] if known else []))
    assert ended.state is SweepState.DONE
    assert scene.flagged() == dict.fromkeys(DEALS, "not yet")
    assert scene.tasks() == dict.fromkeys(DEALS, 1)
    assert ended.digest["totals"]["deals"] == len(DEALS)
    assert (scene.faults.told >= 1, len(scene.all())) == (True, 1)


@pytest.mark.parametrize("point", ["a part is judged, nothing is recorded", "changes are claimed, nothing is sent"])
def test_what_a_helper_was_killed_at_its_leader_takes_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    scene.ask()
    leader = scene.worker("leader", gone=["one"])
    while scene.last().state is SweepState.WAITING:
        leader.step()
    if "sent" in point:
        while scene.last().state is not SweepState.APPLYING:
            leader.step()
    module, name, _ = POINTS[point]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, dying_at(1, getattr(module, name)))
        with pytest.raises(Killed):
            scene.worker("one").step()
    assert scene.until_its_end(leader).state is SweepState.DONE
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


def test_parts_that_were_judged_are_not_judged_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask()
    kill(scene, monkeypatch, "a part is judged, nothing is recorded")
    judged: list[int] = []
    original = sweep_judging.record_part

    def recording(hand: Any, part: Any, *rest: Any) -> bool:
        judged.append(part.number)
        return original(hand, part, *rest)

    monkeypatch.setattr(sweep_judging, "record_part", recording)
    scene.until_its_end(scene.worker("two", gone=["one"]))
    assert (judged, scene.faults.reads) == ([2, 3], 1)


def test_a_living_leader_is_left_alone(scene: Scene) -> None:
    scene.ask()
    scene.worker("one").step()
    scene.now += timedelta(minutes=9)
    other = scene.worker("two")
    while other.step():
        pass
    found = scene.last()
    assert (found.state, found.worker.endswith(":one")) == (SweepState.JUDGING, True)
    with pytest.raises(SweepUnderWay, match="12 of 12 deals are judged"):
        raise SweepUnderWay(found, by_hand.progress(other, found))


def test_a_sweep_that_kills_every_leader_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ask()
    for number in range(5):
        name = "one" if number == 0 else f"next-{number}"
        kill_in_reading(scene, monkeypatch, name, [f"next-{number - 1}", "one"])
        if scene.live() is None:
            break
    ended = scene.last()
    assert (ended.state, ended.reason) == (SweepState.FAILED, sweeps.LOST)
    assert scene.flagged() == {}


def test_a_part_that_kills_every_worker_ends_the_sweep_and_what_was_recorded_is_taken_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.ask()
    leader = scene.worker("leader", gone=["one"])
    leader.step()
    with monkeypatch.context() as patch:
        patch.setattr(sweep_judging, "record_part", dying_on_part(2))
        for _ in range(3):
            with pytest.raises(Killed):
                steps(scene.worker("one", gone=["one"]))
    ended = scene.until_its_end(leader)
    assert (ended.state, ended.reason) == (SweepState.FAILED, "whoever judged a part of it was lost, again and again")
    assert (scene.flagged(), scene.faults.written) == ({}, [])
    with scene.ledger.reading() as connection:
        assert [connection.execute(select(func.count()).select_from(each)).scalar_one() for each in RECORDED] == [0] * 4


def kill(scene: Scene, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Have the worker `one` go on with the sweep until it is killed there."""
    module, name, nth = POINTS[point]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, dying_at(nth, getattr(module, name)))
        with pytest.raises(Killed):
            steps(scene.worker("one"))


def kill_in_reading(scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str, gone: list[str]) -> None:
    worker = scene.worker(name, gone=gone)
    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "read", dying_at(1, sweeps.read))
        try:
            worker.step()
        except Killed:
            return


def steps(worker: Any) -> None:
    for _ in range(20):
        worker.step()


def dying_at(nth: int, original: Callable[..., Any]) -> Callable[..., Any]:
    calls: list[int] = []

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == nth:
            raise Killed
        return original(*args, **kwargs)

    return dying


def dying_on_part(number: int) -> Callable[..., Any]:
    original = sweep_judging.record_part

    def dying(hand: Any, part: Any, *rest: Any) -> bool:
        if part.number == number:
            raise Killed
        return original(hand, part, *rest)

    return dying
