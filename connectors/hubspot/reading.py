"""Gives what a mirror of an account holds as canonical tables."""

from __future__ import annotations

from connectors.hubspot.canonical import statements
from connectors.hubspot.standard import DEALS
from connectors.hubspot.wanted import Wanted
from connectors.mirror.mirror import Mirror
from connectors.mirror.reading import MirrorReader


class Reader(MirrorReader):
    """Reads one mirror, whose tables hold what `wanted` asks for."""

    def __init__(self, mirror: Mirror, wanted: Wanted) -> None:
        own = {table: {each.name: each.kind for each in columns} for table, columns in wanted.columns.items()}
        super().__init__(mirror, DEALS, statements(wanted, frozenset(mirror.tables())), own, wanted.tracked)
