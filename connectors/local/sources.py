"""What a local CRM delivers to playbooks: for each canonical table the table and columns it is read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.local.layout import columns_of
from connectors.protocol import CrmError
from rules.playbook import Playbook
from rules.types import KNOWN_VALUES, STANDARD_TABLES, Field, FieldType

NAME = "local"
"""The key playbooks use under `crm:`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column: the name it is stored under, its type, and its closed vocabulary."""

    name: str
    stored: str
    kind: FieldType
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One canonical table that is delivered, and the columns of it that are; `deal_key` links it to deals."""

    table: str
    stored: str
    columns: tuple[Column, ...]

    def has(self, column: str) -> bool:
        """Whether a canonical column is delivered."""
        return any(each.name == column for each in self.columns)


class ConflictingFieldsError(CrmError):
    """Two playbooks declare the same column in two ways."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            f"the playbooks declare `{column}` of `{table}` in two ways\n  help: give it one type and one name in each"
        )


def delivered_sources(db: sqlite3.Connection, playbooks: Sequence[Playbook]) -> dict[str, Source]:
    """Say what can be read of all that the playbooks could ask for; what is absent is left out."""
    sources = dict[str, Source]()
    for table, (stored, wanted) in _wanted(playbooks).items():
        present = set(columns_of(db, stored))
        columns = tuple(column for column in wanted.values() if column.stored in present)
        if present:
            sources[table] = Source(table, stored, columns)
    return sources


def _wanted(playbooks: Sequence[Playbook]) -> Mapping[str, tuple[str, dict[str, Column]]]:
    """List every table with the name it is stored under and its canonical columns."""
    wanted = {table: (table, _standard(table, columns)) for table, columns in STANDARD_TABLES.items()}
    for playbook in playbooks:
        for record in playbook.records:
            stored = record.crm.get(NAME, record.id)
            known = wanted.setdefault(record.id, (stored, {"deal_id": Column("deal_id", "deal_id", FieldType.TEXT)}))
            for each in record.fields:
                _add(known[1], record.id, each)
        for each in playbook.fields:
            _add(wanted[each.table][1], each.table, each)
    return wanted


def _standard(table: str, columns: Mapping[str, FieldType]) -> dict[str, Column]:
    return {name: Column(name, name, kind, KNOWN_VALUES.get((table, name), ())) for name, kind in columns.items()}


def _add(columns: dict[str, Column], table: str, field: Field) -> None:
    column = Column(field.id, field.crm.get(NAME, field.id), field.type)
    if columns.setdefault(field.id, column) != column:
        raise ConflictingFieldsError(table, field.id)
