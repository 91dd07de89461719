"""One service works on a SQLite file; any number share PostgreSQL; a kill leaves no lock behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.ledger.errors import LedgerError
from engine.ledger.only_service import ServedAlreadyError, only_service
from engine.ledger.store import open_ledger

HOLDING = """
import os, sys
from engine.ledger.only_service import only_service
with only_service(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_service_on_a_file_is_refused_by_name(tmp_path: Path) -> None:
    store = tmp_path / "dealgate.db"
    with only_service(store), pytest.raises(ServedAlreadyError) as told, only_service(f"sqlite:///{store}"):
        pass
    assert str(told.value) == (
        f"the store `{store}` is worked on by another service already (process {os.getpid()})\n"
        "  help: end that one, or share a PostgreSQL store by `--store postgresql://...`"
    )
    with only_service(store):
        pass


def test_the_lock_ends_with_the_process_that_was_killed(tmp_path: Path) -> None:
    store = tmp_path / "dealgate.db"
    command = [sys.executable, "-c", HOLDING, str(store)]
    with subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(ServedAlreadyError, match=f"process {process.pid}"), only_service(store):
            pass
        process.kill()
        process.wait()
        with only_service(store), open_ledger(store):
            pass


def test_postgresql_and_a_store_in_memory_are_shared() -> None:
    for where in ("postgresql://dealgate@127.0.0.1/dealgate", ":memory:"):
        with only_service(where), only_service(where):
            pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no such file or directory"), only_service(tmp_path / "gone" / "dealgate.db"):
        pass
