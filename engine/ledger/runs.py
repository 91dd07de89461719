"""Runs: who judged which playbooks as of when, how far it came, and what it counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, exists, func, select, update

from engine.judge.plan import RunTotals
from engine.ledger.errors import LostRunError
from engine.ledger.lease import Lease
from engine.ledger.tables import LARGEST_KEY, LIVE_SWEEP, playbook_text, run, run_playbook, sweep
from engine.ledger.upsert import inserting
from rules.playbook import Playbook


class RunState(StrEnum):
    """How far a run came: its changes are sent from `applying` on, and not before."""

    PLANNING = "planning"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    ABANDONED = "abandoned"


IN_ORDER = (run_playbook.c.number, run_playbook.c.name)
UNFINISHED = (RunState.PLANNING.value, RunState.APPLYING.value)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run is: its kind (`apply`, `sweep`, ...), the CRM's name, its as-of and the engine's version."""

    kind: str
    crm: str
    as_of: datetime
    engine: str
    playbooks: Sequence[Playbook]


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has not ended."""

    id: int
    state: RunState
    as_of: datetime
    worker: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the store keeps it; `playbooks` are the names and texts it judged by, in their order.

    `problems` says what was wrong with rows of the CRM.
    """

    id: int
    kind: str
    crm: str
    as_of: datetime
    engine: str
    state: RunState
    checksum: str
    totals: Mapping[str, int]
    refusals: tuple[str, ...]
    playbooks: tuple[tuple[str, str], ...]
    problems: tuple[str, ...] = ()


def start_run(connection: Connection, facts: RunFacts, lease: Lease) -> int:
    """Record a run that begins, with the playbooks' texts; give its id."""
    values = {
        "kind": facts.kind,
        "crm": facts.crm,
        "as_of": facts.as_of,
        "engine": facts.engine,
        "worker": lease.worker,
        "state": RunState.PLANNING.value,
        "started_at": lease.now,
        "lease_until": lease.until,
    }
    run_id = int(connection.execute(run.insert().values(values).returning(run.c.id)).scalar_one())
    for number, playbook in enumerate(facts.playbooks):
        _store_text(connection, run_id, number, playbook)
    return run_id


def renew(connection: Connection, run_id: int, lease: Lease) -> None:
    """Extend a run's lease; raises LostRunError where another worker gave it up."""
    mine = run.update().where(run.c.id == run_id, run.c.worker == lease.worker, run.c.state.in_(UNFINISHED))
    if connection.execute(mine.values(lease_until=lease.until)).rowcount != 1:
        raise LostRunError(run_id)


def take_over(connection: Connection, found: OpenRun, lease: Lease) -> bool:
    """Make a run one's own where its worker was not heard of meanwhile; False: someone else was quicker."""
    as_found = (run.c.id == found.id, run.c.worker == found.worker, run.c.lease_until == found.lease_until)
    taken = connection.execute(update(run).where(*as_found).values(worker=lease.worker, lease_until=lease.until))
    return taken.rowcount == 1


def open_runs(connection: Connection, crm: str) -> list[OpenRun]:
    """List the runs on a CRM that have not ended, oldest first; those of a sweep that goes on are its own."""
    columns = (run.c.id, run.c.state, run.c.as_of, run.c.worker, run.c.lease_until)
    swept = exists().where(LIVE_SWEEP, sweep.c.run_id == run.c.id).correlate(run)
    unfinished = select(*columns).where(run.c.state.in_(UNFINISHED), run.c.crm == crm, ~swept)
    rows = connection.execute(unfinished.order_by(run.c.id))
    return [OpenRun(row.id, RunState(row.state), row.as_of, row.worker, row.lease_until) for row in rows]


def stored_run(connection: Connection, run_id: int) -> StoredRun:
    """Give a run by its id, with the texts it judged by; raises NoResultFound where there is none."""
    row = connection.execute(select(run).where(run.c.id == min(run_id, LARGEST_KEY))).one()
    texts = select(run_playbook.c.name, playbook_text.c.text).join(playbook_text)
    playbooks = connection.execute(texts.where(run_playbook.c.run_id == run_id).order_by(*IN_ORDER))
    return StoredRun(
        row.id,
        row.kind,
        row.crm,
        row.as_of,
        row.engine,
        RunState(row.state),
        row.checksum or "",
        row.totals or {},
        tuple(row.refusals or ()),
        tuple((each.name, each.text) for each in playbooks),
        tuple(row.problems or ()),
    )


def last_run(connection: Connection) -> int | None:
    """Tell the id of the last run that began; None where none has."""
    return connection.execute(select(func.max(run.c.id))).scalar()


def record_totals(connection: Connection, run_id: int, totals: RunTotals, refused: Collection[str]) -> None:
    """Record what a run counted, its checksum and why it was refused, if it was."""
    values = {"totals": totals.totals.to_json(), "checksum": totals.checksum, "refusals": list(refused)}
    connection.execute(update(run).where(run.c.id == run_id).values(values))


def record_problems(connection: Connection, run_id: int, problems: Collection[str]) -> None:
    """Record what was wrong with rows of the CRM, in words."""
    connection.execute(update(run).where(run.c.id == run_id).values(problems=list(problems)))


def set_state(connection: Connection, run_id: int, state: RunState, now: datetime) -> None:
    """Move a run on; every state but `planning` and `applying` ends it."""
    finished = None if state.value in UNFINISHED else now
    connection.execute(update(run).where(run.c.id == run_id).values(state=state.value, finished_at=finished))


def _store_text(connection: Connection, run_id: int, number: int, playbook: Playbook) -> None:
    digest = sha256(playbook.text.encode()).hexdigest()
    kept = {"hash": digest, "name": playbook.name, "text": playbook.text}
    connection.execute(inserting(connection, playbook_text).values(kept).on_conflict_do_nothing())
    connection.execute(run_playbook.insert().values(run_id=run_id, name=playbook.name, hash=digest, number=number))
