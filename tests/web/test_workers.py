"""`dealgate worker` as processes on one PostgreSQL store; `serve` beside others on SQLite, and as its files change."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from connectors.salesforce import names
from engine.ledger import sweeps
from engine.ledger.store import Ledger, open_ledger
from engine.ledger.sweeps import Sweep
from tests.simulators.salesforce import SalesforceSimulator
from tests.web.conftest import until
from tests.web.test_serve import CONFIG, PLAYBOOK, command, deal, environment, folder, org, served, status

__all__ = ["folder", "org"]

DEALS = 2_100
JUDGED = re.compile(r"sweep .*: \d+ of \d+ deals are judged")
FREE = "limits: {blocked: 100, tasks: 1000, tasks-per-owner: 1000000}\n"


@dataclass
class Working:
    """A running process of `dealgate worker`."""

    process: subprocess.Popen[str]
    said: Sequence[str]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log


@contextmanager
def working(org: SalesforceSimulator, folder: Path, store: str, lines: int = 1) -> Iterator[Working]:
    with subprocess.Popen(  # noqa: S603 - our own
        command("worker", "--store", store, "--crm", "acme"),
        cwd=folder, env=environment(org), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = [process.stdout.readline().rstrip() for _ in range(lines)]
        if not said[0]:
            raise AssertionError(process.communicate()[1])
        try:
            yield Working(process, said)
        finally:
            if process.poll() is None:
                process.kill()


def ask(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    with ledger.writing() as connection:
        assert sweeps.ask(connection, "acme", f"by hand {now.isoformat()}", now, {})


def last(ledger: Ledger) -> Sweep:
    with ledger.reading() as connection:
        return sweeps.last_sweeps(connection, "acme", 1)[0]


def test_two_workers_share_a_sweep_and_write_everything_once(
    org: SalesforceSimulator, folder: Path, postgresql_url: str
) -> None:
    (folder / "dealgate.yaml").write_text((folder / "dealgate.yaml").read_text("utf-8") + FREE, encoding="utf-8")
    ids = [deal(org, Name=f"Deal {number}") for number in range(DEALS)]
    with ExitStack() as running:
        ledger = running.enter_context(open_ledger(postgresql_url))
        both = [running.enter_context(working(org, folder, postgresql_url)) for _ in range(2)]
        assert [each.said for each in both] == [["working on acme"]] * 2
        ask(ledger)
        until(lambda: not last(ledger).state.live, 300)
        ended = [each.end() for each in both]
        found = last(ledger)
    assert (found.state.value, found.digest["outcomes"]) == ("done", {"done": 2 * DEALS})
    assert [code for code, _ in ended] == [0, 0]
    assert all(JUDGED.search(log) for _, log in ended)
    assert {org.org.get("Opportunity", id_)[names.STATUS] for id_ in ids} == {"not yet"}
    assert len(org.org.rows("Task")) == DEALS


def test_a_worker_refuses_a_sqlite_file(org: SalesforceSimulator, folder: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own
        command("worker"), cwd=folder, env=environment(org), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("the store `sqlite:///dealgate.db` is a SQLite file, which one service works on")


def test_the_second_service_on_a_sqlite_file_refuses_and_a_sweep_by_hand_does_not(
    org: SalesforceSimulator, folder: Path
) -> None:
    id_ = deal(org)
    with served(org, folder) as service:
        second = subprocess.run(  # noqa: S603 - our own
            command("serve", "--port", "0"), cwd=folder, env=environment(org), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        by_hand = subprocess.run(  # noqa: S603 - our own
            command("sweep"), cwd=folder, env=environment(org), capture_output=True, text=True, check=False
        )
        assert service.end()[0] == 0
    assert second.returncode == 3
    assert f"is worked on by another service already (process {service.process.pid})" in second.stderr
    assert (by_hand.returncode, "1 deals judged" in by_hand.stdout) == (0, True)
    assert status(org, id_) == "not yet"


def test_a_service_sweeps_what_was_missed_and_reads_playbooks_again_as_they_change(
    org: SalesforceSimulator, folder: Path
) -> None:
    missed = datetime.now(UTC) - timedelta(minutes=2)
    text = CONFIG.format(url=org.url, organization=org.org.organization_id)
    swept = f'    sweep: {{at: "{missed:%H:%M}", timezone: UTC}}\n'
    (folder / "dealgate.yaml").write_text(text.replace("    sign_in: session\n", f"    sign_in: session\n{swept}"))
    id_ = deal(org)
    with served(org, folder) as service:
        assert service.process.stdout is not None
        assert service.process.stdout.readline() == f"acme: swept at {missed:%H:%M} UTC, every day\n"
        until(lambda: status(org, id_) == "not yet", 60)
        (folder / "sales.yaml").write_text("playbook: sales\nversion: two\n", encoding="utf-8")
        until(lambda: "dealgate_playbooks_refused 1.0" in metrics(service.url), 30)
        (folder / "sales.yaml").write_text(PLAYBOOK.replace("version: 1", "version: 2"), encoding="utf-8")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "dealgate_playbooks_refused 0.0" in metrics(service.url), 30)
        until(lambda: nights(folder) == [(f"{missed:%Y-%m-%d}", "done")], 60)
        code, log = service.end()
    assert code == 0
    assert "newer playbooks are not taken, sales@1 stay: sales.yaml:" in log
    assert "playbooks are loaded: sales@2" in log
    assert "1 deals judged, 1 of them open; 0 newly blocked; written: 1 flags, 1 new tasks" in log


def metrics(url: str) -> str:
    return requests.get(f"{url}/metrics", timeout=10).text


def nights(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / "dealgate.db") as db:
        found = db.execute("SELECT slot, state FROM sweep ORDER BY id").fetchall()
    db.close()
    return [(slot, state) for slot, state in found]
