"""Parts of a sweep: at most a thousand deals each, judged by whoever claims them, and recorded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from engine.ledger.errors import LostPartError
from engine.ledger.lease import LONGEST, Lease
from engine.ledger.tables import sweep_part

WAITING, JUDGING, DONE = "waiting", "judging", "done"


@dataclass(frozen=True, slots=True)
class Part:
    """A part to judge: hashes of its tables and of what the CRM held of ours, and how often it was tried."""

    sweep_id: int
    number: int
    deals: int
    tables: str
    written: str
    attempts: int = 0


PART = tuple(each.name for each in fields(Part))


@dataclass(frozen=True, slots=True)
class PartsDone:
    """How many parts and deals of a sweep there are, and how many of them are judged."""

    parts: int = 0
    deals: int = 0
    parts_done: int = 0
    deals_done: int = 0


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


@dataclass(frozen=True, slots=True)
class Free:
    """Which parts of a sweep may be claimed: those nobody judges at a moment, and of workers that are `gone`."""

    sweep_id: int
    now: datetime
    gone: Callable[[str], bool]

    def where(self, connection: Connection) -> ColumnElement[bool]:
        """Give the condition."""
        held = (sweep_part.c.sweep_id == self.sweep_id, sweep_part.c.state == JUDGING)
        workers = connection.execute(select(sweep_part.c.worker).where(*held).distinct()).scalars()
        until = sweep_part.c.lease_until
        over = or_(until <= self.now, until > self.now + LONGEST)
        lost = or_(over, sweep_part.c.worker.in_(list(filter(self.gone, workers))))
        free = or_(sweep_part.c.state == WAITING, and_(sweep_part.c.state == JUDGING, lost))
        return and_(sweep_part.c.sweep_id == self.sweep_id, free)


def claim_parts(connection: Connection, free: Free, lease: Lease, most: int, limit: int) -> list[Part]:
    """Take the first parts that are free and were not tried `most` times already, in their order."""
    query = select(sweep_part.c.number).where(free.where(connection), sweep_part.c.attempts < most)
    first = query.order_by(sweep_part.c.number).limit(limit).with_for_update(skip_locked=True)
    these = _these(free.sweep_id, list(connection.execute(first).scalars()))
    values = {"state": JUDGING, "worker": lease.worker, "lease_until": lease.until}
    connection.execute(update(sweep_part).where(these).values({**values, "attempts": sweep_part.c.attempts + 1}))
    claimed = select(*(sweep_part.c[name] for name in PART)).where(these).order_by(sweep_part.c.number)
    return [Part(*row) for row in connection.execute(claimed)]


def count_free(connection: Connection, free: Free) -> int:
    """Count the parts that may be claimed."""
    return int(connection.execute(select(func.count()).where(free.where(connection))).scalar_one())


def is_hopeless(connection: Connection, free: Free, most: int) -> bool:
    """Whether some part was tried `most` times, and nobody judges it any more."""
    tried = select(sweep_part.c.number).where(free.where(connection), sweep_part.c.attempts >= most)
    return connection.execute(tried.limit(1)).first() is not None


def finish_part(connection: Connection, part: Part, worker: str, counts: Mapping[str, Any], lines: bytes) -> None:
    """Record that a part is judged; raises LostPartError where another worker took it over."""
    held = and_(_this(part.sweep_id, part.number), sweep_part.c.worker == worker, sweep_part.c.state == JUDGING)
    values = {"state": DONE, "result": dict(counts), "lines": lines, "lease_until": None}
    if connection.execute(update(sweep_part).where(held).values(values)).rowcount != 1:
        raise LostPartError(part.number)


def give_back(connection: Connection, parts: Sequence[Part], worker: str) -> None:
    """Let others judge what of these parts could not be judged here."""
    these = _these(parts[0].sweep_id, [part.number for part in parts])
    held = and_(these, sweep_part.c.worker == worker, sweep_part.c.state == JUDGING)
    connection.execute(update(sweep_part).where(held).values(state=WAITING, worker="", lease_until=None))


def parts_done(connection: Connection, sweep_id: int) -> PartsDone:
    """Count the parts of a sweep and their deals."""
    done = sweep_part.c.state == DONE
    counts = (
        func.count(),
        func.coalesce(func.sum(sweep_part.c.deals), 0),
        func.coalesce(func.sum(case((done, 1), else_=0)), 0),
        func.coalesce(func.sum(case((done, sweep_part.c.deals), else_=0)), 0),
    )
    return PartsDone(*connection.execute(select(*counts).where(sweep_part.c.sweep_id == sweep_id)).one())


def part_results(connection: Connection, sweep_id: int) -> Iterator[PartResult]:
    """Yield what came of the parts, in their order, one at a time."""
    numbers = select(sweep_part.c.number).where(sweep_part.c.sweep_id == sweep_id).order_by(sweep_part.c.number)
    for number in list(connection.execute(numbers).scalars()):
        row = connection.execute(select(sweep_part.c.result, sweep_part.c.lines).where(_this(sweep_id, number))).one()
        yield PartResult(number, row.result, bytes(row.lines))


def _this(sweep_id: int, number: int) -> ColumnElement[bool]:
    return _these(sweep_id, [number])


def _these(sweep_id: int, numbers: Sequence[int]) -> ColumnElement[bool]:
    return and_(sweep_part.c.sweep_id == sweep_id, sweep_part.c.number.in_(numbers))
