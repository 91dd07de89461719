"""Gives what a mirror of an org holds as canonical tables."""

from __future__ import annotations

from connectors.mirror.mirror import Mirror
from connectors.mirror.reading import MirrorReader
from connectors.salesforce.canonical import statements
from connectors.salesforce.standard import OPPORTUNITY
from connectors.salesforce.wanted import Wanted


class Reader(MirrorReader):
    """Reads one mirror, whose tables hold what `wanted` asks for."""

    def __init__(self, mirror: Mirror, wanted: Wanted) -> None:
        own = {table: {each.name: each.kind for each in columns} for table, columns in wanted.columns.items()}
        super().__init__(mirror, OPPORTUNITY, statements(wanted), own, wanted.tracked)
