"""The tables and columns that a database has, by which a mapping is checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ibis.expr import datatypes as dt

from connectors.warehouse.mapping import TableName

Columns = Mapping[str, dt.DataType]


class Catalogue(Protocol):
    """What a database knows of itself."""

    def tables(self, schema: str) -> tuple[str, ...]:
        """Name the tables of a schema; "" is where the connection looks by itself."""
        ...

    def columns(self, table: TableName) -> Columns | None:
        """Give the columns of a table with their types; None where there is no such table."""
        ...

    def relation(self, table: TableName) -> str:
        """Write a table as a query reads it."""
        ...


@dataclass
class Remembered:
    """A catalogue that is asked for each table once."""

    catalogue: Catalogue
    _columns: dict[TableName, Columns | None] = field(default_factory=dict)

    def tables(self, schema: str) -> tuple[str, ...]:
        """Name the tables of a schema."""
        return self.catalogue.tables(schema)

    def columns(self, table: TableName) -> Columns | None:
        """Give the columns of a table; None where there is no such table."""
        if table not in self._columns:
            self._columns[table] = self.catalogue.columns(table)
        return self._columns[table]

    def relation(self, table: TableName) -> str:
        """Write a table as a query reads it."""
        return self.catalogue.relation(table)


def found_name(columns: Columns, name: str) -> str:
    """Give a column's name as the database spells it, in any case; "" where it has none such."""
    if name in columns:
        return name
    return next((each for each in columns if each.casefold() == name.casefold()), "")
