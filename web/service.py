"""The service: intake and workers over one store in one process, until a signal asks it to end."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from connectors.events import Listener
from connectors.secret import Secret
from engine.ledger.store import Ledger
from engine.runs.mistakes import Mistake
from engine.runs.service_settings import IntakeSettings
from engine.runs.signals import ending_by_signal
from engine.runs.workers import Worked, Workers
from web.admin import Admin
from web.app import new_app
from web.intake import Intake
from web.metrics import Metrics

AT_ONCE = 256
"""How many connections are held at the same time; more are answered 503."""
ENDING = 10
"""How long requests under way may take once the end was asked for, in seconds."""


class CannotListenError(Mistake):
    """The address is taken, or not this machine's."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"`{host}` port {port} cannot be listened on: {reason}", "choose another `--port` or `--host`")


@dataclass(frozen=True)
class Stores:
    """One store, opened twice: for intake it waits less, since a CRM waits for that too."""

    ledger: Ledger
    intake: Ledger


class Service:
    """Listens, and works: to the CRMs of `listeners` it listens, all of `worked` it works on."""

    def __init__(
        self,
        worked: Worked,
        listeners: Mapping[str, Listener],
        stores: Stores,
        settings: IntakeSettings,
        token: Secret | None = None,
    ) -> None:
        crms = [each.crm for each in worked.crms]
        metrics = Metrics(crms, stores.intake, lambda: self.workers.loaded)
        self.workers = workers = Workers(worked, stores.ledger, metrics)
        admin = None if token is None else _admin(token, stores.intake, crms, workers)
        intake = Intake(listeners, stores.intake, workers.wake, metrics=metrics, per_crm=settings.per_crm)
        self.app = new_app(intake, stores.intake, metrics, admin, settings)

    def run(self, listening: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM; requests and batches in hand are finished. A second signal ends at once."""
        server = _Server(config_of(self.app))
        with ending_by_signal(server.end, self.workers.reload_soon):
            self.workers.start()
            try:
                server.run(sockets=[listening])
            finally:
                self.workers.end()


def config_of(app: ASGIApp) -> uvicorn.Config:
    """Say how requests are taken: plainly, by HTTP alone, and logged by ourselves, since a path may end in a secret."""
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        timeout_graceful_shutdown=ENDING,
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the address to listen on; port 0 takes any that is free.

    Connections inherit that small pieces are sent at once; else an answer's body would wait 40 ms for its header's
    receipt.
    """
    try:
        (family, *_), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listening = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise CannotListenError(host, port, (error.strerror or str(error)).lower()) from None
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _admin(token: Secret, ledger: Ledger, crms: Sequence[str], workers: Workers) -> Admin:
    return Admin(token, ledger, crms, lambda: workers.loaded, workers.reload, workers.wake)


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn would raise them once more when it is done, before the workers are."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def end(self) -> None:
        """Take no more requests."""
        self.should_exit = True
