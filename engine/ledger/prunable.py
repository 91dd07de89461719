"""What of the store is older than its retention, table by table, in the order it is taken away.

What stands, what is on its way to the CRM and what an unfinished run or sweep needs is none of it, however old.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, exists, func, select, union

from engine.ledger.inputs import RENEWED_AFTER
from engine.ledger.retention import Retention
from engine.ledger.runs import UNFINISHED
from engine.ledger.tables import (
    change,
    deal_seen,
    event,
    finding,
    receipt,
    run,
    run_input,
    run_playbook,
    stored_input,
    sweep,
    sweep_part,
    verdict,
    waiver,
)

Condition = ColumnElement[bool]
SETTLED = ("done", "refused")
SWEEP_OVER = ("done", "refused", "failed")
RUN_NAMED_IN = (
    finding.c.run_id,
    finding.c.until_run,
    verdict.c.run_id,
    deal_seen.c.run_id,
    change.c.run_id,
    receipt.c.run_id,
    sweep.c.run_id,
    run_input.c.run_id,
)


@dataclass(frozen=True)
class Prunable:
    """Rows of a table to take away; `counts` is what they are counted as, "" for what goes with others.

    `still` is asked again when they are: what came since may have renewed them.
    """

    counts: str
    table: Table
    where: Condition
    still: Condition
    at_once: int = 1000


def prunable(retention: Retention, now: datetime) -> Iterator[Prunable]:
    """Yield what is older than its retention."""
    if retention.events is not None:
        yield _of("events", event, event.c.received_at < now - retention.events)
    if retention.inputs is not None:
        yield from _inputs(now - retention.inputs)
    if retention.history is not None:
        yield from _history(now - retention.history)


def _of(counts: str, table: Table, where: Condition) -> Prunable:
    return Prunable(counts, table, where, where)


def _inputs(before: datetime) -> Iterator[Prunable]:
    ended = exists().where(run.c.id == run_input.c.run_id, run.c.started_at < before, run.c.state.not_in(UNFINISHED))
    yield _of("", run_input, ended)
    yield _of("", sweep_part, _part_of_sweep_over(before))
    old = stored_input.c.stored_at < before - RENEWED_AFTER
    needed = union(
        select(run_input.c.tables).where(~ended),
        select(run_input.c.context).where(~ended),
        select(sweep_part.c.tables).where(~_part_of_sweep_over(before)),
        select(sweep_part.c.written).where(~_part_of_sweep_over(before)),
        select(sweep.c.context).where(sweep.c.context.is_not(None), sweep.c.state.not_in(SWEEP_OVER)),
    )
    yield Prunable("inputs", stored_input, and_(old, stored_input.c.hash.not_in(needed)), old, at_once=25)


def _history(before: datetime) -> Iterator[Prunable]:
    yield _of("findings", finding, finding.c.until < before)
    later = verdict.alias()
    replaced = (later.c.deal_id == verdict.c.deal_id, later.c.id > verdict.c.id, later.c.since < before)
    yield _of("verdicts", verdict, and_(verdict.c.since < before, exists().where(*replaced)))
    settled = and_(change.c.state.in_(SETTLED), change.c.finished_at < before)
    yield _of("", receipt, exists().where(change.c.id == receipt.c.change_id, settled))
    yield _of("changes", change, settled)
    yield _of("waivers", waiver, waiver.c.expires_at < before)
    yield _of("", sweep_part, _part_of_sweep_over(before))
    yield _of("sweeps", sweep, _over(before))
    ended = and_(run.c.state.not_in(UNFINISHED), run.c.finished_at < before)
    unnamed = and_(ended, *(~exists().where(column == run.c.id) for column in RUN_NAMED_IN))
    yield _of("", run_playbook, exists().where(run.c.id == run_playbook.c.run_id, unnamed))
    yield _of("runs", run, unnamed)


def _over(before: datetime) -> Condition:
    ended_at = func.coalesce(sweep.c.finished_at, sweep.c.due_at)
    return and_(sweep.c.state.in_(SWEEP_OVER), ended_at < before)


def _part_of_sweep_over(before: datetime) -> Condition:
    return exists().where(sweep.c.id == sweep_part.c.sweep_id, _over(before))
