"""`serve`: listens to what CRMs push, and judges and writes the deals they name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from connectors.connecting import connect
from connectors.crm_settings import CrmSettings, kind_of
from connectors.listening import listener_of
from console.desk import Asked, configured, playbook_files
from console.log_lines import LogFormat, log_to_stderr
from console.options import ConfigFile, LogLines, Playbooks, Store, UpgradeStore
from console.show.page import page, words
from engine.ledger.store import open_ledger
from engine.runs.config import Config
from engine.runs.due import Watched
from engine.runs.mistakes import Mistake, ProblemsFound
from engine.runs.playbooks import load_playbooks
from rules.playbook import Playbook
from rules.problems import did_you_mean
from web.service import Served, Service, listen

PATIENCE = 3
"""How long intake waits for the store, in seconds: HubSpot waits five for an answer."""
PORT = 8700


def serve(
    *,
    crm: Annotated[
        list[str] | None,
        typer.Option("--crm", metavar="NAME", help="A CRM of `dealgate.yaml` to listen to; repeatable. Usually all."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = PORT,
    playbook: Playbooks = None,
    config: ConfigFile = None,
    store: Store = "",
    upgrade_store: UpgradeStore = False,
    log_format: LogLines = LogFormat.TEXT,
) -> None:
    """Listen to what CRMs push, and judge and write each deal they name within seconds, as it is by then."""
    asked = Asked(config, playbooks=playbook or (), store=store, upgrade_store=upgrade_store)
    configuration = configured(config)
    playbooks = load_playbooks(playbook_files(asked, configuration))
    served = [_served(name, configuration, playbooks) for name in _names(crm or [], configuration)]
    with ExitStack() as opened:
        where = store or configuration.store
        ledger = opened.enter_context(open_ledger(where, may_upgrade=upgrade_store))
        intake_ledger = opened.enter_context(open_ledger(where, patience=PATIENCE))
        service = Service(served, ledger, intake_ledger, configuration.intake)
        listening = opened.enter_context(listen(host, port))
        log_to_stderr(log_format)
        _say_where(served, f"http://{host}:{listening.getsockname()[1]}")
        service.run(listening)


def _names(asked: list[str], config: Config) -> list[str]:
    """Give the CRMs to listen to: those named, or all that say what their events must carry."""
    for name in asked:
        if name in config.unusable:
            raise ProblemsFound(config.unusable[name])
        if name not in config.crms:
            raise Mistake(f"`dealgate.yaml` has no CRM `{name}`", did_you_mean(name, {*config.crms, *config.unusable}))
    if asked:
        return list(dict.fromkeys(asked))
    found = [name for name, settings in config.crms.items() if listener_of(settings) is not None]
    if not found and config.unusable:
        raise ProblemsFound([problem for problems in config.unusable.values() for problem in problems])
    if not found:
        raise Mistake("no CRM of `dealgate.yaml` has `events`", "add them to one, and say what they must carry")
    return found


def _served(name: str, config: Config, playbooks: tuple[Playbook, ...]) -> Served:
    settings = config.crms[name]
    listener = listener_of(settings)
    if listener is None:
        raise Mistake(f"CRM `{name}` has no `events`", _help(settings))
    watched = Watched(name, partial(connect, settings), playbooks, config.waivers, config.correct_moves)
    return Served(listener, watched)


def _help(settings: CrmSettings) -> str:
    kind = kind_of(settings)
    return "a local CRM pushes nothing" if kind == "local" else f"add `events` to it; `docs/{kind}.md` says how"


def _say_where(served: list[Served], address: str) -> None:
    for line in _pointers(served, address):
        page().print(words(line), soft_wrap=True)
    sys.stdout.flush()


def _pointers(served: list[Served], address: str) -> Iterator[str]:
    yield f"listening on {address}"
    for each in served:
        name = each.watched.crm
        for pointer in each.listener.pointers(f"/webhooks/{each.listener.kind}/{name}"):
            yield f"{name}: {pointer}"
