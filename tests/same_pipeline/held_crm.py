"""Canonical rows behind the protocol every CRM stands behind, to be judged as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from connectors.local.sources import NAME
from engine.judge.tables import Tables, canonical_schemas
from rules.playbook import Playbook
from tests.same_pipeline.source import Row, Rows


class HeldCrm:
    """A CRM that is read from rows in memory, by the names playbooks give the local one."""

    name = NAME
    problems = ()

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield every deal, or some, in one batch."""
        assert len(self.rows["deals"]) <= batch_size
        yield tables_of(self.rows, playbooks, None if deal_ids is None else frozenset(deal_ids))


def tables_of(rows: Rows, playbooks: Sequence[Playbook], chosen: frozenset[str] | None = None) -> Tables:
    """Type rows; of deals and what belongs to them only those `chosen`."""
    schemas: dict[str, pa.Schema] = {}
    for playbook in playbooks:
        for table, schema in canonical_schemas(playbook).items():
            known = schemas.get(table, pa.schema([]))
            schemas[table] = pa.schema([*known, *(each for each in schema if each.name not in known.names)])
    return Tables(
        {table: _table(table, listed, schemas[table], chosen) for table, listed in rows.items() if table in schemas}
    )


def _table(table: str, rows: Sequence[Row], schema: pa.Schema, chosen: frozenset[str] | None) -> pa.Table:
    key = "id" if table == "deals" else "deal_id"
    kept = [row for row in rows if chosen is None or row.get(key, "") in chosen or key not in row]
    delivered = {name for row in rows for name in row}
    return pa.Table.from_pylist(kept, schema=pa.schema([each for each in schema if each.name in delivered]))
