"""Parts of a sweep: at most a thousand deals each, judged by whoever claims them, and recorded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from engine.ledger.errors import LostPartError
from engine.ledger.lease import Lease
from engine.ledger.tables import sweep_part

WAITING, JUDGING, DONE = "waiting", "judging", "done"


@dataclass(frozen=True, slots=True)
class Part:
    """A part to judge: hashes of its tables and of what the CRM held of ours, and how often it was lost."""

    sweep_id: int
    number: int
    deals: int
    tables: str
    written: str
    attempts: int = 0


PART = tuple(each.name for each in fields(Part))


@dataclass(frozen=True, slots=True)
class PartsDone:
    """How many parts and deals of a sweep there are, how many are judged, and the most that one part was lost."""

    parts: int = 0
    deals: int = 0
    parts_done: int = 0
    deals_done: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class PartResult:
    """What came of a part: its counts, and the lines that the run's checksum is taken of, pressed together."""

    number: int
    counts: Mapping[str, Any]
    lines: bytes


def put_part(connection: Connection, part: Part) -> None:
    """Add a part that waits to be judged."""
    values = {name: getattr(part, name) for name in PART}
    connection.execute(sweep_part.insert().values(**values, state=WAITING, worker=""))


def clear_parts(connection: Connection, sweep_id: int) -> None:
    """Take out all parts of a sweep."""
    connection.execute(delete(sweep_part).where(sweep_part.c.sweep_id == sweep_id))


def claim_part(connection: Connection, sweep_id: int, lease: Lease, gone: Callable[[str], bool]) -> Part | None:
    """Take the first part that nobody judges, or whose worker was lost; None where there is none."""
    lost = or_(sweep_part.c.lease_until <= lease.now, sweep_part.c.worker.in_(_gone(connection, sweep_id, gone)))
    free = or_(sweep_part.c.state == WAITING, and_(sweep_part.c.state == JUDGING, lost))
    query = select(sweep_part.c.number, sweep_part.c.state).where(sweep_part.c.sweep_id == sweep_id, free)
    first = query.order_by(sweep_part.c.number).limit(1).with_for_update(skip_locked=True)
    row = connection.execute(first).first()
    if row is None:
        return None
    attempts = case((sweep_part.c.state == JUDGING, sweep_part.c.attempts + 1), else_=sweep_part.c.attempts)
    taken = update(sweep_part).where(_this(sweep_id, row.number))
    values = {"state": JUDGING, "worker": lease.worker, "lease_until": lease.until, "attempts": attempts}
    connection.execute(taken.values(values))
    columns = (sweep_part.c[name] for name in PART)
    return Part(*connection.execute(select(*columns).where(_this(sweep_id, row.number))).one())


def finish_part(connection: Connection, part: Part, worker: str, counts: Mapping[str, Any], lines: bytes) -> None:
    """Record that a part is judged; raises LostPartError where another worker took it over."""
    held = and_(_this(part.sweep_id, part.number), sweep_part.c.worker == worker, sweep_part.c.state == JUDGING)
    values = {"state": DONE, "result": dict(counts), "lines": lines, "lease_until": None}
    if connection.execute(update(sweep_part).where(held).values(values)).rowcount != 1:
        raise LostPartError(part.number)


def give_back(connection: Connection, part: Part, worker: str) -> None:
    """Let others judge a part that could not be judged here; that counts as an attempt."""
    held = and_(_this(part.sweep_id, part.number), sweep_part.c.worker == worker, sweep_part.c.state == JUDGING)
    values = {"state": WAITING, "worker": "", "lease_until": None, "attempts": sweep_part.c.attempts + 1}
    connection.execute(update(sweep_part).where(held).values(values))


def parts_done(connection: Connection, sweep_id: int) -> PartsDone:
    """Count the parts of a sweep and their deals."""
    done = sweep_part.c.state == DONE
    counts = (
        func.count(),
        func.coalesce(func.sum(sweep_part.c.deals), 0),
        func.coalesce(func.sum(case((done, 1), else_=0)), 0),
        func.coalesce(func.sum(case((done, sweep_part.c.deals), else_=0)), 0),
        func.coalesce(func.max(case((done, 0), else_=sweep_part.c.attempts)), 0),
    )
    return PartsDone(*connection.execute(select(*counts).where(sweep_part.c.sweep_id == sweep_id)).one())


def part_results(connection: Connection, sweep_id: int) -> Iterator[PartResult]:
    """Yield what came of the parts, in their order, one at a time."""
    numbers = select(sweep_part.c.number).where(sweep_part.c.sweep_id == sweep_id).order_by(sweep_part.c.number)
    for number in list(connection.execute(numbers).scalars()):
        row = connection.execute(select(sweep_part.c.result, sweep_part.c.lines).where(_this(sweep_id, number))).one()
        yield PartResult(number, row.result, bytes(row.lines))


def _gone(connection: Connection, sweep_id: int, gone: Callable[[str], bool]) -> list[str]:
    """Name the workers that hold parts and have stopped."""
    held = (sweep_part.c.sweep_id == sweep_id, sweep_part.c.state == JUDGING)
    workers = connection.execute(select(sweep_part.c.worker).where(*held).distinct()).scalars()
    return [worker for worker in workers if gone(worker)]


def _this(sweep_id: int, number: int) -> ColumnElement[bool]:
    return and_(sweep_part.c.sweep_id == sweep_id, sweep_part.c.number == number)
