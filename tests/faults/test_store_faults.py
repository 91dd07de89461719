"""What happens where the store is locked, full or started anew: CRMs send again, workers try again, nothing is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.ledger.store import open_ledger
from tests.kills.killing import Killing
from tests.kills.scene import Scene, until
from tests.postgresql import make_database, postgresql, restart_postgresql

REFUSED = "the store failed, events are to be sent again"
SIZE, LEFT = 8 << 20, 64 << 10
"""Bytes of a small disk, and what is left of it when it is nearly full."""


def test_a_store_that_is_locked_for_long_refuses_events_and_keeps_them_later(killing: Any, tmp_path: Path) -> None:
    with killing("salesforce", "sqlite") as scene, scene.scene.serving():
        locking = sqlite3.connect(tmp_path / "dealgate.db", isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        scene.change()
        until(lambda: REFUSED in scene.scene.said(), "events are refused")
        locking.execute("ROLLBACK")
        locking.close()
        scene.come_to_rest()
        assert " 503 " in scene.scene.said()
        assert scene.broken() == []


def test_a_full_disk_refuses_events_and_the_service_works_on_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = disk / "dealgate.db"
        open_ledger(store).close()
        with open_ledger(store) as ledger, Scene(tmp_path, "salesforce", str(store), deals=60) as scene:
            killing = Killing(scene, ledger)
            with scene.serving() as service:
                ballast = fill(disk)
                killing.change()
                until(lambda: REFUSED in scene.said(), "events are refused")
                assert service.poll() is None
                ballast.unlink()
                killing.come_to_rest()
            assert killing.broken() == []


def test_a_postgresql_that_is_started_anew_again_and_again_loses_nothing(tmp_path: Path) -> None:
    with postgresql(durable=True) as server:
        store = make_database(server, "template1")
        open_ledger(store, may_upgrade=True).close()
        with open_ledger(store) as ledger, Scene(tmp_path, "salesforce", store) as scene:
            killing = Killing(scene, ledger)
            with scene.serving() as service:
                for times in range(1, 4):
                    killing.change()
                    until(lambda: scene.said().count("dealgate.intake: acme") >= times, "events came")  # noqa: B023
                    restart_postgresql(server)
                killing.come_to_rest()
                assert service.poll() is None
            assert "the store failed" in scene.said()
            assert killing.broken() == []


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes, or skip where that is not allowed."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(  # noqa: S603 - our own
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],  # noqa: S607
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - our own


def fill(disk: Path) -> Path:
    """Fill a disk to its last byte, and give the file that does so."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (LEFT, 1):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError:
                continue
    return ballast
