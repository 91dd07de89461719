"""`serve`: listens to what CRMs push, judges and writes the deals they name, and sweeps at night."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Annotated

import typer

from connectors.events import Listener
from connectors.listening import listener_of
from console.desk import Asked, configured
from console.log_lines import LogFormat, log_to_stderr
from console.options import ConfigFile, LogLines, Playbooks, Store, UpgradeStore
from console.show.page import page, words
from console.watching import Crms, said_of, worked_of
from engine.ledger.only_service import only_service
from engine.ledger.store import open_ledger
from engine.runs.config import Config
from engine.runs.workers import Worked
from web.service import Service, Stores, listen

PATIENCE = 3
"""How long intake waits for the store, in seconds: HubSpot waits five for an answer."""
PORT = 8700


def serve(
    *,
    crm: Crms = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = PORT,
    playbook: Playbooks = None,
    config: ConfigFile = None,
    store: Store = "",
    upgrade_store: UpgradeStore = False,
    log_format: LogLines = LogFormat.TEXT,
) -> None:
    """Judge and write each deal that CRMs tell of within seconds, as it is by then, and sweep at night."""
    asked = Asked(config, playbooks=playbook or (), store=store, upgrade_store=upgrade_store)
    configuration = configured(config)
    worked = worked_of(asked, configuration, crm or [])
    listeners = _listeners(worked, configuration)
    with ExitStack() as opened:
        where = store or configuration.store
        ledger = opened.enter_context(open_ledger(where, may_upgrade=upgrade_store))
        opened.enter_context(only_service(where))
        stores = Stores(ledger, opened.enter_context(open_ledger(where, patience=PATIENCE)))
        service = Service(worked, listeners, stores, configuration.intake, configuration.admin)
        listening = opened.enter_context(listen(host, port))
        log_to_stderr(log_format)
        _say(f"http://{host}:{listening.getsockname()[1]}", worked, listeners)
        service.run(listening)


def _listeners(worked: Worked, config: Config) -> dict[str, Listener]:
    """Give what hears the events of each CRM that pushes any."""
    found = {each.crm: listener_of(config.crms[each.crm]) for each in worked.crms}
    return {crm: listener for crm, listener in found.items() if listener is not None}


def _say(address: str, worked: Worked, listeners: Mapping[str, Listener]) -> None:
    for line in (f"listening on {address}", *_pointers(listeners), *said_of(worked)):
        page().print(words(line), soft_wrap=True)
    sys.stdout.flush()


def _pointers(listeners: Mapping[str, Listener]) -> Iterator[str]:
    for crm, listener in listeners.items():
        for pointer in listener.pointers(f"/webhooks/{listener.kind}/{crm}"):
            yield f"{crm}: {pointer}"
