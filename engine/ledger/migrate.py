"""Versions of the store's tables: which one is there, which one is needed, and the way between them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def found_version(connection: Connection) -> str:
    """Tell the version of the tables in a database; "" where there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def wanted_version() -> str:
    """Tell the version this engine works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def known_versions() -> frozenset[str]:
    """Name the versions this engine can bring up to date."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(connection: Connection) -> None:
    """Bring the tables to the version this engine works with, inside the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
