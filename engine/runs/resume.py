"""Resuming: what killed runs left is settled before anything new is planned."""

from __future__ import annotations

from connectors.protocol import Preparable
from engine.ledger import outbox
from engine.ledger.findings import undo
from engine.ledger.lease import is_over
from engine.ledger.runs import OpenRun, RunState, open_runs, set_state, stored_run, take_over
from engine.runs.playbooks import playbooks_of
from engine.runs.send import read_back, send_run
from engine.runs.write_back import Resumed, WriteBack


def resume(means: WriteBack) -> Resumed:
    """Settle what earlier runs left.

    1. What was being sent is in doubt. 2. A run killed while it planned is taken back. 3. A run killed while it sent
    is finished if it is young, else what it never sent is dropped: those deals are judged again. 4. What is in doubt
    is read back.
    """
    with means.ledger.writing() as connection:
        gone = [worker for worker in outbox.sending_workers(connection) if means.settings.is_gone(worker)]
        doubted = outbox.put_in_doubt(connection, means.now(), gone)
    to_finish, dropped = _take_over(means)
    for run_id in to_finish:
        _prepare(means, run_id)
        read_back(means, ours=(run_id,))
        send_run(run_id, means)
        with means.ledger.writing() as connection:
            set_state(connection, run_id, RunState.DONE, means.now())
    read_back(means)
    return Resumed(doubted, tuple(to_finish), dropped)


def _prepare(means: WriteBack, run_id: int) -> None:
    """Tell the CRM which playbooks a run was planned by, where what it writes depends on that."""
    if isinstance(means.connector, Preparable):
        with means.ledger.reading() as connection:
            found = stored_run(connection, run_id)
        means.connector.prepare(playbooks_of(found.playbooks))


def _take_over(means: WriteBack) -> tuple[list[int], int]:
    """Take over the runs whose workers are gone; give those to finish, and how many changes were dropped."""
    to_finish, dropped, now = [], 0, means.now()
    with means.ledger.writing() as connection:
        for found in open_runs(connection, means.crm_in_store):
            silent = is_over(found.lease_until, now) or means.settings.is_gone(found.worker)
            if not silent or not take_over(connection, found, means.lease()):
                continue
            if _young(found, means):
                to_finish.append(found.id)
                continue
            if found.state is RunState.PLANNING:
                undo(connection, found.id)
            dropped += outbox.drop_planned(connection, found.id, now)
            set_state(connection, found.id, RunState.ABANDONED, now)
    return to_finish, dropped


def _young(found: OpenRun, means: WriteBack) -> bool:
    return found.state is RunState.APPLYING and found.as_of > means.now() - means.settings.resume_within
