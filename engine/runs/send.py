"""Sending: planned changes go to the CRM in its batches, and what is in doubt is read back before it is sent again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from connectors.protocol import CrmError, WriteStopped
from engine.judge.changes import ChangeKind, OutcomeOfChange, Receipt
from engine.ledger import outbox
from engine.ledger.outbox import Entry
from engine.ledger.runs import renew
from engine.runs.write_back import ApplySettings, WriteBack


def send_run(run_id: int, means: WriteBack) -> None:
    """Send all that a run planned; a change that did not arrive is sent again, a few times."""
    while True:
        while entries := _claim(run_id, means):
            send(entries, means)
            means.on_sent(len(entries))
        if not read_back(means, ours=(run_id,)):
            return


def read_back(means: WriteBack, ours: Collection[int] = ()) -> int:
    """Ask the CRM what became of changes in doubt, once it has had time to show them; count those to send again.

    Only changes of `ours` are sent again. A move is not: its deal is judged again from where it was last seen.
    """
    again = 0
    while entries := _doubts(means, ours):
        found = means.connector.find_written([entry.change for entry in entries])
        arrived = [entry for entry in entries if found.get(entry.change.key, False)]
        lost = [entry for entry in entries if entry not in arrived]
        retried = [entry for entry in lost if entry.run_id in ours and _may_resend(entry, means.settings)]
        dropped = [entry for entry in lost if entry not in retried]
        done = [Receipt(entry.change.key, OutcomeOfChange.DONE, reason="read back") for entry in arrived]
        with means.ledger.writing() as connection:
            outbox.conclude(connection, arrived, done, means.now())
            outbox.plan_again(connection, retried)
            outbox.give_up(connection, dropped, means.now(), outbox.NOT_ARRIVED)
        again += len(retried)
    return again


def send(entries: Sequence[Entry], means: WriteBack) -> None:
    """Send claimed changes, and record what became of each; raises CrmError where the CRM fails."""
    try:
        given = means.connector.write([entry.change for entry in entries])
    except WriteStopped as stop:
        _stopped(entries, stop, means)
        raise
    except CrmError as error:
        _conclude(entries, _doubtful(entries, str(error)), means)
        raise
    by_key = {each.key: each for each in given}
    doubtful = _doubtful(entries, "the CRM gave no answer")
    _conclude(entries, [by_key.get(doubt.key, doubt) for doubt in doubtful], means)


def _claim(run_id: int, means: WriteBack) -> list[Entry]:
    lease = means.lease()
    with means.ledger.writing() as connection:
        renew(connection, run_id, lease)
        return outbox.claim(connection, run_id, means.at_once, lease)


def _stopped(entries: Sequence[Entry], stop: WriteStopped, means: WriteBack) -> None:
    """Conclude what was sent; what surely was not waits for the next run."""
    by_key = {each.key: each for each in stop.receipts}
    sent = [entry for entry in entries if entry.change.key in by_key]
    with means.ledger.writing() as connection:
        outbox.conclude(connection, sent, [by_key[entry.change.key] for entry in sent], means.now())
        outbox.plan_again(connection, [entry for entry in entries if entry not in sent])


def _conclude(entries: Sequence[Entry], receipts: Sequence[Receipt], means: WriteBack) -> None:
    with means.ledger.writing() as connection:
        outbox.conclude(connection, entries, receipts, means.now())


def _doubtful(entries: Sequence[Entry], reason: str) -> list[Receipt]:
    return [Receipt(entry.change.key, OutcomeOfChange.IN_DOUBT, reason=reason) for entry in entries]


def _doubts(means: WriteBack, ours: Collection[int]) -> list[Entry]:
    sent_before = means.now() - means.settings.settle
    with means.ledger.reading() as connection:
        return outbox.in_doubt(connection, means.crm_in_store, sent_before, ours, means.at_once)


def _may_resend(entry: Entry, settings: ApplySettings) -> bool:
    return entry.change.kind is not ChangeKind.MOVE_STAGE and entry.attempts < settings.attempts
