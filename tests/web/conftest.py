"""The HTTP side on a port of its own, over a real store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread

import pytest
import requests
import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from connectors.events import Listener
from connectors.hubspot.events.listener import HubSpotListener
from connectors.hubspot.settings import EventSettings as HubSpotEvents
from connectors.salesforce.events.listener import SalesforceListener
from connectors.salesforce.settings import EventSettings as SalesforceEvents
from connectors.secret import Secret
from engine.ledger import tables
from engine.ledger.store import Ledger
from engine.runs.service_settings import IntakeSettings
from tests.engine.write_back.conftest import ledger, postgresql_server, postgresql_url
from web.admin import Admin
from web.app import new_app
from web.intake import Intake
from web.metrics import Metrics
from web.service import config_of, listen

__all__ = ["ledger", "postgresql_server", "postgresql_url"]

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
ORGANIZATION, PATH, KEY = "00DdM00000AbCdEUAV", "s3cret-end", "callout-key"
APP, APP_KEY, PUBLIC = 1160452, "app-secret", "https://hooks.acme.example"
LISTENERS: Mapping[str, Listener] = {
    "acme": SalesforceListener(SalesforceEvents(ORGANIZATION, Secret(PATH), Secret(KEY))),
    "hub": HubSpotListener(HubSpotEvents(APP, Secret(APP_KEY), PUBLIC)),
}


@dataclass
class Running:
    """A running intake: where it listens, what it keeps, and whom it woke."""

    ledger: Ledger
    url: str = ""
    woken: list[str] = field(default_factory=list)
    metrics: Metrics | None = None

    def post(self, path: str, body: bytes | Iterator[bytes] = b"", **headers: str) -> requests.Response:
        return self.ask("POST", path, body, **headers)

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] = b"", **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, data=body, headers=sent, timeout=30)

    def counts(self) -> dict[str, float]:
        """Ask for the metrics, by their name and labels as they are written."""
        found = dict[str, float]()
        for family in text_string_to_metric_families(self.ask("GET", "/metrics").text):
            for each in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sorted(each.labels.items()))
                found[f"{each.name}{{{labels}}}" if labels else each.name] = each.value
        return found

    def due(self) -> dict[tuple[str, str], int]:
        with self.ledger.reading() as connection:
            rows = connection.execute(select(tables.due_deal.c.crm, tables.due_deal.c.deal_id, tables.due_deal.c.asks))
            return {(row.crm, row.deal_id): row.asks for row in rows}

    def events(self) -> int:
        with self.ledger.reading() as connection:
            return len(connection.execute(select(tables.event.c.id)).all())


@contextmanager
def serving(
    ledger: Ledger,
    *,
    settings: IntakeSettings | None = None,
    admin: Callable[[Running], Admin] | None = None,
    now: Callable[[], datetime] = lambda: NOW,
) -> Iterator[Running]:
    how = settings or IntakeSettings()
    running = Running(ledger, metrics=Metrics(list(LISTENERS), ledger, now=now))
    intake = Intake(LISTENERS, ledger, running.woken.append, now, running.metrics, how.per_crm)
    app = new_app(intake, ledger, running.metrics, admin(running) if admin else None, how)
    server = uvicorn.Server(config_of(app))
    with listen("127.0.0.1", 0) as bound:
        running.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        try:
            yield running
        finally:
            server.should_exit = True
            thread.join()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that another thread or process does, no longer than it may take."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def running(ledger: Ledger) -> Iterator[Running]:
    with serving(ledger) as found:
        yield found
