"""Batches of verdicts, and their plans against the CRM as it is: memory holds one piece at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from connectors.protocol import Connector
from engine.judge.changes import WriteBackState
from engine.judge.crossings import Move
from engine.judge.kept_context import Inputs
from engine.judge.memory import Memory
from engine.judge.plan import Plan, merge, plan
from engine.judge.plan_settings import PlanSettings
from engine.judge.verdicts import Verdict
from engine.ledger.memory import remember
from engine.ledger.store import Ledger

DEALS_AT_ONCE = 1000
"""The most deals one transaction of the outbox holds."""


@dataclass(frozen=True, slots=True)
class BatchOfVerdicts:
    """Some deals judged, in the order of their ids, across batches too.

    `managers` gives the manager of each owner of these deals, by id; `unjudged` the criteria that could not be judged
    since the CRM does not deliver what they read; `moves` each deal's last change of stage; `inputs` all that they were
    judged from (None: it is not kept).
    """

    verdicts: Sequence[Verdict]
    managers: Mapping[str, str] = field(default_factory=dict)
    unjudged: Collection[str] = ()
    moves: Mapping[str, Move] = field(default_factory=dict)
    inputs: Inputs | None = None


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """The bytes that a piece leaves in the store: its tables, its context, and digests of its verdicts."""

    tables: bytes
    context: bytes
    digests: bytes


@dataclass(frozen=True, slots=True)
class PlannedPiece:
    """At most a thousand deals, what was remembered of them, and their plan; `kept` once it was laid out."""

    batch: BatchOfVerdicts
    memory: Memory
    plan: Plan
    kept: KeptPiece | None = None


def planned_pieces(
    batches: Iterable[BatchOfVerdicts], connector: Connector, ledger: Ledger, settings: PlanSettings, as_of: datetime
) -> Iterator[PlannedPiece]:
    """Yield the plans of all batches, piece by piece."""
    for piece in _pieces(batches):
        state = connector.read_state([verdict.deal_id for verdict in piece.verdicts])
        yield planned_piece(piece, state, ledger, settings, as_of)


def planned_piece(
    piece: BatchOfVerdicts, state: WriteBackState, ledger: Ledger, settings: PlanSettings, as_of: datetime
) -> PlannedPiece:
    """Plan one piece against what the CRM holds of ours and what the store remembers."""
    ids = [verdict.deal_id for verdict in piece.verdicts]
    with ledger.reading() as connection:
        memory = remember(connection, ids, day_start(settings, as_of))
    made = plan(
        piece.verdicts, state, memory, settings, as_of,
        managers=piece.managers, unjudged=piece.unjudged, moves=piece.moves,
    )  # fmt: skip
    return PlannedPiece(piece, memory, made)


def plan_run(
    batches: Iterable[BatchOfVerdicts], connector: Connector, ledger: Ledger, settings: PlanSettings, as_of: datetime
) -> Plan:
    """Plan a whole run to be shown; neither the CRM nor the store is written."""
    pieces = planned_pieces(batches, connector, ledger, settings, as_of)
    return merge((piece.plan for piece in pieces), settings, as_of)


def day_start(settings: PlanSettings, as_of: datetime) -> datetime:
    """Give the moment the local day began, on the calendar where that was first."""
    zones = {terms.calendar.zone for terms in settings.terms.values()}
    starts = (datetime.combine(as_of.astimezone(zone).date(), time.min, zone) for zone in zones)
    return min(starts, key=datetime.timestamp, default=as_of)


def _pieces(batches: Iterable[BatchOfVerdicts]) -> Iterator[BatchOfVerdicts]:
    for batch in batches:
        for start in range(0, len(batch.verdicts), DEALS_AT_ONCE):
            yield replace(batch, verdicts=batch.verdicts[start : start + DEALS_AT_ONCE])
