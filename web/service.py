"""The service: intake and workers over one store in one process, until a signal asks it to end."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from connectors.events import Listener
from engine.ledger.store import Ledger
from engine.runs.due import DueDeals, Watched
from engine.runs.mistakes import Mistake
from engine.runs.service_settings import IntakeSettings
from engine.runs.working import Working
from web.app import new_app
from web.intake import Intake
from web.metrics import Metrics

AT_ONCE = 256
"""How many connections are held at the same time; more are answered 503."""
ENDING = 10
"""How long requests under way may take once the end was asked for, in seconds."""
logger = logging.getLogger("dealgate.service")


@dataclass(frozen=True)
class Served:
    """A CRM that is listened to, and whose due deals are worked on."""

    listener: Listener
    watched: Watched


class CannotListenError(Mistake):
    """The address is taken, or not this machine's."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"`{host}` port {port} cannot be listened on: {reason}", "choose another `--port` or `--host`")


class Service:
    """Listens, and works; `intake_ledger` is the same store as `ledger`, but waits less, since a CRM waits too."""

    def __init__(
        self, served: Sequence[Served], ledger: Ledger, intake_ledger: Ledger, settings: IntakeSettings
    ) -> None:
        metrics = Metrics([each.watched.crm for each in served], intake_ledger)
        self._workers: Mapping[str, Working] = {
            each.watched.crm: Working(each.watched.crm, _due_deals(each.watched, ledger, metrics).round)
            for each in served
        }
        listeners = {each.watched.crm: each.listener for each in served}
        intake = Intake(listeners, intake_ledger, self._wake, metrics=metrics, per_crm=settings.per_crm)
        self.app = new_app(intake, intake_ledger, metrics, settings=settings)

    def run(self, listening: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM; requests and batches in hand are finished. A second signal ends at once."""
        server = _Server(config_of(self.app))
        with _ending_by_signal(server.end):
            for worker in self._workers.values():
                worker.start()
            try:
                server.run(sockets=[listening])
            finally:
                logger.info("ending: batches in hand are finished")
                self._end()

    def _wake(self, crm: str) -> None:
        self._workers[crm].wake()

    def _end(self) -> None:
        for worker in self._workers.values():
            worker.end()
        for worker in self._workers.values():
            worker.join()


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


def _due_deals(watched: Watched, ledger: Ledger, metrics: Metrics) -> DueDeals:
    return DueDeals(watched, ledger, watched.crm, noting=metrics)


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn would raise them once more when it is done, before the workers are."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def end(self) -> None:
        """Take no more requests."""
        self.should_exit = True


@contextmanager
def _ending_by_signal(end: Callable[[], None]) -> Iterator[None]:
    """Ask for the end at the first signal; the second does what it did before."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ending(_number: int, _frame: FrameType | None) -> None:
        restore()
        end()

    for number in before:
        signal.signal(number, ending)
    try:
        yield
    finally:
        restore()
