"""Scenes as those of the kill tests, in which nothing is killed, and everything else goes wrong."""

from __future__ import annotations

from tests.kills.conftest import killing, postgresql_server, postgresql_url, store

__all__ = ["killing", "postgresql_server", "postgresql_url", "store"]
