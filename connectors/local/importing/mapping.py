"""A loaded mapping: which files become which tables, and how their values are written; frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from connectors.local.csv_rows import Dialect
from rules.problems import Place
from rules.types import FieldType


@dataclass(frozen=True, slots=True)
class Lookup:
    """Takes `take` from the row of `file` whose `key` is what `by` gives; `refuse` where there is none."""

    file: str
    key: str
    by: Origin
    take: str
    refuse: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text comes from: exactly one of a column, a constant, templates or a lookup; then what it becomes."""

    place: Place
    column: str = ""
    constant: str = ""
    templates: tuple[str, ...] = ()
    lookup: Lookup | None = None
    absent: frozenset[str] = frozenset()
    whole: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    unmapped: str = "refuse"

    @property
    def words(self) -> str:
        """How messages name it."""
        return self.column or (self.lookup.take if self.lookup else "")


@dataclass(frozen=True, slots=True)
class Written:
    """How values are written in a file."""

    formats: tuple[str, ...] = ("iso",)
    timezone: ZoneInfo | None = None
    decimal: str = "."
    thousands: str = ""
    currency_signs: tuple[str, ...] = ()
    yes: frozenset[str] = frozenset({"true"})
    no: frozenset[str] = frozenset({"false"})
    separator: str = ";"
    multiply: Decimal = Decimal(1)
    round_to: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One column of a table: its type, where its value comes from and how it is written there."""

    name: str
    kind: FieldType
    origin: Origin
    written: Written = field(default_factory=Written)
    known: tuple[str, ...] = ()
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are meant, by what one column holds; `because` says why they are skipped."""

    place: Place
    column: str
    present: bool | None = None
    one_of: frozenset[str] | None = None
    none_of: frozenset[str] | None = None
    because: str = ""

    def holds(self, cell: str) -> bool:
        """Whether a row with this cell is meant."""
        return (
            (self.present is None or bool(cell) is self.present)
            and (self.one_of is None or cell in self.one_of)
            and (self.none_of is None or cell not in self.none_of)
        )


@dataclass(frozen=True, slots=True)
class RowsMap:
    """Rows of one file that become rows of one table; `merge` takes rows alike in every column as one."""

    table: str
    file: str
    columns: tuple[ColumnMap, ...]
    when: Filter | None = None
    merge: bool = False


@dataclass(frozen=True, slots=True)
class FileMap:
    """Files to read, by a pattern of their names."""

    id: str
    name: str
    place: Place
    dialect: Dialect = field(default_factory=Dialect)
    skip: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """How the exports of a CRM become a local CRM."""

    id: str
    files: tuple[FileMap, ...]
    rows: tuple[RowsMap, ...]
    tracked: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def lookups(self) -> tuple[Lookup, ...]:
        """Give every lookup there is."""
        return tuple(
            column.origin.lookup for rows in self.rows for column in rows.columns if column.origin.lookup is not None
        )

    def columns_read(self, file: str) -> tuple[tuple[str, Place], ...]:
        """Name every column that is read of a file, with where the mapping says so."""
        here = [rows for rows in self.rows if rows.file == file]
        read = [named for rows in here for column in rows.columns for named in _columns_of(column.origin)]
        read += [(rows.when.column, rows.when.place) for rows in here if rows.when]
        read += [(each.column, each.place) for one in self.files if one.id == file for each in one.skip]
        for rows in self.rows:
            for column in rows.columns:
                if (lookup := column.origin.lookup) is not None and lookup.file == file:
                    read += [(lookup.key, column.origin.place), (lookup.take, column.origin.place)]
        return tuple(dict.fromkeys(read))


def _columns_of(origin: Origin) -> list[tuple[str, Place]]:
    if origin.lookup is not None:
        return _columns_of(origin.lookup.by)
    names = [origin.column] if origin.column else [name for each in origin.templates for name in names_in(each)]
    return [(name, origin.place) for name in names]


def names_in(template: str) -> list[str]:
    """Name the columns a template reads."""
    return [part.partition("}")[0] for part in template.split("{")[1:]]
