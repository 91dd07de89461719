"""A loaded warehouse mapping: where each canonical table and column comes from; frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from rules.problems import Place

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table of the database; "" is the schema the connection looks in by itself."""

    name: str
    schema: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Test:
    """What one column of a row must hold: one of some values, a text that starts so, or something at all.

    With `ahead` it is a moment that the database's clock has not come to yet. A test is met or it is not: nothing is
    never one of the values, and `negated` turns that round.
    """

    place: Place
    column: str
    one_of: tuple[str, ...] = ()
    starts_with: str = ""
    ahead: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Latest:
    """Of rows that are alike in `of`, the one that comes last by `by`."""

    place: Place
    of: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Of the rows of one `of`, in the order of `by`, those in which `column` is another than in the row before.

    What it was before is read as the column `before`. `first`: whether the first row is a change too.
    """

    place: Place
    column: str
    of: str
    by: tuple[str, ...]
    first: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table of the database: which of them count."""

    place: Place
    table: TableName
    where: tuple[Test, ...] = ()
    latest: Latest | None = None
    changes: Changes | None = None


Keys = tuple[tuple[str, str], ...]
"""Which columns of the other table equal which of this one."""


@dataclass(frozen=True, slots=True)
class Join:
    """At most one row of another table beside each row, by what is equal; `required` drops rows that find none."""

    place: Place
    alias: str
    source: Source
    on: Keys
    required: bool = False


@dataclass(frozen=True, slots=True)
class Collected:
    """What one column holds in all rows of another table that belong to a row."""

    source: Source
    on: Keys
    take: str


@dataclass(frozen=True, slots=True)
class Case:
    """A value for the rows that all tests hold for."""

    where: tuple[Test, ...]
    value: Origin


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from, by exactly one of its ways, and how it is written there."""

    place: Place
    column: str = ""
    constant: str | None = None
    first: tuple[Origin, ...] = ()
    text: tuple[Origin, ...] = ()
    between: str = " "
    listed: tuple[Origin, ...] = ()
    collected: Collected | None = None
    cases: tuple[Case, ...] = ()
    otherwise: Origin | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    unmapped: str = "refuse"
    unix: str = ""
    timezone: ZoneInfo | None = None
    separator: str = ";"

    @property
    def parts(self) -> tuple[Origin, ...]:
        """The origins it is made of."""
        last = () if self.otherwise is None else (self.otherwise,)
        return (*self.first, *self.text, *self.listed, *(case.value for case in self.cases), *last)

    def leaves(self) -> Iterator[Origin]:
        """Yield the origins within that read a column, this one too."""
        if self.column:
            yield self
        yield from (leaf for part in self.parts for leaf in part.leaves())

    def tests(self) -> Iterator[Test]:
        """Yield every test within."""
        yield from (test for case in self.cases for test in case.where)
        yield from (test for part in self.parts for test in part.tests())

    def collections(self) -> Iterator[Collected]:
        """Yield what is collected within."""
        if self.collected is not None:
            yield self.collected
        yield from (found for part in self.parts for found in part.collections())


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column; `lenient`: left out where the database does not have what it reads.

    `each` gives a row for every item of a text that holds several; `required` leaves out rows that hold nothing here.
    """

    place: Place
    name: str
    origin: Origin
    lenient: bool = False
    each: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one canonical table from one table of the database; `where` tests columns of joined tables.

    `lenient` as for columns.
    """

    place: Place
    table: str
    source: Source
    columns: tuple[Column, ...]
    joins: tuple[Join, ...] = ()
    where: tuple[Test, ...] = ()
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class WarehouseMapping:
    """Where everything comes from; `crm` is the key under which playbooks name stages, roles and fields.

    `timezone` is that of times written without one, `days_in` the zone in which an instant becomes a day, `tracked`
    the deal fields whose changes are recorded (None: all).
    """

    id: str
    crm: str
    parts: tuple[Part, ...]
    timezone: ZoneInfo = UTC
    days_in: ZoneInfo = UTC
    tracked: frozenset[str] | None = None

    @property
    def tables(self) -> Mapping[str, tuple[Part, ...]]:
        """The parts of each canonical table."""
        tables: dict[str, tuple[Part, ...]] = {}
        for part in self.parts:
            tables[part.table] = (*tables.get(part.table, ()), part)
        return tables
