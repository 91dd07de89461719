"""A query as named steps: each sees the one before, so that no expression is ever written out twice.

Ibis merges nested selects by repeating expressions; named steps (a `WITH` chain) keep layered judgements small.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis.expr import types as ir


class Frame:
    """The deals as one growing table of the query, and the side tables that were joined to it."""

    def __init__(self, deals: ir.Table) -> None:
        self.steps: list[tuple[str, ir.Table]] = []
        self.table = self.side(deals)

    def side(self, table: ir.Table) -> ir.Table:
        """Name a table as a step of its own and give it as the later steps see it."""
        name = f"_step_{len(self.steps)}"
        self.steps.append((name, table))
        return ibis.table(table.schema(), name=name)

    def add(self, columns: Mapping[str, ir.Value]) -> None:
        """Add columns to the deals, written over the deals as they stand."""
        if columns:
            self.table = self.side(self.table.mutate(**columns))

    def join(self, other: ir.Table, key: str = "deal_id", on: str = "id") -> None:
        """Left join a side table by key; its other columns are added to the deals."""
        joined = self.table.left_join(other, self.table[on] == other[key])
        wanted = [other[name] for name in other.columns if name != key]
        self.table = self.side(joined.select(self.table, *wanted))

    def sql(self, output: ir.Table) -> str:
        """Write the whole query for DuckDB, the output last."""
        chain = ",\n".join(f'"{name}" AS (\n{ibis.to_sql(table, dialect="duckdb")}\n)' for name, table in self.steps)
        return f"WITH {chain}\n{ibis.to_sql(output, dialect='duckdb')}"
