"""A warehouse behind the protocol every CRM stands behind: it is read and judged, and never written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import NoReturn, Self

import pyarrow as pa

from connectors.protocol import Capabilities, Observation, OnRead, Spent
from connectors.troubles import Troubles, shown
from connectors.warehouse.asking import one_value, rows_by, values_of
from connectors.warehouse.backend import Backend
from connectors.warehouse.canonical import Canonical, Refusals
from connectors.warehouse.catalogue import Catalogue, Remembered
from connectors.warehouse.errors import MappingError, ReadOnlyError
from connectors.warehouse.examining import examine
from connectors.warehouse.mapping import Column, Origin, Part, Source, TableName, WarehouseMapping
from connectors.warehouse.matching import Matching, match
from connectors.warehouse.reading import Delivered, Reader, name_repeated
from connectors.warehouse.well_formed import keys_of
from connectors.warehouse.writers import Writer
from engine.judge.changes import Change, Receipt, WriteBackState
from engine.judge.copies import SCHEMA as TEXTS
from engine.judge.query.shared_texts import shared_texts_sql
from engine.judge.tables import Tables, canonical_types
from rules.playbook import Playbook
from rules.problems import Place, Problem
from rules.types import FieldType

READ_ONLY = Capabilities(unique_task_key=False, moves_stages=False, preventive_gates=False, read_only=True)


@dataclass
class WarehouseConnector:
    """A warehouse; `mapping` None means canonical names. `name` is the key under which playbooks name its stages.

    With `in_place` the query that judges is to run where the tables are. `beside` opens one more session, where one
    cannot read several tables side by side.
    """

    backend: Backend
    catalogue: Catalogue
    writer: Writer
    mapping: WarehouseMapping | None = None
    place: str = "warehouse"
    name: str = field(init=False)
    in_place: bool = False
    beside: Callable[[], Backend] | None = None
    capabilities: Capabilities = READ_ONLY
    _troubles: Troubles = field(default_factory=Troubles)
    _on_read: OnRead = field(default=lambda _what, _rows: None)

    def __post_init__(self) -> None:
        self.catalogue = Remembered(self.catalogue)
        self.name = self.mapping.crm if self.mapping else "local"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What of the rows last read could not be taken."""
        return self._troubles.problems

    @property
    def cost(self) -> str:
        """Nothing: a warehouse counts no calls."""
        return ""

    @property
    def spent(self) -> Spent:
        """Nothing either."""
        return Spent()

    def watch(self, on_read: OnRead) -> None:
        """Tell `on_read` how many deals came so far."""
        self._on_read = on_read

    def read(
        self, playbooks: Sequence[Playbook], deal_ids: Sequence[str] | None = None, batch_size: int = 20_000
    ) -> Iterator[Tables]:
        """Yield batches of deals, sorted by id, each with all its related rows."""
        delivered = self.delivered(playbooks)
        self._troubles = Troubles()
        told = (self._troubles, self._deals_place, self._on_read)
        with Reader(self.backend, self.beside, self.writer, delivered, *told) as reader:
            if deal_ids is None:
                self.name_refused(playbooks)
                yield from reader.all_deals(batch_size)
            else:
                yield from reader.these_deals(deal_ids, batch_size)

    def delivered(self, playbooks: Sequence[Playbook]) -> Delivered:
        """Say what the database delivers of what playbooks may ask for; a mapping that does not fit is refused."""
        canonical = self.canonical(playbooks)
        kinds = canonical.kinds
        tracked = self._mapping(kinds).tracked
        return Delivered(canonical.statements(), canonical.columns(), kinds, tracked)

    def canonical(self, playbooks: Sequence[Playbook]) -> Canonical:
        """Give what writes the canonical tables' SELECTs."""
        kinds = kinds_of(playbooks)
        matching = self.matching(kinds)
        if matching.problems:
            raise MappingError(matching.problems)
        return Canonical(self._mapping(kinds), matching.parts, self.catalogue, self.writer, kinds)

    def matching(self, kinds: Mapping[str, Mapping[str, FieldType]]) -> Matching:
        """Match the mapping with the database."""
        return match(self._mapping(kinds), self.catalogue)

    def name_refused(self, playbooks: Sequence[Playbook]) -> None:
        """Count the values that could not be taken, column by column, and name one of each."""
        for each in self.canonical(playbooks).refusals():
            schema = pa.schema([("id", pa.string()), *_counts(len(each.columns))])
            for row in (
                row
                for rows in rows_by(self.backend, self.writer, each.sql, schema, key="id")
                for row in rows.to_pylist()
            ):
                for number, column in enumerate(each.columns):
                    if row[f"refused{number}"]:
                        self._name_refusal(each, column, row[f"refused{number}"], row[f"shown{number}"])

    def statements(self, playbooks: Sequence[Playbook]) -> Mapping[str, str]:
        """Give the SELECT of each canonical table, each deal once; ids that stand there again are named."""
        statements, name = self.delivered(playbooks).statements, self.writer.quoted
        deals = f"({statements['deals']}) AS d"
        repeated = f"SELECT {name('id')} FROM {deals} GROUP BY {name('id')} HAVING COUNT(*) > 1"
        found = [each for each in values_of(self.backend, self.writer, repeated) if each]
        name_repeated(found, self._deals_place, self._troubles)
        if not found:
            return statements
        number = f"ROW_NUMBER() OVER (PARTITION BY {name('id')} ORDER BY {name('id')}) AS _once"
        columns = ", ".join(map(name, self.delivered(playbooks).columns["deals"]))
        once = f"SELECT {columns} FROM (SELECT *, {number} FROM {deals}) AS o WHERE _once = 1"
        return {**statements, "deals": once}

    @contextmanager
    def session(self) -> Iterator[Backend]:
        """Give a session in which names may be defined: one of its own, where there can be several."""
        if self.beside is None:
            yield self.backend
            return
        backend = self.beside()
        try:
            yield backend
        finally:
            backend.close()

    def shared_texts(self, fields: Sequence[str], endings: Collection[str], playbooks: Sequence[Playbook]) -> pa.Table:
        """Find the texts of these deal fields that open deals of several accounts share, where the deals are."""
        delivered = self.delivered(playbooks)
        held = [each for each in fields if each in delivered.columns["deals"]]
        columns = [each for each in ("id", "account_id", "stage", "outcome") if each in delivered.columns["deals"]]
        missing = {"account_id", "stage", "outcome"} - set(columns)
        name, nothing = self.writer.quoted, self.writer.cast("NULL", self.writer.text_type)
        listed = [f"d.{name(each)}" for each in (*columns, *held)] + [f"{nothing} AS {name(each)}" for each in missing]
        deals = f"SELECT {', '.join(listed)} FROM ({delivered.statements['deals']}) AS d"
        found = shared_texts_sql(held, endings, self.backend.dialect)
        query = f"WITH {name('deals')} AS ({deals}) {found}"
        rows = list(rows_by(self.backend, self.writer, query, TEXTS, key="text"))
        return pa.concat_tables(rows) if rows else TEXTS.empty_table()

    def deal_id(self, given: str) -> str:
        """Ids have one spelling here."""
        return given

    def count_open(self) -> int | None:
        """Count the deals, closed ones too where nothing tells them apart."""
        delivered = self.delivered(())
        where = " WHERE outcome = 'open' OR outcome IS NULL" if "outcome" in delivered.columns["deals"] else ""
        query = f"SELECT COUNT(*) AS id FROM ({delivered.statements['deals']}) AS d{where}"
        return int(one_value(self.backend, self.writer, query) or 0)

    def examine(self, playbooks: Sequence[Playbook]) -> Iterator[Observation]:
        """Look at the tables, columns, values, freshness and stages."""
        return examine(self, playbooks)

    def read_state(self, deal_ids: Sequence[str]) -> WriteBackState:  # noqa: ARG002 - the protocol's
        """Refuse: nothing of ours stands in a warehouse."""
        return self._refuse()

    def write(self, changes: Sequence[Change]) -> Sequence[Receipt]:  # noqa: ARG002 - likewise
        """Refuse: a warehouse is only read."""
        return self._refuse()

    def find_written(self, changes: Sequence[Change]) -> Mapping[str, bool]:  # noqa: ARG002 - likewise
        """Refuse: a warehouse is only read."""
        return self._refuse()

    def record_sweep(self, ended_at: datetime) -> None:  # noqa: ARG002 - likewise
        """Refuse: a warehouse is only read."""
        self._refuse()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.backend.close()

    def _mapping(self, kinds: Mapping[str, Mapping[str, FieldType]]) -> WarehouseMapping:
        return self.mapping or canonical_mapping(self.catalogue, kinds, self.place)

    @cached_property
    def _deals_place(self) -> Place:
        parts = self.mapping.tables.get("deals", ()) if self.mapping else ()
        return parts[0].place if parts else Place(self.place)

    def _name_refusal(self, each: Refusals, column: Column, count: int, text: str | None) -> None:
        values = "1 value" if count == 1 else f"{count:,} values"
        table = each.part.part.table
        said = f"{values} of `{column.name}` of `{table}` cannot be taken, such as {shown(text or '')}"
        self._troubles.add(column.place, "bad-cell", said, "they count as nothing; `values` or a `where` can help")

    def _refuse(self) -> NoReturn:
        raise ReadOnlyError


