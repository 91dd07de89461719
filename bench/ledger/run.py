"""Measures what it costs to keep what runs judged from: `python -m bench.ledger.run` prints it, `--write` keeps it.

The deals are made up like those of the example pipeline, and judged by the shipped playbook `enterprise`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from bench.ledger.pruning import pruned
from bench.page import machine, write_into
from connectors.local import connect
from engine.judge.changes import WriteBackState
from engine.judge.kept_context import Inputs
from engine.judge.plan_settings import plan_settings
from engine.judge.tables import Tables
from engine.ledger.lease import Lease
from engine.ledger.runs import RunFacts, RunState, set_state, start_run
from engine.ledger.store import Ledger, open_ledger
from engine.runs.batches import BatchOfVerdicts, PlannedPiece, planned_piece
from engine.runs.judging import Judging, Question
from engine.runs.playbooks import load_playbooks
from engine.runs.recording import laid_out, record_piece
from engine.runs.replay import Replay
from examples.company import AS_OF
from examples.generate import generate_scaled
from rules.playbook import Playbook
from tests.postgresql import make_database, postgresql

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reliability.md"
SIZES = (1000, 100, 1)
ROUNDS = 7
"""How often each is measured; the median counts."""
EVENTS = 500_000
"""How many events are pruned."""
CHANGED = 0.05
"""The part of the deals that somebody changes from one night to the next."""


@dataclass(frozen=True)
class Kept:
    """What keeping some deals costs: bytes, and milliseconds to lay them out, to record them and to replay them."""

    deals: int
    bytes: int
    laying_out: float
    recording: dict[str, tuple[float, float]]
    replaying: float


def main() -> None:
    """Measure pieces of several sizes, on both databases, and what a night adds."""
    parser = argparse.ArgumentParser(prog="python -m bench.ledger.run", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/reliability.md")
    arguments = parser.parse_args()
    playbooks = load_playbooks([ROOT / "playbooks" / "enterprise.yaml"])
    with tempfile.TemporaryDirectory() as folder, postgresql(durable=True) as server, _judged(playbooks) as batch:
        open_ledger(server.replace("/postgres?", "/ready?"), may_upgrade=True).close()
        stores = {
            "SQLite": lambda: str(Path(folder) / f"{uuid4().hex}.db"),
            "PostgreSQL": lambda: make_database(server, "ready"),
        }
        rows = [_measured(_some(batch, size), playbooks, stores) for size in SIZES]
        night = _night(_some(batch, SIZES[0]))
    text = "\n\n".join([machine(), _table(rows), night, pruned(EVENTS)])
    print(text)
    if arguments.write:
        write_into(PAGE, "ledger", text)


@contextmanager
def _judged(playbooks: Sequence[Playbook]) -> Iterator[BatchOfVerdicts]:
    """Judge a thousand deals and more as a run does."""
    with tempfile.TemporaryDirectory() as folder:
        generate_scaled(Path(folder), 4 * SIZES[0])
        with connect(Path(folder)) as crm:
            tables = next(crm.read(playbooks))
    with Judging("local", playbooks, Question(AS_OF)) as judging:
        yield judging.batch(tables, judging.shared_texts([tables["deals"]]))


def _some(batch: BatchOfVerdicts, size: int) -> BatchOfVerdicts:
    assert len(batch.verdicts) >= size
    return replace(batch, verdicts=batch.verdicts[:size])


def _measured(batch: BatchOfVerdicts, playbooks: Sequence[Playbook], stores: dict[str, Callable[[], str]]) -> Kept:
    _say(f"{len(batch.verdicts)} deals")
    piece = _planned(batch, playbooks)
    kept = next(laid_out([piece])).kept
    assert kept is not None
    laying_out = _median(lambda: next(laid_out([piece])))
    recording = {name: _recorded(piece, playbooks, where) for name, where in stores.items()}
    replaying = _replayed(piece, playbooks, stores["SQLite"]())
    size = len(kept.tables) + len(kept.context) + len(kept.digests)
    return Kept(len(batch.verdicts), size, laying_out, recording, replaying)


def _planned(batch: BatchOfVerdicts, playbooks: Sequence[Playbook]) -> PlannedPiece:
    with open_ledger(":memory:") as ledger:
        return planned_piece(batch, WriteBackState(), ledger, plan_settings(playbooks, "local"), AS_OF)


def _recorded(piece: PlannedPiece, playbooks: Sequence[Playbook], where: Callable[[], str]) -> tuple[float, float]:
    """Give how long the transaction takes that records a piece, without what it was judged from and with it."""
    whole = next(laid_out([piece]))
    bare = replace(piece, batch=replace(piece.batch, inputs=None))
    return _transaction(bare, playbooks, where), _transaction(whole, playbooks, where)


def _transaction(piece: PlannedPiece, playbooks: Sequence[Playbook], where: Callable[[], str]) -> float:
    times = []
    for _ in range(ROUNDS):
        with open_ledger(where(), may_upgrade=True) as ledger:
            run_id = _run(ledger, playbooks)
            start = time.perf_counter()
            with ledger.writing() as connection:
                record_piece(connection, run_id, piece, AS_OF, AS_OF)
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _replayed(piece: PlannedPiece, playbooks: Sequence[Playbook], where: str) -> float:
    """Give how long a replay takes, compiling the playbook left out; every verdict must be the same."""
    with open_ledger(where) as ledger:
        run_id = _run(ledger, playbooks)
        with ledger.writing() as connection:
            record_piece(connection, run_id, next(laid_out([piece])), AS_OF, AS_OF)
            set_state(connection, run_id, RunState.DONE, AS_OF)
        with Replay(ledger, run_id) as again:
            compiled = list(again.verdicts())
            start = time.perf_counter()
            assert list(again.verdicts()) == compiled
            assert again.otherwise == []
            return 1000 * (time.perf_counter() - start)


def _run(ledger: Ledger, playbooks: Sequence[Playbook]) -> int:
    with ledger.writing() as connection:
        return start_run(connection, RunFacts("sweep", "acme", AS_OF, "", playbooks), Lease("bench", AS_OF, AS_OF))


def _night(batch: BatchOfVerdicts) -> str:
    """Say what is added by a night after which every twentieth deal is otherwise."""
    assert batch.inputs is not None
    tables = batch.inputs.tables
    deals = tables["deals"]
    every = pa.array([number % round(1 / CHANGED) == 0 for number in range(deals.num_rows)])
    changed = deals.set_column(
        deals.column_names.index("next_step"), "next_step", pc.if_else(every, "call them again", deals["next_step"])
    )
    other = replace(
        batch, inputs=Inputs(Tables({**tables.tables, "deals": changed}, tables.tracked), batch.inputs.context)
    )
    first, second = (next(laid_out([PlannedPiece(each, None, None)])).kept for each in (batch, other))  # type: ignore[arg-type]
    assert first is not None
    assert second is not None
    assert first.tables != second.tables
    none, some = len(first.digests) / 1000, (len(second.tables) + len(second.digests)) / 1000
    return (
        f"A night on which none of these thousand deals changed adds {none:,.0f} kB of digests to the store. One on "
        f"which {CHANGED:.0%} of them did, spread over all of them, adds {some:,.0f} kB: what deals are judged from is "
        "kept by the piece."
    )


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _table(rows: Sequence[Kept]) -> str:
    head = (
        "| deals judged together | kept | laid out in | recorded on SQLite, without it and with it | on PostgreSQL "
        "| judged again in |\n|---:|---:|---:|---:|---:|---:|"
    )
    return "\n".join([head, *map(_row, rows)])


def _row(row: Kept) -> str:
    recorded = [f"{bare:,.1f} and {whole:,.1f} ms" for bare, whole in row.recording.values()]
    cells = [f"{row.deals:,}", f"{row.bytes / 1000:,.1f} kB", f"{row.laying_out:,.1f} ms", *recorded]
    return f"| {' | '.join(cells)} | {row.replaying:,.1f} ms |"


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    main()
