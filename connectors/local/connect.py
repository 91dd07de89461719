"""Opens a local CRM: a SQLite file, or a folder of CSV files."""

from __future__ import annotations

from pathlib import Path

from connectors.local.connector import LocalConnector
from connectors.local.database import PATIENCE
from connectors.local.folder import FolderStore
from connectors.local.sqlite import SqliteStore


def connect(target: Path, patience: float = PATIENCE) -> LocalConnector:
    """Open a local CRM; `patience` is how many seconds to wait for another program that is writing."""
    store = FolderStore(target) if target.is_dir() else SqliteStore(target, patience)
    return LocalConnector(store)
