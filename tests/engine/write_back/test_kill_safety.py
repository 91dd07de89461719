"""Whatever is killed when, every change is in the CRM exactly once after the next run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.protocol import CrmError
from engine.judge.change_json import change_from_json
from engine.ledger import outbox
from engine.ledger.lease import Lease
from engine.ledger.store import open_ledger
from engine.runs import apply as apply_module
from engine.runs import send
from engine.runs.worker import worker_is_gone, worker_name

CALLS_KILLED = {
    "while it planned": (apply_module, "renew", 2),
    "planned, before the guard": (apply_module, "record_totals", 1),
    "before sending": (outbox, "claim", 2),
    "the CRM answered, the receipt could not be written": (send, "_conclude", 2),
    "all is sent, the run is not closed": (outbox, "count_in_state", 1),
}
FAULTS = {
    "sending is committed, the call is not made": "killed before",
    "the CRM committed, the answer was not heard": "killed after",
}


@pytest.mark.parametrize("point", [*CALLS_KILLED, *FAULTS])
@pytest.mark.parametrize("passed", [timedelta(minutes=10), timedelta(hours=2)], ids=["soon", "later"])
def test_every_change_is_in_the_crm_exactly_once_after_a_kill(
    *, desk: Any, make: Any, killed: type[BaseException], monkeypatch: pytest.MonkeyPatch, point: str, passed: timedelta
) -> None:
    monkeypatch.setattr("engine.runs.batches.DEALS_AT_ONCE", 3)
    desk.crm.fault = at_call(2, FAULTS.get(point, ""))
    with monkeypatch.context() as patch:
        if point in CALLS_KILLED:
            module, name, nth = CALLS_KILLED[point]
            patch.setattr(module, name, dying_at(nth, getattr(module, name), killed))
        with pytest.raises(killed):
            desk.apply(*deals(make))
    desk.worker = "another"
    desk.now += passed
    desk.apply(*deals(make))
    assert sorted(desk.crm.made().values()) == [1] * 8
    assert {flags.status for flags in desk.crm.flags.values()} == {"not yet"}
    assert desk.apply(*deals(make)).outcomes == {}


@pytest.mark.parametrize("fault", ["answers lost", "half", "error after", "error before"])
def test_a_lost_answer_is_read_back_and_only_what_is_missing_is_sent_again(desk: Any, make: Any, fault: str) -> None:
    desk.crm.fault = at_call(2, fault)
    with suppress(CrmError):
        desk.apply(*deals(make))
    desk.apply(*deals(make))
    assert sorted(desk.crm.made().values()) == [1] * 8
    assert len(desk.crm.flags) == 8


def test_what_is_in_doubt_is_not_touched_before_the_crm_could_show_it(desk: Any, make: Any) -> None:
    desk.settle = timedelta(minutes=2)
    desk.crm.fault = at_call(1, "answers lost")
    assert desk.apply(make.verdict(make.finding())).outcomes == {"in doubt": 2}
    assert desk.later(minutes=1).apply(make.verdict(make.finding())).outcomes == {}
    assert len(desk.crm.calls) == 1
    desk.later(minutes=2).apply(make.verdict(make.finding()))
    assert (list(desk.crm.made().values()), len(desk.crm.calls)) == ([1], 1)


def test_new_changes_wait_for_those_in_doubt(desk: Any, make: Any) -> None:
    desk.settle = timedelta(minutes=2)
    desk.crm.fault = at_call(1, "error before")
    with pytest.raises(Exception, match="the line is down"):
        desk.apply(make.verdict(make.finding()))
    assert desk.later(minutes=1).apply(make.verdict(make.finding())).waiting == 2
    assert desk.later(minutes=2).apply(make.verdict(make.finding())).outcomes == {"done": 2}


def test_a_change_that_never_arrives_is_given_up_after_three_attempts(desk: Any, make: Any) -> None:
    desk.crm.put = lambda _change: None
    desk.crm.fault = lambda _changes: "answers lost"
    assert desk.apply(make.verdict(make.finding())).outcomes == {"refused": 2}
    assert len(desk.crm.calls) == 3


def test_a_living_workers_run_is_left_alone(desk: Any, make: Any, killed: type[BaseException]) -> None:
    desk.crm.fault = at_call(1, "killed before")
    with pytest.raises(killed):
        desk.apply(make.verdict(make.finding()))
    desk.worker = "another"
    found = desk.later(minutes=1).apply(make.verdict(make.finding()))
    assert (found.waiting, found.resumed.doubted, len(desk.crm.calls)) == (2, 0, 1)


def test_two_workers_never_claim_the_same_change(desk: Any, make: Any, killed: type[BaseException]) -> None:
    if desk.ledger.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one worker write at a time")
    desk.crm.fault = at_call(1, "killed before")
    with pytest.raises(killed):
        desk.apply(*deals(make, 2))
    lease = Lease("w", desk.now, desk.now)
    with desk.ledger.writing() as one, desk.ledger.writing() as other:
        first = outbox.claim(one, 1, 100, lease)
        assert len(first) == 1
        assert outbox.claim(other, 1, 100, lease) == []


def test_a_process_that_was_killed_is_resumed_at_once_on_its_machine(
    open_desk: Callable[[Any], Any], make: Any, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.engine.write_back.killed_process", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=Path.cwd())  # noqa: S603 - our own
    assert done.returncode == 9
    with open_ledger(tmp_path / "ledger.db") as ledger:
        desk = open_desk(ledger)
        for line in (tmp_path / "crm.jsonl").read_text().splitlines():
            desk.crm.put(change_from_json(json.loads(line)))
        assert desk.crm.made().total() > 0
        desk.worker, desk.gone = worker_name(), worker_is_gone
        resumed = desk.apply(*deals(make)).resumed
    assert (resumed.doubted, len(resumed.finished)) == (3, 1)
    assert sorted(desk.crm.made().values()) == [1] * 8


def deals(make: Any, count: int = 8) -> list[Any]:
    return [make.verdict(make.finding(deal=f"D-{n}"), deal=f"D-{n}") for n in range(count)]


def dying_at(nth: int, original: Callable[..., Any], killed: type[BaseException]) -> Callable[..., Any]:
    calls = []

    def dying(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == nth:
            raise killed
        return original(*args, **kwargs)

    return dying


def at_call(nth: int, fault: str) -> Callable[[Any], str]:
    calls: list[int] = []

    def faults(_changes: Any) -> str:
        calls.append(1)
        return fault if len(calls) == nth else ""

    return faults
