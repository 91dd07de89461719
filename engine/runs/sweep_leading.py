"""What the leader of a sweep does alone: the surprise guard once all is judged, the end, and giving a sweep up."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from connectors.protocol import CrmError
from engine.judge.plan import RunTotals
from engine.ledger import due, outbox
from engine.ledger.findings import undo
from engine.ledger.lease import Lease
from engine.ledger.receipts import receipts_of
from engine.ledger.runs import RunState, record_totals, set_state
from engine.ledger.store import Ledger
from engine.ledger.sweep_parts import clear_parts
from engine.ledger.sweeps import Sweep, SweepState, end, move_on
from engine.runs.sweep_digest import Digest, digest_of, reasons_of
from engine.runs.sweep_hand import Hand
from engine.runs.sweep_judging import merged


def conclude(led: Sweep, hand: Hand, lease: Lease) -> Sweep:
    """Judge the whole for surprises once all parts are judged: the sweep is written, or refused and taken back."""
    totals, told = merged(hand)
    refusals = totals.refusals(hand.settings.limits)
    digest = replace(_told(led, totals), refusals=list(refusals), **told)
    with hand.means.ledger.writing() as connection:
        move_on(connection, led, lease)
        record_totals(connection, hand.run.id, totals, refusals)
        if refusals:
            clear_parts(connection, led.id)
            _take_back(connection, hand.run.id, RunState.REFUSED, lease)
            return end(connection, led, lease, SweepState.REFUSED, digest=digest.to_json())
        set_state(connection, hand.run.id, RunState.APPLYING, lease.now)
        return move_on(connection, led, lease, state=SweepState.APPLYING.value, digest=digest.to_json())


def finish(led: Sweep, hand: Hand, lease: Lease) -> Sweep:
    """Close the run, tell the CRM that the sweep ended, and keep its digest.

    Where a service goes on, deals whose changes never arrived are made due.
    """
    ledger, run_id = hand.means.ledger, hand.run.id
    with ledger.writing() as connection:
        move_on(connection, led, lease)
        set_state(connection, run_id, RunState.DONE, lease.now)
    untold = _tell(hand)
    with ledger.writing() as connection:
        not_done = [each for each in receipts_of(connection, run_id) if each["outcome"] != "done"]
        if hand.means.patience.waits:
            lost = {each["deal"] for each in not_done if each["reason"] == outbox.NOT_ARRIVED}
            due.ask(connection, led.crm, sorted(lost), lease.now)
        outcomes = outbox.count_in_state(connection, run_id)
        written = replace(digest_of(led.digest), outcomes=outcomes, reasons=reasons_of(not_done))
        told = replace(written, cost=hand.connector.cost, untold=untold)
        clear_parts(connection, led.id)
        return end(connection, led, lease, SweepState.DONE, digest=told.to_json())


def give_up(led: Sweep, ledger: Ledger, lease: Lease, reason: str) -> Sweep:
    """End a sweep that comes to nothing; what it recorded and did not write yet is taken back."""
    with ledger.writing() as connection:
        move_on(connection, led, lease)
        clear_parts(connection, led.id)
        if led.run_id is not None:
            recorded = led.state is SweepState.JUDGING
            _take_back(connection, led.run_id, RunState.ABANDONED, lease, undoing=recorded)
        return end(connection, led, lease, SweepState.FAILED, reason=reason)


def _take_back(connection: Connection, run_id: int, state: RunState, lease: Lease, *, undoing: bool = True) -> None:
    if undoing:
        undo(connection, run_id)
    outbox.drop_planned(connection, run_id, lease.now)
    set_state(connection, run_id, state, lease.now)


def _told(led: Sweep, totals: RunTotals) -> Digest:
    return replace(digest_of(led.digest), checksum=totals.checksum, totals=totals.totals.to_json())


def _tell(hand: Hand) -> str:
    """Tell the CRM that a sweep ended; give what went wrong, since all that was written stands."""
    try:
        hand.connector.record_sweep(hand.means.now())
    except CrmError as error:
        return f"the CRM was not told that this sweep ended, and its gates go stale: {error}"
    return ""