def _counts(columns: int) -> Iterator[tuple[str, pa.DataType]]:
    for number in range(columns):
        yield f"refused{number}", pa.int64()
        yield f"shown{number}", pa.string()


def kinds_of(playbooks: Sequence[Playbook]) -> dict[str, dict[str, FieldType]]:
    """Give the types of all that playbooks may ask for."""
    kinds = canonical_types()
    for playbook in playbooks:
        for table, columns in canonical_types(playbook).items():
            kinds.setdefault(table, {}).update(columns)
    return kinds


def canonical_mapping(
    catalogue: Catalogue, kinds: Mapping[str, Mapping[str, FieldType]], place: str
) -> WarehouseMapping:
    """Give the mapping of tables that have the canonical names and columns, as far as they are there."""
    parts = [_same(table, columns, catalogue, Place(place)) for table, columns in kinds.items()]
    return WarehouseMapping("canonical", "local", tuple(part for part in parts if part is not None))


def _same(table: str, columns: Mapping[str, FieldType], catalogue: Catalogue, place: Place) -> Part | None:
    there = catalogue.columns(TableName(table))
    if there is None:
        return None
    named = tuple(Column(place, name, Origin(place, column=name)) for name in columns if name in there)
    if not set(keys_of(table)) <= {each.name for each in named}:
        return None
    return Part(place, table, Source(place, TableName(table)), named)
