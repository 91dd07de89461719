"""An older judgement of a deal never overwrites a newer one, whoever comes to write first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.ledger.findings import judged_since
from engine.runs import apply as apply_module


def left_planned(desk: Any, make: Any, killed: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a run that has planned for two deals and was killed before it sent anything."""

    def dying(*_: Any) -> None:
        raise killed

    with monkeypatch.context() as patch:
        patch.setattr(apply_module, "send_run", dying)
        with pytest.raises(killed):
            desk.apply(*(make.verdict(make.finding(deal=deal), deal=deal) for deal in ("D-1", "D-2")))


def test_what_an_older_run_planned_makes_way_for_a_newer_judgement(
    *, desk: Any, make: Any, killed: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_planned(desk, make, killed, monkeypatch)
    desk.worker = "another"
    newer = desk.later(minutes=1).apply(make.verdict(deal="D-1"))
    assert (newer.waiting, newer.outcomes) == (0, {"done": 1})
    desk.later(minutes=10).apply()
    assert {deal: flags.status for deal, flags in desk.crm.flags.items()} == {"D-1": "clear", "D-2": "not yet"}
    assert {task.deal_id for task in desk.crm.tasks} == {"D-2"}


def test_a_newer_judgement_that_finds_nothing_to_write_takes_back_what_was_planned_too(
    *, desk: Any, make: Any, killed: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.apply(make.verdict(deal="D-1"))
    left_planned(desk.later(minutes=1), make, killed, monkeypatch)
    desk.worker = "another"
    assert desk.later(minutes=1).apply(make.verdict(deal="D-1")).outcomes == {}
    desk.later(minutes=10).apply()
    assert desk.crm.flags["D-1"].status == "clear"


def test_deals_that_were_judged_for_a_later_moment_are_told(desk: Any, make: Any) -> None:
    desk.apply(make.verdict(deal="D-1"))
    first = desk.now
    desk.later(hours=1).apply(make.verdict(deal="D-2"))
    with desk.ledger.writing() as connection:
        assert judged_since(connection, ["D-3", "D-2", "D-1"], first) == {"D-2"}
        assert judged_since(connection, ["D-1", "D-2"], first - timedelta(seconds=1)) == {"D-1", "D-2"}
        assert judged_since(connection, [], first) == set()
