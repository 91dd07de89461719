"""Reading a sweep: its leader reads the CRM once, and leaves each part in the store for whoever judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version

import pyarrow as pa

from engine.judge.kept_context import Context, context_to_bytes
from engine.judge.kept_tables import of_deals, to_bytes
from engine.judge.plan_settings import plan_settings
from engine.judge.tables import Tables
from engine.ledger.inputs import keep
from engine.ledger.lease import Lease
from engine.ledger.runs import RunFacts, RunState, record_problems, set_state, start_run
from engine.ledger.sweep_parts import Part, clear_parts, put_part
from engine.ledger.sweeps import Sweep, SweepState, move_on
from engine.runs import batches
from engine.runs.judging import Judging, Question
from engine.runs.resume import resume
from engine.runs.sweep_digest import Digest
from engine.runs.sweep_hand import Hand, limits_to
from engine.runs.sweep_judging import state_to_bytes
from engine.runs.waive import WaiverSources
from engine.runs.write_back import Resumed, nobody_watches

KIND = "sweep"
"""What the store calls the run of a sweep."""
Hold = Callable[[], None]


def begin(led: Sweep, hand: Hand, lease: Lease) -> Sweep:
    """Settle what killed runs left, and start the sweep's run with the playbooks as they are now.

    A run that was begun before and read no further is given up: nothing was judged for it.
    """
    means, watched = hand.means, hand.means.watched
    asked = led.settings
    as_of = datetime.fromisoformat(asked["as_of"]) if "as_of" in asked else means.now()
    usual = {"correct_moves": watched.correct_moves, "limits": limits_to(watched.limits)}
    said = {**usual, **asked, "kind": hand.connector.name}
    resumed = resume(hand.write_back(plan_settings(watched.playbooks, said["kind"]), nobody_watches))
    facts = RunFacts(KIND, watched.crm, as_of, version("dealgate"), watched.playbooks)
    with means.ledger.writing() as connection:
        move_on(connection, led, lease)
        clear_parts(connection, led.id)
        if led.run_id is not None:
            set_state(connection, led.run_id, RunState.ABANDONED, means.now())
        run_id = start_run(connection, facts, lease)
        digest = Digest(run_id, as_of, resumed=_counts(resumed)).to_json()
        begun = {
            "run_id": run_id,
            "started_at": led.started_at or means.now(),
            "settings": {**asked, **said},
            "digest": digest,
        }
        return move_on(connection, led, lease, state=SweepState.READING.value, **begun)


def read(led: Sweep, hand: Hand, lease: Callable[[], Lease], hold: Hold) -> tuple[Sweep, tuple[str, ...]]:
    """Read all deals into parts, then let everybody judge them; gives the waivers that do not hold, in words, too.

    `hold` is called again and again while that goes on, and raises what ends it.
    """
    means, run = hand.means, hand.run
    judging = Judging(hand.connector.name, hand.playbooks, Question(run.as_of))
    deals = _stored(led, hand, lease, hold)
    texts = judging.shared_texts(deals)
    for _ in deals:
        pass
    problems = [str(each) for each in hand.connector.problems]
    found = WaiverSources(hand.playbooks, hand.connector, means.ledger, means.watched.waivers).waivers(run.as_of)
    context = Context(hand.connector.name, found.valid, texts)
    with means.ledger.writing() as connection:
        record_problems(connection, run.id, problems)
        digest = keep(connection, context_to_bytes(context), means.now())
        judged = {"state": SweepState.JUDGING.value, "context": digest}
        return move_on(connection, led, lease(), **judged), found.refused


def _stored(led: Sweep, hand: Hand, lease: Callable[[], Lease], hold: Hold) -> Iterator[pa.Table]:
    """Store the tables of each part, and what the CRM holds of ours, and yield its deals."""
    for number, tables in enumerate(hand.connector.read(hand.playbooks, None, batches.DEALS_AT_ONCE)):
        hold()
        _store(led, hand, lease(), number, tables)
        yield tables["deals"]


def _store(led: Sweep, hand: Hand, lease: Lease, number: int, tables: Tables) -> None:
    ids = tables.deal_ids
    data, written = to_bytes(of_deals(tables, ids)), state_to_bytes(hand.connector.read_state(ids))
    with hand.means.ledger.writing() as connection:
        move_on(connection, led, lease)
        first, second = (keep(connection, each, hand.means.now()) for each in (data, written))
        put_part(connection, Part(led.id, number, len(ids), first, second))


def _counts(resumed: Resumed) -> dict[str, int]:
    return {"finished": len(resumed.finished), "doubted": resumed.doubted, "dropped": resumed.dropped}
