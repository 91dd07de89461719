"""What must hold once all is quiet, whatever was killed: held against the store and against the CRM's own book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from engine.judge.changes import ChangeKind
from engine.ledger.outbox import LIVE_STATES
from engine.ledger.runs import UNFINISHED
from engine.ledger.store import Ledger
from engine.ledger.tables import change, due_deal, event, finding, run
from tests.kills.counted import Counts
from tests.kills.scene import Scene, score_of

Book = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """What the store says: deals still due, changes and runs without an end, events, and what was done in the CRM."""

    due: int
    live: int
    unfinished: int
    events: int
    flagged: Counter[str] = field(repr=False)
    made: Counter[str] = field(repr=False)
    last_finding: int

    @property
    def undecided(self) -> int:
        return self.due + self.live + self.unfinished


def kept(ledger: Ledger) -> Kept:
    """Read the store."""
    done = select(change.c.kind, change.c.deal_id, change.c.payload).where(change.c.state == "done")
    with ledger.reading() as connection:

        def count(*what: Any) -> int:
            return int(connection.execute(select(func.count()).where(*what)).scalar_one())

        rows = connection.execute(done).all()
        flags, made = ChangeKind.SET_FLAGS.value, ChangeKind.CREATE_TASK.value
        return Kept(
            due=count(due_deal.c.deal_id.is_not(None)),
            live=count(change.c.state.in_(LIVE_STATES)),
            unfinished=count(run.c.state.in_(UNFINISHED)),
            events=count(event.c.id.is_not(None)),
            flagged=Counter(row.deal_id for row in rows if row.kind == flags),
            made=Counter(row.payload["task"]["key"] for row in rows if row.kind == made),
            last_finding=connection.execute(select(func.max(finding.c.id))).scalar_one() or 0,
        )


def is_quiet(scene: Scene, ledger: Ledger) -> bool:
    """Whether every event was acknowledged, and all that was asked for is decided."""
    told = scene.tell()
    return told["told"] == told["acknowledged"] and not kept(ledger).undecided


def broken_promises(book: Book, found: Kept) -> Iterator[str]:
    """Say in words what does not hold."""
    if found.undecided:
        yield f"{found.due} deals are still due, {found.live} changes and {found.unfinished} runs have no end"
    if not book["told"] == book["acknowledged"] == found.events:
        yield f"of {book['told']} events {book['acknowledged']} were acknowledged and {found.events} are kept"
    yield from _stale(book)
    yield from _apart("task", found.made, book["made"])
    yield from _apart("setting of flags", found.flagged, book["flagged"])
    yield from (f"task {key} was completed {times} times" for key, times in book["completed"].items() if times > 1)


def counted(book: Book, found: Kept) -> Counts:
    """Count what was found."""
    made, flagged = Counter(book["made"]), Counter(book["flagged"])
    return Counts(
        events=book["acknowledged"],
        changes=made.total() + flagged.total() + sum(book["completed"].values()),
        tasks=made.total(),
        doubled=(made - Counter(set(made))).total() + (flagged - found.flagged).total(),
        lost=len(list(_stale(book))) + (found.made - made).total() + (found.flagged - flagged).total(),
        undecided=found.undecided,
    )


def _stale(book: Book) -> Iterator[str]:
    for deal, (amount, score) in book["deals"].items():
        if float(score or 0) != score_of(amount):
            yield f"deal {deal} is worth {amount}, and its flags are of another time: {score}"


def _apart(what: str, ours: Mapping[str, int], theirs: Mapping[str, int]) -> Iterator[str]:
    """Compare how often the store says that something was done with how often the CRM saw it."""
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key, 0) != theirs.get(key, 0):
            yield f"{what} {key}: done {ours.get(key, 0)} times by the store, {theirs.get(key, 0)} times in the CRM"
