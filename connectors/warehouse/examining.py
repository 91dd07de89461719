"""What `doctor` sees in a warehouse: tables and columns that are there, values, freshness, and stages nobody names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from connectors.protocol import CrmError, Health, Observation
from connectors.stage_names import compare_stages
from connectors.warehouse.asking import one_value, rows_by
from connectors.warehouse.backend import Backend
from connectors.warehouse.matching import Matching
from connectors.warehouse.reading import Delivered
from connectors.warehouse.writers import Writer
from rules.playbook import Playbook
from rules.problems import Problem
from rules.types import FieldType

STAGES = pa.schema([("stage", pa.string()), ("deals", pa.int64())])
MOMENTS = {"deals": "created_at", "activities": "happened_at", "stage_changes": "changed_at"}
"""The column of a table whose latest moment tells how fresh it is."""


class Warehouse(Protocol):
    """What is examined."""

    backend: Backend
    writer: Writer
    name: str

    @property
    def problems(self) -> Sequence[Problem]:
        """What of the rows could not be taken."""

    def delivered(self, playbooks: Sequence[Playbook]) -> Delivered:
        """Say what is delivered."""

    def matching(self, kinds: Mapping[str, Mapping[str, FieldType]]) -> Matching:
        """Match the mapping with the database."""

    def name_refused(self, playbooks: Sequence[Playbook]) -> None:
        """Count the values that cannot be taken."""


def examine(warehouse: Warehouse, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
    """Look at a warehouse; a failure is an observation too."""
    try:
        delivered = warehouse.delivered(playbooks)
        yield Observation.fine("connection", "the tables can be read")
        yield from _tables(warehouse, delivered)
        yield from _left_out(warehouse, playbooks, delivered)
        warehouse.name_refused(playbooks)
        for each in warehouse.problems:
            yield Observation(Health.UNWISE, "values", f"{each.where}: {each.message}", each.help)
        yield from _stages(warehouse, playbooks, delivered)
    except CrmError as error:
        yield Observation.failed("connection", error)


def _tables(warehouse: Warehouse, delivered: Delivered) -> Iterator[Observation]:
    for table, statement in delivered.statements.items():
        count = int(one_value(warehouse.backend, warehouse.writer, f"SELECT COUNT(*) AS id FROM ({statement}) AS t"))
        said = f"`{table}` has {count:,} rows with {len(delivered.columns[table])} columns"
        moment = MOMENTS.get(table)
        if moment in delivered.columns[table]:
            last = one_value(warehouse.backend, warehouse.writer, f"SELECT MAX({moment}) AS id FROM ({statement}) AS t")
            said += f", the latest of {last or 'no moment'}"
        health = Health.FINE if count or table != "deals" else Health.UNWISE
        yield Observation(health, "tables", said, "" if count else "are the tables filled, and is the `schema` right?")


def _left_out(warehouse: Warehouse, playbooks: Sequence[Playbook], delivered: Delivered) -> Iterator[Observation]:
    """Name what the mapping would read and the database lacks, and declared fields that are not mapped."""
    for each in warehouse.matching(delivered.kinds).left_out:
        yield Observation(Health.UNWISE, "columns", f"left out {each}", "what reads it is not judged")
    for playbook in playbooks:
        declared = [(each.table, each.id) for each in playbook.fields]
        declared += [(record.id, each.id) for record in playbook.records for each in record.fields]
        for table, column in declared:
            if column not in delivered.columns.get(table, ()):
                says = f"`{column}` of `{table}`, which `{playbook.id}` reads, is not mapped"
                yield Observation(Health.UNWISE, "fields", says, "say where it stands under `fields`")


def _stages(warehouse: Warehouse, playbooks: Sequence[Playbook], delivered: Delivered) -> Iterator[Observation]:
    if "stage" not in delivered.columns["deals"]:
        yield Observation(Health.WRONG, "stages", "`stage` of `deals` is not mapped", "without it no deal has a gate")
        return
    told = "outcome = 'open' OR outcome IS NULL" if "outcome" in delivered.columns["deals"] else "TRUE"
    deals = delivered.statements["deals"]
    count = f"CAST(SUM(CASE WHEN {told} THEN 1 ELSE 0 END) AS BIGINT)"
    query = f"SELECT stage, {count} AS deals FROM ({deals}) AS t GROUP BY stage"
    held = Counter[str]()
    for rows in rows_by(warehouse.backend, warehouse.writer, query, STAGES, key="stage"):
        held.update({each["stage"]: each["deals"] for each in rows.to_pylist() if each["stage"]})
    yield from compare_stages(set(held), playbooks, warehouse.name, all_known=False, open_deals=held)
