"""Counts for Prometheus: what this process did, and beside it what the store knows at that moment.

Every label takes few values: names of CRMs that are served, states, kinds and reasons; never a deal's id.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.exposition import choose_encoder

from connectors.protocol import Spent
from engine.ledger.events import Accepted
from engine.ledger.store import Ledger
from engine.runs.loaded import Loaded
from engine.runs.mistakes import Mistake
from engine.runs.noting import Reason
from engine.runs.pipeline import utc_now
from engine.runs.write_back import Now
from web.store_metrics import StoreMetrics

ANSWERS = (200, 400, 401, 408, 413, 429, 503)
"""What a webhook may be answered."""
ANSWER_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
ROUND_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
ACTED_SECONDS = (0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """Counts for one process that serves the CRMs named; takes note of work as `engine.runs.noting.Noting`."""

    def __init__(
        self, crms: Sequence[str], ledger: Ledger, loaded: Callable[[], Loaded] | None = None, now: Now = utc_now
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library left it so
        self.registry = registry = CollectorRegistry()
        self._events = Counter("dealgate_events", "Events of CRMs", ["crm", "outcome"], registry=registry)
        self._answers = Counter("dealgate_answers", "Answers to webhooks", ["crm", "status"], registry=registry)
        self._answering = Histogram(
            "dealgate_answer_seconds", "Time to answer", ["crm"], buckets=ANSWER_SECONDS, registry=registry
        )
        self._judged = Counter("dealgate_deals_judged", "Deals judged and written", ["crm"], registry=registry)
        self._rounds = Histogram(
            "dealgate_round_seconds", "Time of a batch of due deals", ["crm"], buckets=ROUND_SECONDS, registry=registry
        )
        self._acted = Histogram(
            "dealgate_event_to_write_back_seconds",
            "From an event to the CRM's last receipt",
            ["crm"],
            buckets=ACTED_SECONDS,
            registry=registry,
        )
        self._failures = Counter("dealgate_failures", "Work that came to nothing", ["crm", "reason"], registry=registry)
        self._calls = Counter("dealgate_crm_calls", "API calls to CRMs", ["crm", "kind"], registry=registry)
        self._left = Gauge("dealgate_crm_calls_left", "API calls of the day that are left", ["crm"], registry=registry)
        self._limit = Gauge("dealgate_crm_calls_limit", "API calls of the day in all", ["crm"], registry=registry)
        self._turned_away = Counter("dealgate_turned_away", "Requests beyond an address's rate", registry=registry)
        self._begin(crms)
        if loaded is not None:
            self._tell_loaded(loaded)
        registry.register(StoreMetrics(ledger, crms, now))
        ProcessCollector(registry=registry)

    def heard(self, crm: str, accepted: Accepted, ignored: int, left_out: int) -> None:
        """Take note of what a CRM told."""
        counts = {"new": accepted.new, "again": accepted.again, "ignored": ignored, "left_out": left_out}
        for outcome, many in counts.items():
            self._events.labels(crm, outcome).inc(many)

    def answered(self, crm: str, status: int, seconds: float) -> None:
        """Take note of how a webhook was answered."""
        self._answers.labels(crm, str(status)).inc()
        self._answering.labels(crm).observe(seconds)

    def turned_away(self) -> None:
        """Take note that an address sends more than it may."""
        self._turned_away.inc()

    def judged(self, crm: str, deals: int, seconds: float) -> None:
        """Take note of deals that were read, judged and written together."""
        self._judged.labels(crm).inc(deals)
        self._rounds.labels(crm).observe(seconds)

    def acted(self, crm: str, waited: Sequence[float]) -> None:
        """Take note of how long deals waited, from their event to their last receipt."""
        for each in waited:
            self._acted.labels(crm).observe(max(0.0, each))

    def failed(self, crm: str, reason: Reason) -> None:
        """Take note that work came to nothing."""
        self._failures.labels(crm, reason.value).inc()

    def spent(self, crm: str, spent: Spent) -> None:
        """Take note of what a connector spent."""
        for kind, many in spent.calls.items():
            self._calls.labels(crm, kind).inc(many)
        if spent.left is not None and spent.limit is not None:
            self._left.labels(crm).set(spent.left)
            self._limit.labels(crm).set(spent.limit)

    def page(self, accept: str = "") -> tuple[bytes, str]:
        """Give all there is to tell as it stands now, in the form asked for, and the name of that form."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _begin(self, crms: Sequence[str]) -> None:
        """Let every count begin at nothing, so that the first of its kind is seen as a rise."""
        Info("dealgate_build", "What runs here", registry=self.registry).info(
            {"version": version("dealgate"), "python": platform.python_version()}
        )
        for crm in crms:
            self.heard(crm, Accepted(), 0, 0)
            for status in ANSWERS:
                self._answers.labels(crm, str(status))
            for reason in Reason:
                self._failures.labels(crm, reason.value)
            for each in (self._answering, self._judged, self._rounds, self._acted):
                each.labels(crm)

    def _tell_loaded(self, loaded: Callable[[], Loaded]) -> None:
        since = Gauge("dealgate_playbooks_loaded_timestamp_seconds", "Since when they judge", registry=self.registry)
        since.set_function(lambda: loaded().since.timestamp())  # noqa: PLW0108 - it changes
        refused = Gauge("dealgate_playbooks_refused", "1 while newer files cannot be loaded", registry=self.registry)
        refused.set_function(lambda: float(bool(loaded().problem)))


@contextmanager
def metrics_served(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Answer whoever asks for metrics at an address of their own, on a thread; gives the port, which 0 leaves open."""
    try:
        server, thread = start_http_server(port, host, metrics.registry)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"`{host}` port {port} cannot be listened on: {reason}"
        raise Mistake(message, "choose another `--metrics-port`") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
