"""Writing a sweep: any worker sends what was planned, and the one who leads the sweep settles what is in doubt."""

from __future__ import annotations

from engine.ledger import outbox
from engine.ledger.sweeps import SweepState, stays_in
from engine.runs.send import read_back, send
from engine.runs.sweep_hand import Hand
from engine.runs.write_back import OnSent, WriteBack


def write_some(hand: Hand, on_sent: OnSent) -> int:
    """Send as much as the CRM likes to be given at once; 0: nothing is planned any more, or not now."""
    means = hand.write_back(hand.settings, on_sent)
    lease = means.lease()
    with means.ledger.writing() as connection:
        if not stays_in(connection, hand.sweep_id, hand.run_id, SweepState.APPLYING):
            return 0
        entries = outbox.claim(connection, hand.run.id, means.at_once, lease)
    if entries:
        send(entries, means)
        means.on_sent(len(entries))
    return len(entries)


def settled(hand: Hand, means: WriteBack, *, waits: bool) -> bool:
    """Find out what became of changes whose worker is gone or was not answered; whether nothing is left to be done.

    What did not arrive is planned again. Without `waits`, what cannot be read back yet is left to a later run.
    """
    with means.ledger.writing() as connection:
        gone = [each for each in outbox.sending_workers(connection) if means.settings.is_gone(each)]
        outbox.put_in_doubt(connection, means.now(), gone)
    read_back(means, ours=(hand.run.id,))
    with means.ledger.reading() as connection:
        left = outbox.count_in_state(connection, hand.run.id)
    open_states = outbox.LIVE_STATES if waits else (outbox.PLANNED, outbox.SENDING)
    return not any(left.get(state) for state in open_states)
