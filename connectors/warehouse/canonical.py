"""The SELECT of every canonical table that a mapping gives, in the database's own dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connectors.warehouse.catalogue import Catalogue, found_name
from connectors.warehouse.mapping import Collected, Column, Join, Keys, Source, TableName, WarehouseMapping
from connectors.warehouse.matching import BEFORE, Held, Matched
from connectors.warehouse.values import Value, Values
from connectors.warehouse.well_formed import keys_of
from connectors.warehouse.writers import Writer
from rules.types import KNOWN_VALUES, FieldType

ROWS = "r"
"""The alias of a part's first table."""
Kinds = Mapping[str, Mapping[str, FieldType]]
"""The field types of all that may be delivered, by table and column."""


@dataclass(frozen=True)
class Refusals:
    """How many values of some columns of a part could not be taken, and one of each: SQL that gives one row.

    The row holds `refused0`, `shown0`, `refused1` and so on, in the order of the columns.
    """

    part: Matched
    columns: tuple[Column, ...]
    sql: str


@dataclass(frozen=True)
class Canonical:
    """Writes SELECTs; `kinds` says what is wanted, so that nothing else is read."""

    mapping: WarehouseMapping
    parts: Sequence[Matched]
    catalogue: Catalogue
    writer: Writer
    kinds: Kinds

    def statements(self) -> dict[str, str]:
        """Give the SELECT of every table that is wanted and there."""
        return {table: self._table(table) for table in self.columns()}

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Name the columns delivered, by table: those of all its parts."""
        found: dict[str, dict[str, None]] = {}
        for each in self.parts:
            wanted = self.kinds.get(each.part.table, {})
            names = {column.name: None for column in each.part.columns if column.name in wanted}
            if names:
                found[each.part.table] = {**found.get(each.part.table, {}), **names}
        return {table: tuple(names) for table, names in found.items()}

    def refusals(self) -> Iterator[Refusals]:
        """Give the queries that count what could not be taken, one a part that may hold such."""
        for each in self.parts:
            values = self._values(each)
            made = [(column, self._made(values, each, column.name).refused) for column in self._wanted(each)]
            refusing = [(column, refused) for column, refused in made if refused]
            if refusing:
                counted = ", ".join(
                    f"{self.writer.cast(f'SUM(CASE WHEN {refused} THEN 1 ELSE 0 END)', 'BIGINT')} AS refused{number}, "
                    f"MIN(CASE WHEN {refused} THEN {self._shown(values, each, column)} END) AS shown{number}"
                    for number, (column, refused) in enumerate(refusing)
                )
                sql = f"SELECT 'all' AS id, {counted} {self._from(each, values)}"
                yield Refusals(each, tuple(column for column, _ in refusing), sql)

    def _wanted(self, matched: Matched) -> list[Column]:
        wanted = self.kinds.get(matched.part.table, {})
        return [column for column in matched.part.columns if column.name in wanted]

    def _table(self, table: str) -> str:
        names = self.columns()[table]
        parts = [self._part(each, names) for each in self.parts if each.part.table == table]
        return " UNION ALL ".join(parts)

    def _part(self, matched: Matched, names: Sequence[str]) -> str:
        values, writer = self._values(matched), self.writer
        there = {each.name: each for each in matched.part.columns}
        listed = []
        for name in names:
            kind = FieldType.CHOICES if name in there and there[name].each else self.kinds[matched.part.table][name]
            sql = self._made(values, matched, name).sql if name in there else "NULL"
            listed.append(f"{writer.cast(sql, writer.type_of(kind))} AS {writer.quoted(name)}")
        rows = f"SELECT {', '.join(listed)} {self._from(matched, values)}"
        several = next((each.name for each in matched.part.columns if each.each and each.name in names), "")
        return self._a_row_each(rows, names, several) if several else rows

    def _a_row_each(self, rows: str, names: Sequence[str], several: str) -> str:
        """Give a row for each item of a list; a row whose list holds nothing stays."""
        name = self.writer.quoted
        listed = ", ".join(f"i.item AS {name(each)}" if each == several else f"q.{name(each)}" for each in names)
        return f"SELECT {listed} FROM ({rows}) AS q {self.writer.items_of(f'q.{name(several)}')}"

    def _made(self, values: Values, matched: Matched, name: str) -> Value:
        table = matched.part.table
        column = next(each for each in matched.part.columns if each.name == name)
        kind = FieldType.CHOICES if column.each else self.kinds[table][name]
        return values.value(column.origin, kind, KNOWN_VALUES.get((table, name), ()))

    def _shown(self, values: Values, matched: Matched, column: Column) -> str:
        leaf = next(iter(column.origin.leaves()))
        return values.as_text(matched.held[leaf.column])

    def _values(self, matched: Matched) -> Values:
        gathered: dict[Collected, str] = {}
        for column in matched.part.columns:
            for each in column.origin.collections():
                gathered.setdefault(each, f"g{len(gathered)}")
        return Values(
            self.writer,
            matched.held,
            self._where,
            lambda collected: f"{gathered[collected]}.{self.writer.quoted('items')}",
            self.mapping.timezone,
            self.mapping.days_in,
        )

    def _where(self, held: Held, rows: str = ROWS) -> str:
        name = "_before" if held.name == BEFORE and not held.alias else held.name
        return f"{f'j_{held.alias}' if held.alias else rows}.{self.writer.quoted(name)}"

    def _from(self, matched: Matched, values: Values) -> str:
        """Write where the rows of a part come from; rows without a key are none."""
        part = matched.part
        joins = [self._joined(each, matched) for each in part.joins]
        collections = dict.fromkeys(found for column in part.columns for found in column.origin.collections())
        joins += [self._gathered(each, f"g{number}", matched) for number, each in enumerate(collections)]
        needed = [each.name for each in part.columns if each.required and each.name not in keys_of(part.table)]
        tests = [f"{self._made(values, matched, name).sql} IS NOT NULL" for name in (*keys_of(part.table), *needed)]
        tests += [values.test(test) for test in part.where]
        rows = self._rows(part.source, matched)
        return f"FROM {rows} AS {ROWS} {' '.join(joins)} WHERE {' AND '.join(tests)}"

    def _rows(self, source: Source, matched: Matched, alias: str = "") -> str:
        """Write the rows of a table that count: the latest ones, those that are meant, those in which it changed."""
        rows, writer = self.catalogue.relation(source.table), self.writer
        columns = matched.tables[source.table]

        def name(written: str) -> str:
            return writer.quoted(found_name(columns, written))

        if source.latest is not None:
            alike = ", ".join(map(name, source.latest.of))
            order = ", ".join(f"{name(each)} DESC NULLS LAST" for each in source.latest.by)
            number = f"ROW_NUMBER() OVER (PARTITION BY {alike} ORDER BY {order}) AS _last"
            rows = f"(SELECT * FROM (SELECT *, {number} FROM {rows} AS l) AS l WHERE _last = 1)"
        if source.where:
            own = {test.column: Held("", found, columns[found]) for test in source.where
                   if (found := found_name(columns, test.column))}  # fmt: skip
            values = Values(writer, own, partial(self._where, rows="w"), lambda _: "", self.mapping.timezone)
            rows = f"(SELECT * FROM {rows} AS w WHERE {' AND '.join(map(values.test, source.where))})"
        if source.changes is not None and not alias:
            window = f"OVER (PARTITION BY {name(source.changes.of)} ORDER BY {', '.join(map(name, source.changes.by))})"
            column, first = name(source.changes.column), "" if source.changes.first else " AND _place > 1"
            steps = f"LAG({column}) {window} AS _before, ROW_NUMBER() {window} AS _place"
            changed = f"_before IS DISTINCT FROM {column}{first}"
            rows = f"(SELECT * FROM (SELECT *, {steps} FROM {rows} AS c) AS c WHERE {changed})"
        return rows

    def _joined(self, join: Join, matched: Matched) -> str:
        """Write a join to at most one row of another table."""
        columns, writer = matched.tables[join.source.table], self.writer
        keys = [writer.quoted(found_name(columns, each)) for each, _ in join.on]
        taken = sorted({held.name for held in matched.held.values() if held.alias == join.alias})
        listed = list(dict.fromkeys([*keys, *map(writer.quoted, taken)]))
        order = ", ".join(listed[len(keys) :] or listed)
        number = f"ROW_NUMBER() OVER (PARTITION BY {', '.join(keys)} ORDER BY {order}) AS _once"
        rows = self._rows(join.source, matched, join.alias)
        once = f"(SELECT {', '.join(listed)} FROM (SELECT *, {number} FROM {rows} AS o) AS o WHERE _once = 1)"
        kind = "JOIN" if join.required else "LEFT JOIN"
        return (
            f"{kind} {once} AS j_{join.alias} ON {self._equal(join.on, matched, join.source.table, f'j_{join.alias}')}"
        )

    def _gathered(self, collected: Collected, alias: str, matched: Matched) -> str:
        """Write a join to what is collected of another table."""
        columns, writer = matched.tables[collected.source.table], self.writer
        keys = [writer.quoted(found_name(columns, each)) for each, _ in collected.on]
        take = found_name(columns, collected.take)
        values = Values(writer, {}, partial(self._where, rows="c"), lambda _: "")
        items = writer.gathered(values.as_text(Held("", take, columns[take])))
        rows = self._rows(collected.source, matched, alias)
        grouped = (
            f"SELECT {', '.join(keys)}, {items} AS {writer.quoted('items')} FROM {rows} AS c GROUP BY {', '.join(keys)}"
        )
        return (
            f"LEFT JOIN ({grouped}) AS {alias} ON {self._equal(collected.on, matched, collected.source.table, alias)}"
        )

    def _equal(self, on: Keys, matched: Matched, table: TableName, alias: str) -> str:
        """Compare keys; as texts where the two tables hold them in different types."""
        columns, compared = matched.tables[table], []
        values = Values(self.writer, {}, self._where, lambda _: "")
        for theirs, ours in on:
            name = found_name(columns, theirs)
            other, own = Held("", name, columns[name]), matched.held[ours]
            if other.type.copy(nullable=True) == own.type.copy(nullable=True):
                compared.append(f"{alias}.{self.writer.quoted(name)} = {self._where(own)}")
            else:
                there = Values(self.writer, {}, partial(self._where, rows=alias), lambda _: "")
                compared.append(f"{there.as_text(other)} = {values.as_text(own)}")
        return " AND ".join(compared)
