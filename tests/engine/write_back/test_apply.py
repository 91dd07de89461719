"""What a run writes, and what it leaves as a person left it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.protocol import CrmError
from engine.ledger.store import open_ledger
from rules.playbook import TaskSpec


def test_a_first_run_writes_flags_and_a_task_and_the_second_writes_nothing(desk: Any, make: Any) -> None:
    verdict = make.verdict(make.finding())
    first = desk.apply(verdict)
    second = desk.later(hours=24).apply(verdict)
    assert first.outcomes == {"done": 2}
    assert desk.crm.flags["D-1"].status == "not yet"
    assert [(task.key, task.due, task.owner_id) for task in desk.crm.tasks] == [
        ("dealgate:D-1:pain:2026-11-02", date(2026, 11, 4), "ann")
    ]
    assert (second.outcomes, len(desk.crm.calls)) == ({}, 1)
    assert second.words == "nothing to write: the CRM already shows what was found on 1 deals"


def test_a_task_is_due_counted_from_the_day_its_finding_opened(desk: Any, make: Any) -> None:
    finding = make.finding(task=None)
    desk.apply(make.verdict(finding))
    desk.later(days=7).apply(make.verdict(make.finding()))
    assert desk.crm.tasks[0].due == date(2026, 11, 4)


def test_a_task_is_completed_when_its_finding_clears_and_a_new_opening_makes_a_new_task(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict())
    assert [task.status for task in desk.crm.tasks] == ["completed"]
    desk.later(days=1).apply(make.verdict(make.finding()))
    assert [(task.key, task.status) for task in desk.crm.tasks] == [
        ("dealgate:D-1:pain:2026-11-02", "completed"),
        ("dealgate:D-1:pain:2026-11-04", "open"),
    ]


def test_a_finding_that_comes_back_on_its_day_gets_a_task_of_its_own(desk: Any, make: Any) -> None:
    for found in ([make.finding()], [], [make.finding()], [], [make.finding()]):
        desk.later(hours=1).apply(make.verdict(*found))
    assert [(task.key, task.status) for task in desk.crm.tasks] == [
        ("dealgate:D-1:pain:2026-11-02", "completed"),
        ("dealgate:D-1:pain:2026-11-02:2", "completed"),
        ("dealgate:D-1:pain:2026-11-02:3", "open"),
    ]
    assert desk.later(hours=1).apply(make.verdict(make.finding())).outcomes == {}


def test_tasks_that_a_lost_store_made_are_found_again_in_the_crm(desk: Any, make: Any, tmp_path: Path) -> None:
    desk.apply(make.verdict(make.finding()))
    with open_ledger(tmp_path / "new.db") as new:
        desk.ledger = new
        for _ in range(2):
            desk.later(days=1).apply(make.verdict(make.finding()))
        assert [(task.key, task.status) for task in desk.crm.tasks] == [("dealgate:D-1:pain:2026-11-02", "open")]
        desk.later(days=1).apply(make.verdict())
        desk.later(days=1).apply(make.verdict(make.finding()))
    assert [(task.key, task.status) for task in desk.crm.tasks] == [
        ("dealgate:D-1:pain:2026-11-02", "completed"),
        ("dealgate:D-1:pain:2026-11-06", "open"),
    ]


@pytest.mark.parametrize(
    "touched", [{"status": "completed"}, {"due": date(2026, 12, 1)}, {"title": "Ask Bob"}, {"owner_id": "bob"}]
)
def test_a_task_a_person_changed_stays_as_they_left_it(desk: Any, make: Any, touched: dict[str, Any]) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.crm.change_task("dealgate:D-1:pain:2026-11-02", **touched)
    left = list(desk.crm.tasks)
    desk.later(days=1).apply(make.verdict(make.finding(task=TaskSpec("Fill in pain, now")), owner_id="eve"))
    assert desk.crm.tasks == left


def test_a_task_a_person_deleted_is_not_made_again(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.crm.tasks = []
    desk.later(days=1).apply(make.verdict(make.finding()))
    assert desk.crm.tasks == []


def test_a_task_a_person_postponed_is_completed_when_its_finding_clears(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.crm.change_task("dealgate:D-1:pain:2026-11-02", due=date(2026, 12, 1))
    desk.later(days=1).apply(make.verdict())
    assert [(task.status, task.due) for task in desk.crm.tasks] == [("completed", date(2026, 12, 1))]


def test_a_new_occurrence_completes_the_old_task_and_makes_a_new_one(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding(occurrence="2026-10-30")))
    desk.crm.change_task("dealgate:D-1:pain:2026-10-30", status="completed")
    desk.later(days=1).apply(make.verdict(make.finding(occurrence="2026-11-03")))
    assert [(task.key, task.status) for task in desk.crm.tasks] == [
        ("dealgate:D-1:pain:2026-10-30", "completed"),
        ("dealgate:D-1:pain:2026-11-03", "open"),
    ]


def test_a_new_owner_is_given_the_task(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(make.finding(), owner_id="eve"))
    assert [task.owner_id for task in desk.crm.tasks] == ["eve"]


def test_a_waived_finding_completes_its_task_and_its_end_opens_a_new_one(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(make.finding(waiver="waived by ops until 2026-11-09: agreed")))
    assert [task.status for task in desk.crm.tasks] == ["completed"]
    desk.later(days=7).apply(make.verdict(make.finding()))
    assert [(task.key, task.due) for task in desk.crm.tasks][1:] == [
        ("dealgate:D-1:pain:2026-11-10", date(2026, 11, 13))  # 11 November is a holiday
    ]


def test_tasks_of_a_closed_deal_are_completed_and_its_flags_cleared(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(stage="won", gate=None, outcome="won"))
    assert [task.status for task in desk.crm.tasks] == ["completed"]
    assert (desk.crm.flags["D-1"].status, desk.crm.flags["D-1"].missing) == ("", "")


def test_tasks_of_a_criterion_that_could_not_be_judged_are_left_alone(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(make.finding()))
    desk.later(days=1).apply(make.verdict(), unjudged=["pain"])
    assert [task.status for task in desk.crm.tasks] == ["open"]
    desk.later(days=1).apply(make.verdict(make.finding()))
    assert [task.key for task in desk.crm.tasks] == ["dealgate:D-1:pain:2026-11-02"]


def test_a_task_for_the_manager_goes_to_the_owners_manager(desk: Any, make: Any) -> None:
    finding = make.finding(task=TaskSpec("Rescue it", assignee="owner.manager"))
    desk.apply(make.verdict(finding), managers={"ann": "mia"})
    assert [task.owner_id for task in desk.crm.tasks] == ["mia"]


def test_a_refusal_stops_no_other_change_and_is_tried_by_the_next_run(desk: Any, make: Any) -> None:
    desk.crm.refuse = {"create_task": "the owner is inactive"}
    first = desk.apply(make.verdict(make.finding()))
    assert first.outcomes == {"done": 1, "refused": 1}
    desk.crm.refuse = {}
    assert desk.later(days=1).apply(make.verdict(make.finding())).outcomes == {"done": 1}
    assert len(desk.crm.tasks) == 1


def test_changes_are_sent_in_the_connectors_batches(desk: Any, make: Any) -> None:
    desk.apply(*(make.verdict(deal=f"D-{n}") for n in range(7)))
    assert [len(call) for call in desk.crm.calls] == [3, 3, 1]


def test_a_surprise_is_refused_whole_and_leaves_nothing_behind(desk: Any, make: Any) -> None:
    quiet = [make.verdict(deal=f"D-{n:02}") for n in range(12)]
    desk.apply(*quiet)
    before = (dict(desk.crm.flags), list(desk.crm.tasks))
    loud = [make.blocked(make.finding(deal=each.deal_id, task=None), deal=each.deal_id) for each in quiet[:3]]
    refused = desk.later(days=1).apply(*loud, *quiet[3:])
    assert refused.refusals == (
        "more than 20% of 12 open deals would be blocked (3, 25.0%), --allow blocked",
        "more than 5% of 12 open deals would be moved back (3, 25.0%), --allow moves",
    )
    assert (desk.crm.flags, desk.crm.tasks) == before
    assert desk.later(days=1).apply(*quiet).outcomes == {}


def test_an_allowed_surprise_is_written(desk: Any, make: Any) -> None:
    limits = {"blocked": 30.0, "moves": float("inf")}
    desk.settings = replace(desk.settings, limits=limits)
    deals = [f"D-{n:02}" for n in range(12)]
    loud = [make.blocked(make.finding(deal=deal, task=None), deal=deal) for deal in deals[:3]]
    assert desk.apply(*loud, *(make.verdict(deal=deal) for deal in deals[3:])).outcomes == {"done": 12}


def test_a_failing_crm_ends_the_run_with_its_own_words_and_the_next_run_goes_on(desk: Any, make: Any) -> None:
    desk.crm.fault = lambda _changes: "error after"
    with pytest.raises(CrmError, match="the line went down"):
        desk.apply(make.verdict(make.finding()))
    desk.crm.fault = lambda _changes: ""
    again = desk.later(minutes=5).apply(make.verdict(make.finding()))
    assert len(again.resumed.finished) == 1
    assert (again.outcomes, len(desk.crm.tasks)) == ({}, 1)
