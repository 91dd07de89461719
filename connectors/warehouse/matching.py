"""Matches a mapping with what a database has: what is not there is a problem, or left out where the mapping says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ibis.expr import datatypes as dt

from connectors.warehouse.catalogue import Catalogue, Columns, found_name
from connectors.warehouse.mapping import (
    Collected,
    Column,
    Join,
    Origin,
    Part,
    Source,
    TableName,
    Test,
    WarehouseMapping,
)
from connectors.warehouse.well_formed import keys_of
from rules.problems import Place, Problem, did_you_mean

BEFORE = "before"
"""The name under which a part with `changes` reads what a column was."""


@dataclass(frozen=True, slots=True)
class Held:
    """A column of the database: which table of the part it stands in ("" is the first), its name there, its type."""

    alias: str
    name: str
    type: dt.DataType


@dataclass(frozen=True, slots=True)
class Matched:
    """A part as far as the database has it; `held` finds its columns by the names the mapping reads them under."""

    part: Part
    held: Mapping[str, Held]
    tables: Mapping[TableName, Columns]


@dataclass
class Matching:
    """What of a mapping a database has; `left_out` says what it lacks that the mapping can do without."""

    parts: list[Matched] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def match(mapping: WarehouseMapping, catalogue: Catalogue) -> Matching:
    """Match every part of a mapping; problems are sorted by place."""
    matching = Matching()
    for part in mapping.parts:
        matched = _Part(part, catalogue, matching).matched()
        if matched is not None:
            matching.parts.append(matched)
    if not any(each.part.table == "deals" for each in matching.parts) and not matching.problems:
        matching.problems.append(_no_deals(mapping))
    matching.problems = sorted(set(matching.problems))
    return matching


def _no_deals(mapping: WarehouseMapping) -> Problem:
    parts = mapping.tables.get("deals", ())
    place = parts[0].place if parts else Place(f"{mapping.id}.yaml")
    message = (
        f"there are no deals: the database has no table `{parts[0].source.table}`" if parts else "there are no deals"
    )
    return Problem(place, "unknown-table", message, "name the schema in which the tables lie as `schema`")


@dataclass
class _Part:
    part: Part
    catalogue: Catalogue
    matching: Matching
    tables: dict[TableName, Columns] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)

    def matched(self) -> Matched | None:
        """Match the tables, then what is read of them; None where nothing of it is of use."""
        part = self.part
        usable = self._source(part.source, lenient=part.lenient) is not None
        own = self.tables.get(part.source.table)
        if own is None:
            return None
        joins = tuple(self._joins())
        usable = usable and not any(each.required for each in part.joins if each not in joins)
        self._hold_all(own, joins)
        self._check_tests((*part.source.where, *part.where), lenient=part.lenient)
        columns = tuple(self._columns())
        if not usable or not set(keys_of(part.table)) <= {each.name for each in columns}:
            return None
        return Matched(replace(part, joins=joins, columns=columns), self.held, self.tables)

    def _source(self, source: Source, *, lenient: bool) -> Columns | None:
        """Find a table with the columns that its own tests and order need."""
        columns = self.catalogue.columns(source.table)
        if columns is None:
            known = self.catalogue.tables(source.table.schema)
            said = f"the database has no table `{source.table}`"
            self._miss(source.place, "unknown-table", said, did_you_mean(source.table.name, known), lenient=lenient)
            return None
        self.tables[source.table] = columns
        needed = [(each.place, name) for each in (source.latest,) if each is not None for name in (*each.of, *each.by)]
        if (changes := source.changes) is not None:
            needed += [(changes.place, name) for name in (changes.column, changes.of, *changes.by)]
        there = [self._has(place, source.table, name, lenient=lenient) for place, name in needed]
        return columns if all(there) else None

    def _joins(self) -> Iterator[Join]:
        own = self.tables[self.part.source.table]
        for join in self.part.joins:
            lenient = self.part.lenient
            theirs = self._source(join.source, lenient=lenient)
            if join.source.table not in self.tables:
                continue
            keys = [theirs is not None]
            keys += [self._has(join.place, join.source.table, name, lenient=lenient) for name, _ in join.on]
            keys += [
                self._has(join.place, self.part.source.table, name, lenient=lenient)
                for _, name in join.on
                if not ("." in name and self._alias_of(name)) and not found_name(own, name)
            ]
            for test in join.source.where:
                self._has(test.place, join.source.table, test.column, lenient=lenient)
            if all(keys):
                yield join

    def _alias_of(self, name: str) -> bool:
        alias = name.partition(".")[0]
        return any(each.alias == alias for each in self.part.joins)

    def _hold_all(self, own: Columns, joins: Sequence[Join]) -> None:
        changes = self.part.source.changes
        for name in self._read():
            alias, dot, column = name.partition(".")
            joined = next((each for each in joins if dot and each.alias == alias), None)
            if joined is not None:
                self._hold(name, alias, self.tables[joined.source.table], column)
            elif name == BEFORE and changes is not None:
                kind = own[found_name(own, changes.column)]
                self.held[name] = Held("", BEFORE, kind)
            else:
                self._hold(name, "", own, name)

    def _hold(self, name: str, alias: str, columns: Columns, column: str) -> None:
        if spelled := found_name(columns, column):
            self.held[name] = Held(alias, spelled, columns[spelled])

    def _read(self) -> set[str]:
        """Name every column that is read, as the mapping names it."""
        part = self.part
        origins = [each.origin for each in part.columns]
        tests = [*part.source.where, *part.where, *(test for each in origins for test in each.tests())]
        names = {leaf.column for each in origins for leaf in each.leaves()} | {test.column for test in tests}
        names |= {name for join in part.joins for _, name in join.on}
        return names | {name for each in origins for found in each.collections() for _, name in found.on}

    def _check_tests(self, tests: Iterable[Test], *, lenient: bool) -> None:
        for test in tests:
            if test.column not in self.held:
                self._miss_column(test.place, test.column, lenient=lenient)

    def _columns(self) -> Iterator[Column]:
        for column in self.part.columns:
            self._check_tests(column.origin.tests(), lenient=column.lenient)
            origin = self._present(column.origin, lenient=column.lenient)
            if origin is not None:
                yield replace(column, origin=origin)
            elif column.lenient:
                self.matching.left_out.append(f"`{column.name}` of `{self.part.table}`: {self._lacking(column.origin)}")

    def _lacking(self, origin: Origin) -> str:
        absent = sorted({leaf.column for leaf in origin.leaves() if leaf.column not in self.held})
        tables = {each.alias: each.source.table for each in self.part.joins}
        said = []
        for name in absent:
            alias, dot, column = name.partition(".")
            joined = tables.get(alias) if dot else None
            said.append(f"`{joined or self.part.source.table}` has no `{column if joined else name}`")
        return ", ".join(said) or "what it collects is not there"

    def _present(self, origin: Origin, *, lenient: bool) -> Origin | None:
        """Give an origin without what the database lacks; None where nothing is left of it."""
        if origin.column:
            if origin.column in self.held:
                return origin
            self._miss_column(origin.place, origin.column, lenient=lenient)
            return None
        if origin.collected is not None:
            return origin if self._collects(origin.collected, lenient=lenient) else None
        if origin.cases:
            return self._present_cases(origin, lenient=lenient)
        return self._present_parts(origin, lenient=lenient)

    def _present_parts(self, origin: Origin, *, lenient: bool) -> Origin | None:
        """Give an origin of several parts with those that are there."""
        parts = (*origin.first, *origin.text, *origin.listed)
        kept = [each for part in parts if (each := self._present(part, lenient=lenient)) is not None]
        if not kept:
            return origin if not parts else None
        first, text, listed = (tuple(kept) if given else () for given in (origin.first, origin.text, origin.listed))
        return replace(origin, first=first, text=text, listed=listed)

    def _present_cases(self, origin: Origin, *, lenient: bool) -> Origin | None:
        cases = [replace(case, value=value) if (value := self._present(case.value, lenient=lenient)) else None
                 for case in origin.cases]  # fmt: skip
        otherwise = self._present(origin.otherwise, lenient=lenient) if origin.otherwise else None
        kept = tuple(each for each in cases if each is not None)
        return replace(origin, cases=kept, otherwise=otherwise) if kept else otherwise

    def _collects(self, collected: Collected, *, lenient: bool) -> bool:
        theirs = self._source(collected.source, lenient=lenient)
        if theirs is None:
            return False
        table = collected.source.table
        names = [
            collected.take,
            *(theirs for theirs, _ in collected.on),
            *(test.column for test in collected.source.where),
        ]
        there = [self._has(collected.source.place, table, name, lenient=lenient) for name in names]
        return all(there) and all(name in self.held for _, name in collected.on)

    def _has(self, place: Place, table: TableName, name: str, *, lenient: bool) -> bool:
        columns = self.tables[table]
        if found_name(columns, name):
            return True
        said = f"`{table}` has no column `{name}`"
        self._miss(place, "unknown-column", said, did_you_mean(name, columns), lenient=lenient)
        return False

    def _miss_column(self, place: Place, name: str, *, lenient: bool) -> None:
        alias, dot, column = name.partition(".")
        join = next((each for each in self.part.joins if dot and each.alias == alias), None)
        if join is not None and join.source.table not in self.tables:
            return
        table = join.source.table if join is not None else self.part.source.table
        self._has(place, table, column if join is not None else name, lenient=lenient)

    def _miss(self, place: Place, code: str, message: str, advice: str, *, lenient: bool) -> None:
        if not lenient:
            self.matching.problems.append(Problem(place, code, message, advice))
        elif code == "unknown-table":
            self.matching.left_out.append(f"`{self.part.table}`: {message}")
