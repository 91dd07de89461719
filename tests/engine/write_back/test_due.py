"""Events are kept once, and deals that are due are worked on once, by whoever holds their lease."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from engine.judge.events import Event
from engine.ledger import due, tables
from engine.ledger.due import Claim
from engine.ledger.events import Accepted, accept
from engine.ledger.lease import Lease
from engine.ledger.store import Ledger
from tests.engine.write_back.conftest import AS_OF

MINUTE = timedelta(minutes=1)


def accepted(ledger: Ledger, *events: Event, crm: str = "acme", now: datetime = AS_OF) -> Accepted:
    with ledger.writing() as connection:
        return accept(connection, crm, events, now)


def asked(ledger: Ledger, *deals: str, now: datetime = AS_OF) -> None:
    with ledger.writing() as connection:
        due.ask(connection, "acme", deals, now)


def claimed(
    ledger: Ledger, worker: str = "w", *, limit: int = 100, now: datetime = AS_OF, failed: bool = False
) -> Claim:
    with ledger.writing() as connection:
        return due.claim(connection, "acme", limit, Lease(worker, now, now + 5 * MINUTE), failed=failed)


def finished(ledger: Ledger, claim: Claim, now: datetime = AS_OF) -> int:
    with ledger.writing() as connection:
        return due.finish(connection, claim, now)


def failing(ledger: Ledger, claim: Claim, most: int = 2, now: datetime = AS_OF) -> Sequence[str]:
    with ledger.writing() as connection:
        return due.fail(connection, claim, "no", lambda nth: now + MINUTE if nth < most else None, now)


def asides(ledger: Ledger) -> list[tuple[str, int, str]]:
    with ledger.reading() as connection:
        return [(each.id, each.attempts, each.reason) for each in due.set_aside(connection, "acme")]


def test_an_event_that_comes_again_asks_for_nothing(ledger: Ledger) -> None:
    first = Event("e1", ("D-1", "D-2"))
    assert accepted(ledger, first, Event("e2", ("D-1",))) == Accepted(new=2, again=0, deals=2)
    assert finished(ledger, claimed(ledger)) == 0
    assert accepted(ledger, first) == Accepted(new=0, again=1, deals=0)
    assert claimed(ledger).ids == ()


def test_one_event_twice_in_a_message_is_kept_once(ledger: Ledger) -> None:
    event = Event("e1", ("D-1",))
    assert accepted(ledger, event, event) == Accepted(new=1, again=1, deals=1)


def test_the_events_of_one_crm_are_not_those_of_another(ledger: Ledger) -> None:
    accepted(ledger, Event("e1", ("D-1",)), crm="other")
    assert accepted(ledger, Event("e1", ("D-1",))).new == 1
    assert claimed(ledger).ids == ("D-1",)


def test_an_event_about_nothing_is_kept_and_asks_for_nothing(ledger: Ledger) -> None:
    assert accepted(ledger, Event("e1", ())) == Accepted(new=1)
    assert accepted(ledger) == Accepted()
    assert claimed(ledger).ids == ()


def test_a_deal_that_changed_nine_times_is_claimed_once(ledger: Ledger) -> None:
    for number in range(9):
        accepted(ledger, Event(f"e{number}", ("D-1",)))
    claim = claimed(ledger)
    assert (claim.ids, claim.deals[0].asks) == (("D-1",), 9)
    assert claimed(ledger, "another").ids == ()
    assert finished(ledger, claim) == 0
    assert claimed(ledger).ids == ()


def test_a_deal_that_is_asked_for_while_it_is_judged_is_judged_again(ledger: Ledger) -> None:
    asked(ledger, "D-1", "D-2")
    claim = claimed(ledger)
    asked(ledger, "D-1")
    assert claimed(ledger, "another").ids == ()
    assert finished(ledger, claim) == 1
    assert claimed(ledger, "another").ids == ("D-1",)


def test_the_longest_waiting_come_first_and_no_more_than_asked_for(ledger: Ledger) -> None:
    asked(ledger, "D-9", now=AS_OF - MINUTE)
    asked(ledger, "D-1", "D-2")
    asked(ledger, "D-9")
    assert claimed(ledger, limit=2).ids == ("D-9", "D-1")


def test_a_killed_workers_deals_are_anyones_once_its_lease_ends(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    lost = claimed(ledger, "killed")
    assert claimed(ledger, "another", now=AS_OF + 4 * MINUTE).ids == ()
    taken = claimed(ledger, "another", now=AS_OF + 6 * MINUTE)
    assert (taken.ids, taken.deals[0].attempts) == (("D-1",), 1)
    assert finished(ledger, lost) == 0
    assert claimed(ledger, "third", now=AS_OF + 7 * MINUTE, failed=True).ids == ()
    assert finished(ledger, taken) == 0
    with ledger.reading() as connection:
        assert due.waiting(connection, "acme") == 0


def test_a_lease_can_be_held_for_longer(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    claim = claimed(ledger)
    with ledger.writing() as connection:
        due.renew(connection, claim, AS_OF + 9 * MINUTE)
    assert claimed(ledger, "another", now=AS_OF + 8 * MINUTE).ids == ()


def test_a_deal_that_failed_waits_and_is_then_claimed_alone(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    assert failing(ledger, claimed(ledger)) == []
    asked(ledger, "D-2")
    later = AS_OF + MINUTE
    assert claimed(ledger, now=AS_OF, failed=True).ids == ()
    assert claimed(ledger, now=later).ids == ("D-2",)
    assert claimed(ledger, now=later, failed=True).ids == ("D-1",)


def test_a_deal_that_fails_too_often_is_set_aside_and_tried_once_more_when_it_changes(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    failing(ledger, claimed(ledger))
    again = claimed(ledger, now=AS_OF + MINUTE, failed=True)
    assert failing(ledger, again, now=AS_OF + MINUTE) == ["D-1"]
    assert asides(ledger) == [("D-1", 2, "no")]
    assert claimed(ledger, now=AS_OF + 99 * MINUTE, failed=True).ids == ()
    asked(ledger, "D-1", now=AS_OF + 2 * MINUTE)
    assert failing(ledger, claimed(ledger, now=AS_OF + 2 * MINUTE, failed=True)) == ["D-1"]


def test_what_was_put_back_has_failed_at_nothing(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    with ledger.writing() as connection:
        due.put_back(connection, claimed_in(connection), AS_OF + MINUTE)
    assert claimed(ledger).ids == ()
    assert claimed(ledger, now=AS_OF + MINUTE).deals[0].attempts == 0


def test_a_deal_that_was_judged_after_its_worker_was_lost_is_no_longer_looked_at_alone(ledger: Ledger) -> None:
    asked(ledger, "D-1")
    claimed(ledger, "killed")
    later = AS_OF + 6 * MINUTE
    with ledger.writing() as connection:
        lease = Lease("w", later, later + MINUTE)
        due.put_back(connection, due.claim(connection, "acme", 100, lease), later, judged=True)
    assert claimed(ledger, now=later).deals[0].attempts == 0


def test_deals_are_claimed_together_until_their_worker_was_lost_three_times(ledger: Ledger) -> None:
    asked(ledger, "D-1", "D-2")
    for nth in range(3):
        assert claimed(ledger, f"killed {nth}", now=AS_OF + 6 * nth * MINUTE).ids == ("D-1", "D-2")
    later = AS_OF + 18 * MINUTE
    assert claimed(ledger, now=later).ids == ()
    assert claimed(ledger, now=later, limit=1, failed=True).deals[0].attempts == 3


def test_a_clock_that_was_ahead_and_is_set_right_holds_no_deal_up(ledger: Ledger) -> None:
    ahead = AS_OF + 300 * MINUTE
    asked(ledger, "D-1", "D-2", now=ahead)
    claimed(ledger, "killed elsewhere", limit=1, now=ahead)
    with ledger.writing() as connection:
        lease = Lease("w", ahead, ahead + 5 * MINUTE)
        due.put_back(connection, due.claim(connection, "acme", 100, lease), ahead + 15 * MINUTE)
    assert claimed(ledger).ids == ("D-1", "D-2")
    assert claimed(ledger, "another").ids == ()


def test_a_deal_that_was_asked_for_by_a_clock_somewhat_ahead_is_claimed_now_and_pauses_as_others_do(
    ledger: Ledger,
) -> None:
    asked(ledger, "D-1", now=AS_OF + 20 * MINUTE)
    claim = claimed(ledger)
    with ledger.writing() as connection:
        due.put_back(connection, claim, AS_OF + 3 * MINUTE)
    assert claimed(ledger).ids == ()
    assert claimed(ledger, now=AS_OF + 3 * MINUTE).ids == ("D-1",)


def claimed_in(connection: object) -> Claim:
    return due.claim(connection, "acme", 100, Lease("w", AS_OF, AS_OF + MINUTE))  # type: ignore[arg-type] # a connection


@pytest.mark.parametrize("workers", [4])
def test_workers_share_what_is_due_and_double_nothing(ledger: Ledger, workers: int) -> None:
    deals = [f"D-{number:03}" for number in range(120)]
    asked(ledger, *deals)
    taken: list[list[str]] = [[] for _ in range(workers)]
    start = Barrier(workers)

    def working(number: int) -> None:
        start.wait()
        while (claim := claimed(ledger, f"w{number}", limit=7)).deals:
            taken[number] += claim.ids
            finished(ledger, claim)

    threads = [Thread(target=working, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(deal for each in taken for deal in each) == deals


def test_many_who_accept_the_same_deals_at_once_do_not_wait_in_a_circle(ledger: Ledger) -> None:
    deals = [f"D-{number}" for number in range(20)]
    start = Barrier(4)

    def accepting(number: int) -> None:
        start.wait()
        for nth in range(10):
            mixed = deals[number:] + deals[:number]
            accepted(ledger, *(Event(f"{nth} {deal}", (deal,)) for deal in mixed))

    threads = [Thread(target=accepting, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as connection:
        kept = connection.execute(select(tables.event.c.event_id)).all()
        counts = connection.execute(select(tables.due_deal.c.asks)).scalars().all()
    assert (len(kept), list(counts)) == (200, [10] * 20)


def test_due_deals_are_found_by_their_index(ledger: Ledger) -> None:
    if ledger.engine.dialect.name != "sqlite":
        pytest.skip("the planner of PostgreSQL chooses by size")
    query = select(tables.due_deal).where(tables.DUE, tables.due_deal.c.crm == "a", tables.due_deal.c.ready_at <= AS_OF)
    sql = str(query.compile(ledger.engine, compile_kwargs={"literal_binds": True}))
    with ledger.reading() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").fetchall()
    assert [step[-1] for step in steps] == ["SEARCH due_deal USING INDEX ix_due_deal_ready (crm=? AND ready_at<?)"]
