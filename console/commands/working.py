"""`worker`: shares the work of a service on a PostgreSQL store, without listening to anybody."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from threading import Event
from typing import Annotated

import typer

from console.desk import Asked, configured
from console.log_lines import LogFormat, log_to_stderr
from console.options import ConfigFile, LogLines, Playbooks, Store, UpgradeStore
from console.show.page import page, words
from console.watching import Crms, said_of, worked_of
from engine.ledger.store import open_ledger, store_url
from engine.runs.mistakes import Mistake
from engine.runs.signals import ending_by_signal
from engine.runs.workers import Workers
from web.metrics import Metrics, metrics_served


class NotShared(Mistake):
    """A SQLite file has one service, and no workers beside it."""

    def __init__(self, store: str) -> None:
        what = f"the store `{store}` is a SQLite file, which one service works on"
        super().__init__(
            what, "`dealgate serve` works by itself; share a PostgreSQL store by `--store postgresql://...`"
        )


def worker(
    *,
    crm: Crms = None,
    playbook: Playbooks = None,
    config: ConfigFile = None,
    store: Store = "",
    upgrade_store: UpgradeStore = False,
    metrics_host: Annotated[str, typer.Option(help="The address that tells metrics.")] = "127.0.0.1",
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port that tells metrics; left out, none does.")
    ] = None,
    log_format: LogLines = LogFormat.TEXT,
) -> None:
    """Judge and write what events make due, and share in sweeps, beside a service on the same PostgreSQL store."""
    asked = Asked(config, playbooks=playbook or (), store=store, upgrade_store=upgrade_store)
    configuration = configured(config)
    where = store or configuration.store
    if store_url(where).get_backend_name() == "sqlite":
        raise NotShared(where)
    worked = worked_of(asked, configuration, crm or [])
    with ExitStack() as opened:
        ledger = opened.enter_context(open_ledger(where, may_upgrade=upgrade_store))
        metrics = Metrics([each.crm for each in worked.crms], ledger, lambda: workers.loaded)
        workers = Workers(worked, ledger, metrics)
        lines = [f"working on {', '.join(each.crm for each in worked.crms)}", *said_of(worked)]
        if metrics_port is not None:
            port = opened.enter_context(metrics_served(metrics, metrics_host, metrics_port))
            lines.append(f"metrics on http://{metrics_host}:{port}/metrics")
        log_to_stderr(log_format)
        _work(workers, lines)


def _work(workers: Workers, lines: list[str]) -> None:
    """Work until SIGINT or SIGTERM; what is in hand is finished."""
    ended = Event()
    with ending_by_signal(ended.set, workers.reload_soon):
        for line in lines:
            page().print(words(line), soft_wrap=True)
        sys.stdout.flush()
        workers.start()
        try:
            ended.wait()
        finally:
            workers.end()
