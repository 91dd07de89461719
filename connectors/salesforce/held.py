"""Which fields of an org's rows are held, and how SQL names them."""

from __future__ import annotations

from connectors.mirror.mirror import quoted
from connectors.salesforce.wanted import Wanted

OF_BATCH = 'IN (SELECT "Id" FROM _batch)'


class Held:
    """What a mirror holds of an org, where `wanted` says what was fetched."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    def has(self, object_: str, path: str) -> bool:
        """Whether a field is fetched."""
        return bool(self.kind(object_, path))

    def column(self, object_: str, path: str, sql_type: str, alias: str = "") -> str:
        """Name a field of a row, or null where the org has none such."""
        prefix = f"{alias}." if alias else ""
        return f"{prefix}{quoted(path)}" if self.has(object_, path) else f"NULL::{sql_type}"

    def kind(self, object_: str, path: str) -> str:
        """Give Salesforce's type of a field; "" where it is not fetched."""
        source = self.wanted.sources.get(object_)
        return source.kinds.get(path, "") if source else ""
