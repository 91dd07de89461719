"""The tables of a database, as its information schema tells them."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.warehouse.asking import values_of
from connectors.warehouse.backend import Backend
from connectors.warehouse.catalogue import Columns
from connectors.warehouse.mapping import TableName
from connectors.warehouse.writers import Writer


@dataclass
class Database:
    """The catalogue of a database that has an information schema."""

    backend: Backend
    writer: Writer
    _tables: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def tables(self, schema: str) -> tuple[str, ...]:
        """Name the tables of a schema; "" is where the connection looks by itself."""
        if schema not in self._tables:
            where = self.writer.literal(schema) if schema else "ANY(CURRENT_SCHEMAS(FALSE)::TEXT[])"
            names = f"SELECT table_name::TEXT AS id FROM information_schema.tables WHERE table_schema = {where}"
            self._tables[schema] = tuple(each for each in values_of(self.backend, self.writer, names) if each)
        return self._tables[schema]

    def columns(self, table: TableName) -> Columns | None:
        """Give the columns of a table; None where there is no such table."""
        return self.backend.columns(f"SELECT * FROM {self.relation(table)}") if self._name(table) else None

    def relation(self, table: TableName) -> str:
        """Write a table with its schema."""
        parts = [table.schema] if table.schema else []
        return ".".join(map(self.writer.quoted, [*parts, self._name(table) or table.name]))

    def _name(self, table: TableName) -> str:
        known = self.tables(table.schema)
        if table.name in known:
            return table.name
        return next((each for each in known if each.casefold() == table.name.casefold()), "")
