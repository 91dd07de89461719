"""What comes at the same moment is kept in one transaction, and each request is told of its own events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from engine.judge.events import Event
from engine.ledger.events import Accepted
from engine.ledger.store import Ledger
from tests.web.conftest import NOW, Running
from web.keeping import Keeping


def told(*numbers: int) -> list[Event]:
    return [Event(f"webhook {number}", (str(number % 3),)) for number in numbers]


def keep(ledger: Ledger, *several: tuple[str, Sequence[Event]]) -> list[Accepted | BaseException]:
    async def at_once() -> list[Accepted | BaseException]:
        keeping = Keeping(ledger, lambda: NOW)
        return await asyncio.gather(*(keeping.keep(*each) for each in several), return_exceptions=True)

    return asyncio.run(at_once())


def test_requests_of_one_moment_share_a_commit(ledger: Ledger) -> None:
    commits = list[object]()
    event.listen(ledger.engine, "commit", commits.append)
    found = keep(ledger, ("hub", told(1, 2)), ("acme", told(1)), ("hub", told(2, 3, 3)), ("hub", ()))
    assert found == [Accepted(2, 0, 2), Accepted(1, 0, 1), Accepted(1, 2, 1), Accepted(0, 0, 0)]
    assert len(commits) == 1
    running = Running(ledger)
    assert running.due() == {("hub", "0"): 1, ("hub", "1"): 1, ("hub", "2"): 1, ("acme", "1"): 1}
    assert running.events() == 4


def test_more_than_a_transaction_holds_is_kept_in_the_next(ledger: Ledger) -> None:
    commits = list[object]()
    event.listen(ledger.engine, "commit", commits.append)
    found = keep(ledger, *(("hub", told(number)) for number in range(120)))
    assert found == [Accepted(1, 0, 1)] * 120
    assert len(commits) == 3


def test_where_a_transaction_fails_every_request_in_it_is_told_so_and_the_next_is_kept(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE due_deal RENAME TO gone")
    found = keep(ledger, ("hub", told(1)), ("acme", told(2)))
    assert [isinstance(each, SQLAlchemyError) for each in found] == [True, True]
    assert Running(ledger).events() == 0
    with ledger.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO due_deal")
    assert keep(ledger, ("hub", told(1))) == [Accepted(1, 0, 1)]


@pytest.mark.parametrize("again", [1, 2])
def test_what_was_kept_before_is_known_again(ledger: Ledger, again: int) -> None:
    keep(ledger, ("hub", told(1)))
    assert keep(ledger, *[("hub", told(1))] * again) == [Accepted(0, 1, 0)] * again
