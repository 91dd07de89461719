"""What holds of every plan: the same bytes for the same input, nothing left to do after it, each task once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from connectors.protocol import CrmError
from engine.judge.change_json import change_from_json, change_to_json
from engine.judge.changes import CrmTask, WriteBackState
from engine.judge.memory import Memory, WrittenTask
from engine.judge.plan import RunTotals, plan
from engine.judge.verdicts import State
from engine.ledger.store import open_ledger
from rules.playbook import Enforce, TaskSpec
from rules.types import Duration, Unit

DEALS = ("D-1", "D-2", "D-3")
FAULTS = ("", "", "", "killed before", "killed after", "error before", "error after", "answers lost", "half")
TASKS = st.sampled_from(
    [None, TaskSpec("Ask"), TaskSpec("Do", Duration(3, Unit.BUSINESS_DAYS), "owner.manager"), TaskSpec("Two\n lines")]
)


@st.composite
def found(draw: st.DrawFn) -> dict[str, Any]:
    """The parts of a finding that a plan looks at."""
    return {
        "state": draw(st.sampled_from(State)),
        "enforce": draw(st.sampled_from(Enforce)),
        "waiver": draw(st.sampled_from(["", "", "waived"])),
        "occurrence": draw(st.sampled_from(["", "2026-10-30", "2026-11-01/2"])),
        "due": draw(st.sampled_from([None, date(2026, 11, 5)])),
        "task": draw(TASKS),
        "flag": draw(st.sampled_from(["", "at risk"])),
    }


FOUND = st.dictionaries(st.sampled_from(["pain", "budget"]), found())
NIGHT = st.fixed_dictionaries(
    {deal: st.tuples(st.sampled_from(["demo", "proposal", "won"]), st.booleans(), FOUND) for deal in DEALS}
)


def verdicts_of(make: Any, night: dict[str, Any]) -> list[Any]:
    """Make verdicts of what was drawn: closed deals, deals beyond their gate, and others."""
    verdicts = []
    for deal, (stage, blocked, found_here) in sorted(night.items()):
        findings = [make.finding(name, deal=deal, **parts) for name, parts in found_here.items()]
        if stage == "won":
            verdicts.append(make.verdict(*findings, deal=deal, stage=stage, gate=None, outcome="won"))
        elif blocked:
            verdicts.append(make.blocked(*findings, deal=deal, stage=stage, allowed="discovery"))
        else:
            verdicts.append(make.verdict(*findings, deal=deal, stage=stage))
    return verdicts


def wanted(verdicts: list[Any]) -> set[str]:
    """Name the findings that ask for a task."""
    found_here = (finding for verdict in verdicts for finding in verdict.findings)
    asking = (each for each in found_here if each.task and not each.waiver and each.enforce is not Enforce.OBSERVE)
    return {f"{each.key}:{each.occurrence}" for each in asking}


def staying(desk: Any) -> Any:
    """Leave deals where the verdicts say they stand."""
    desk.settings = replace(desk.settings, correct_moves=False)
    return desk


def tasks_standing(crm: Any, verdicts: list[Any]) -> set[str]:
    """Name the findings whose tasks are open in the CRM."""
    open_keys = [task.key for task in crm.tasks if task.status == "open"]
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    return {
        next(
            f"{each.key}:{each.occurrence}"
            for each in findings
            if key.startswith(f"dealgate:{each.key}:{each.occurrence}")
        )
        for key in open_keys
    }


@examples(deadline=None)
@given(NIGHT, st.randoms(use_true_random=False))
def test_the_same_verdicts_in_any_order_give_the_same_bytes(make: Any, settings: Any, night: Any, random: Any) -> None:
    verdicts = verdicts_of(make, night)
    shuffled = random.sample(verdicts, len(verdicts))
    state = WriteBackState(tasks={"dealgate:D-1:old:2026-10-01": task("dealgate:D-1:old:2026-10-01")})
    first, second = (plan(each, state, Memory(), settings, make.as_of) for each in (verdicts, shuffled))
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    assert [change_from_json(json.loads(json.dumps(change_to_json(each)))) for each in first.changes] == list(
        first.changes
    )


@examples(deadline=None)
@given(NIGHT)
def test_a_run_counts_and_sums_the_same_however_it_is_cut_into_batches(make: Any, settings: Any, night: Any) -> None:
    verdicts = verdicts_of(make, night)
    whole = plan(verdicts, WriteBackState(), Memory(), settings, make.as_of)
    total = RunTotals()
    for verdict in verdicts:
        total.add(plan([verdict], WriteBackState(), Memory(), settings, make.as_of))
    assert (total.totals, total.checksum) == (whole.totals, whole.checksum)


@examples(deadline=None)
@given(NIGHT, st.integers(1, 100))
def test_the_checksum_does_not_depend_on_when_the_same_was_found(
    make: Any, settings: Any, night: Any, minutes: int
) -> None:
    verdicts = verdicts_of(make, night)
    later: datetime = make.as_of + timedelta(minutes=minutes)
    plans = [plan(verdicts, WriteBackState(), Memory(), settings, moment) for moment in (make.as_of, later)]
    assert plans[0].checksum == plans[1].checksum


@examples(max_examples=40, deadline=None)
@given(st.lists(NIGHT, min_size=1, max_size=4))
def test_every_run_leaves_nothing_to_write_and_the_wanted_tasks_open_once(
    make: Any, open_desk: Callable[[Any], Any], nights: list[Any]
) -> None:
    with open_ledger(":memory:") as ledger:
        desk = staying(open_desk(ledger))
        for night in nights:
            verdicts = verdicts_of(make, night)
            desk.later(days=1).apply(*verdicts)
            assert desk.later(hours=1).apply(*verdicts).outcomes == {}
            assert tasks_standing(desk.crm, verdicts) == wanted(verdicts)
            assert set(desk.crm.made().values()) <= {1}


@examples(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NIGHT, st.lists(st.sampled_from(FAULTS), max_size=3)), min_size=1, max_size=4), NIGHT)
def test_whatever_fails_on_the_way_a_clean_run_ends_with_each_task_once(
    make: Any, killed: type[BaseException], open_desk: Callable[[Any], Any], nights: list[Any], last: Any
) -> None:
    with open_ledger(":memory:") as ledger:
        desk = staying(open_desk(ledger))
        for night, faults in nights:
            left = list(faults)
            desk.crm.fault = lambda _changes, left=left: left.pop(0) if left else ""
            try:
                desk.later(days=1).apply(*verdicts_of(make, night))
            except (CrmError, killed):
                desk.worker += "'"
        desk.crm.fault = lambda _changes: ""
        verdicts = verdicts_of(make, last)
        desk.later(days=1).apply(*verdicts)
        assert set(desk.crm.made().values()) <= {1}
        assert tasks_standing(desk.crm, verdicts) == wanted(verdicts)
        assert desk.later(hours=1).apply(*verdicts).outcomes == {}


def test_a_person_s_task_without_our_key_is_never_touched(make: Any, settings: Any) -> None:
    theirs = {"": task("call-back")}
    assert (
        plan(
            [make.verdict(stage="won", gate=None)], WriteBackState(tasks=theirs), Memory(), settings, make.as_of
        ).changes
        == ()
    )


def test_a_task_the_ledger_has_forgotten_is_adopted_as_it_stands(make: Any, settings: Any) -> None:
    key = "dealgate:D-1:pain:2026-11-02"
    state = WriteBackState(tasks={key: task(key)})
    changes = plan([make.verdict(make.finding())], state, Memory(), settings, make.as_of).changes
    assert [change.kind.value for change in changes] == ["set_flags"]


def test_a_task_remembered_as_written_and_found_so_is_updated(make: Any, settings: Any) -> None:
    key = "dealgate:D-1:pain:2026-11-02"
    memory = Memory(tasks={key: WrittenTask(key, "Old", None, "open", "ann")})
    changes = plan([make.verdict(make.finding())], WriteBackState(tasks={key: task(key)}), memory, settings, make.as_of)
    assert [change.kind.value for change in changes.changes] == ["set_flags", "update_task"]


def task(key: str) -> CrmTask:
    return CrmTask("D-1", "T-1", key, "Old", None, "open", "ann")
