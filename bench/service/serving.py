"""`dealgate serve` as a process, over a store of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from engine.ledger.store import open_ledger
from tests.postgresql import make_database

ROOT = Path(__file__).parent.parent.parent
FIRST = "acme"
"""The CRM that is always among those served."""
LIMITS = "intake: {per_address: 100000, per_crm: 100000}\n"
"""The rate is measured that the service can take, not the one it is told to."""
PLAYBOOK = Path(__file__).with_name("playbook.yaml")


@contextmanager
def serving(folder: Path, store: str, crms: str, secrets: Mapping[str, str]) -> Iterator[str]:
    """Serve the CRMs of a piece of `dealgate.yaml`, and give the address; the log is `serve.log` in the folder."""
    rest = f"crm: {FIRST}\nplaybooks: [{PLAYBOOK}]\n{LIMITS}"
    (folder / "dealgate.yaml").write_text(f"crms:\n{crms}{rest}", encoding="utf-8")
    words = [sys.executable, str(ROOT / "cli.py"), "serve", "--port", "0", "--store", store]
    surroundings = {**os.environ, **secrets, "NO_PROXY": "localhost,127.0.0.1", "NO_COLOR": "1"}
    log = folder / "serve.log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own
            words, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline().split()
        assert first, log.read_text(encoding="utf-8")
        try:
            yield first[-1]
        finally:
            process.terminate()
            process.communicate(timeout=60)


def new_store(folder: Path, server: str) -> str:
    """Make an empty store: a file of SQLite's, or a database on a PostgreSQL server where one is named."""
    if not server:
        return str(folder / "dealgate.db")
    made = make_database(server, "template1")
    open_ledger(made, may_upgrade=True).close()
    return made
