"""What the store knows, as metrics: read when it is asked for, so that it is right however many workers there are."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.ledger.standing import (
    CHANGE_STATES,
    DUE_STATES,
    due_standing,
    findings_standing,
    last_sweep,
    outbox_standing,
)
from engine.ledger.store import Ledger
from engine.runs.pipeline import utc_now
from engine.runs.write_back import Now
from rules.playbook import Kind
from web.answers import first_line

COUNTED_FOR, SHARE = 60.0, 50
"""For how many seconds a count of findings is told again, and how many times as long as it took: it looks at all."""
logger = logging.getLogger("dealgate.metrics")


class StoreMetrics(Collector):
    """Reads the store for the CRMs named; a store that cannot be read is told as such, and holds nothing else up."""

    def __init__(self, ledger: Ledger, crms: Sequence[str], now: Now = utc_now) -> None:
        self._ledger = ledger
        self._crms = tuple(crms)
        self._now = now
        self._lock = Lock()
        self._findings: Mapping[str, Mapping[str, int]] = {}
        self._count_again_at = 0.0

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give everything as it stands."""
        try:
            with self._lock, self._ledger.reading() as connection:
                found = [
                    *self._due(connection),
                    self._outbox(connection),
                    self._standing(connection),
                    *self._sweeps(connection),
                ]
        except SQLAlchemyError as error:
            logger.error("the store could not be read: %s", first_line(error))  # noqa: TRY400 - an outage
            found = []
        yield GaugeMetricFamily("dealgate_store_up", "1 while the store can be read", value=float(bool(found)))
        yield from found

    def _due(self, connection: Connection) -> Iterator[GaugeMetricFamily]:
        now = self._now()
        many = GaugeMetricFamily("dealgate_due_deals", "Deals to look at", labels=["crm", "state"])
        oldest = GaugeMetricFamily(
            "dealgate_oldest_due_seconds", "How long the deal waits that waits longest", labels=["crm"]
        )
        for crm, standing in due_standing(connection, self._crms, now).items():
            for state in DUE_STATES:
                many.add_metric([crm, _label(state)], standing.by_state.get(state, 0))
            waits = 0.0 if standing.oldest is None else (now - standing.oldest).total_seconds()
            oldest.add_metric([crm], max(0.0, waits))
        yield many
        yield oldest

    def _outbox(self, connection: Connection) -> GaugeMetricFamily:
        family = GaugeMetricFamily("dealgate_outbox_changes", "Changes not settled", labels=["crm", "state"])
        for crm, by_state in outbox_standing(connection, self._crms).items():
            for state in CHANGE_STATES:
                family.add_metric([crm, _label(state)], by_state.get(state, 0))
        return family

    def _standing(self, connection: Connection) -> GaugeMetricFamily:
        begun = time.monotonic()
        if begun >= self._count_again_at:
            self._findings = findings_standing(connection, self._crms)
            ended = time.monotonic()
            self._count_again_at = ended + max(COUNTED_FOR, SHARE * (ended - begun))
        family = GaugeMetricFamily("dealgate_findings", "Findings that stand", labels=["crm", "kind"])
        for crm, by_kind in self._findings.items():
            for kind in Kind:
                family.add_metric([crm, kind.value], by_kind.get(kind.value, 0))
        return family

    def _sweeps(self, connection: Connection) -> Iterator[GaugeMetricFamily]:
        names = {
            "running": GaugeMetricFamily("dealgate_sweep_running", "1 while a sweep goes on", labels=["crm"]),
            "done": GaugeMetricFamily("dealgate_sweep_done_ratio", "How much of it is judged", labels=["crm"]),
            "finished": GaugeMetricFamily(
                "dealgate_sweep_last_finished_timestamp_seconds", "When one last came to its end", labels=["crm"]
            ),
            "failed": GaugeMetricFamily(
                "dealgate_sweep_last_failed", "1 where the latest was refused or failed", labels=["crm"]
            ),
        }
        for crm in self._crms:
            latest, ended = last_sweep(connection, crm), last_sweep(connection, crm, done=True)
            names["running"].add_metric([crm], float(latest is not None and latest.live))
            names["done"].add_metric([crm], latest.judged if latest is not None else 0.0)
            names["failed"].add_metric([crm], float(latest is not None and latest.failed))
            if ended is not None and ended.finished_at is not None:
                names["finished"].add_metric([crm], ended.finished_at.timestamp())
        yield from names.values()


def _label(state: str) -> str:
    return state.replace(" ", "_")
