"""A sweep by hand goes through the same steps; it refuses beside a living one and takes over a dead one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.protocol import CrmError
from engine.ledger import sweeps as rows
from engine.ledger.sweeps import Sweep, SweepState
from engine.runs import sweeps
from engine.runs.mistakes import Mistake
from engine.runs.sweep_by_hand import PATIENCE, SweepUnderWay, sweep_by_hand
from engine.runs.sweep_hand import asked_settings
from tests.engine.sweeps.conftest import DEALS, FREE, Killed, Scene, playbook_of
from tests.engine.sweeps.test_sweep_kills import POINTS, dying_at, kill, steps

MINUTE = timedelta(minutes=1)


def by_hand(
    scene: Scene, part: str = "hand", gone: tuple[str, ...] = (), *, as_of_asked: bool = False, **changed: Any
) -> Sweep:
    worker = scene.worker(part, gone)
    worker.patience = PATIENCE
    asked = asked_settings(scene.now, correct_moves=False, limits={**FREE, **changed})
    return sweep_by_hand(worker, asked, as_of_asked=as_of_asked, wait=lambda _: steps(worker))


def test_by_hand_it_goes_to_its_end(scene: Scene) -> None:
    ended = by_hand(scene)
    assert (ended.state, ended.slot) == (SweepState.DONE, f"by hand {scene.now.isoformat()}")
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


def test_beside_a_living_one_it_refuses_and_says_how_far_that_came(scene: Scene) -> None:
    scene.ask("2026-11-02")
    leader = scene.worker("one")
    for said in ("the CRM is being read", "0 of 12 deals are judged", "6 of 12 deals are judged"):
        reach(scene, leader, said)
        with pytest.raises(SweepUnderWay) as told:
            by_hand(scene)
        assert str(told.value).startswith(f"sweep `2026-11-02` of CRM `acme` is under way: {said}\n")
    assert scene.until_its_end(leader).state is SweepState.DONE
    assert by_hand(scene).state is SweepState.DONE


@pytest.mark.parametrize("point", ["in the middle of reading", "a part is judged, nothing is recorded"])
def test_a_dead_one_is_gone_on_with(scene: Scene, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    with monkeypatch.context() as patch:
        module, name, nth = POINTS[point]
        patch.setattr(module, name, dying_at(nth, getattr(module, name)))
        with pytest.raises(Killed):
            by_hand(scene, "one")
    scene.now += MINUTE
    ended = by_hand(scene, gone=("one",))
    assert (ended.state, len(scene.all())) == (SweepState.DONE, 1)
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


@pytest.mark.parametrize("how", ["other limits", "another moment", "other playbooks", "long after"])
def test_one_that_was_asked_otherwise_is_taken_back_and_the_new_one_begins(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    scene.ask(**asked_settings(scene.now, correct_moves=False, limits=FREE))
    kill(scene, monkeypatch, "a part is judged, nothing is recorded")
    scene.now += timedelta(hours=2) if how == "long after" else MINUTE
    if how == "other playbooks":
        scene.playbooks = (playbook_of(scene.playbooks[0].text.replace("version: 1", "version: 2")),)
    limits = {"blocked": 50.0} if how == "other limits" else {}
    ended = by_hand(scene, gone=("one",), as_of_asked=how == "another moment", **limits)
    assert [each.state.value for each in scene.all()] == ["done", "failed"]
    assert scene.all()[1].reason == "another one was asked for by hand"
    assert (ended.digest["totals"]["deals"], scene.tasks()) == (12, dict.fromkeys(DEALS, 1))


def test_what_passed_the_guard_is_written_before_another_one_begins(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.ask(**asked_settings(scene.now, correct_moves=False, limits=FREE))
    kill(scene, monkeypatch, "changes are claimed, nothing is sent")
    scene.now += 3 * MINUTE
    ended = by_hand(scene, gone=("one",), as_of_asked=True)
    assert [each.state.value for each in scene.all()] == ["done", "done"]
    assert ended.digest["outcomes"] == {}
    assert scene.tasks() == dict.fromkeys(DEALS, 1)


def test_where_the_crm_fails_what_was_done_is_kept_for_the_next_one(scene: Scene) -> None:
    def fails(_changes: Any) -> None:
        raise CrmError("the line is down")

    scene.faults.on_write = scene.faults.on_find = fails
    with pytest.raises(CrmError):
        by_hand(scene)
    left = scene.last()
    assert (left.state, left.worker, left.reason) == (SweepState.APPLYING, "", "the line is down")
    scene.faults.on_write = scene.faults.on_find = lambda _: None
    ended = by_hand(scene)
    assert (ended.state, len(scene.all()), scene.faults.reads) == (SweepState.DONE, 1, 1)


def test_who_interrupts_it_takes_back_what_was_judged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "conclude", interrupted)
        with pytest.raises(KeyboardInterrupt):
            by_hand(scene)
    assert (scene.last().state, scene.last().reason) == (SweepState.FAILED, "it was interrupted")
    assert scene.flagged() == {}
    assert by_hand(scene.later(MINUTE)).state is SweepState.DONE


def test_playbooks_that_tie_are_told_and_end_it(scene: Scene) -> None:
    other = playbook_of("playbook: other\nversion: 2\ntitle: Other\nstages: [{id: discovery, title: Discovery}]\n")
    scene.playbooks = (playbook_of(), other)
    with pytest.raises(Mistake, match="the same `priority`"):
        by_hand(scene)
    assert scene.last().state is SweepState.FAILED


def test_a_night_that_waits_is_begun_by_hand(scene: Scene) -> None:
    scene.ask("2026-11-02")
    ended = by_hand(scene)
    assert (ended.slot, ended.state) == ("2026-11-02", SweepState.DONE)


def reach(scene: Scene, leader: Any, said: str) -> None:
    """Have a leader come as far as that."""
    if said == "the CRM is being read":
        found = scene.live()
        assert found is not None
        with scene.ledger.writing() as connection:
            led = rows.lead(connection, found, leader.lease())
            assert led is not None
            rows.move_on(connection, led, leader.lease(), state="reading")
    elif said.startswith("0"):
        leader.step()
    else:
        leader.step()
        leader.step()
