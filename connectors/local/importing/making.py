"""Makes rows of a table out of the cells of a file's row, or says why none can be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from connectors.local.importing.convert import Converter
from connectors.local.importing.mapping import ColumnMap, RowsMap
from connectors.local.importing.origins import Indexes, RefusedCellError, fetcher
from connectors.local.values import RefusedValueError, read_value
from connectors.troubles import shown
from rules.types import FieldType

AS_WRITTEN = {FieldType.TEXT, FieldType.LINK, FieldType.CHOICE}
"""Types that any text fits."""

Make = Callable[[Sequence[str]], str | None]


class RefusedRowError(Exception):
    """A row gives nothing; `table` and `column` say what could not be filled."""

    def __init__(self, table: str, column: str, reason: str) -> None:
        self.table = table
        self.column = column
        super().__init__(reason)


class RowMaker:
    """Makes the rows of one table from one file; used for every row of it."""

    def __init__(self, rows: RowsMap, columns: Mapping[str, int], indexes: Indexes) -> None:
        self.rows = rows
        self._when = columns[rows.when.column] if rows.when else -1
        self._makes = [(column.name, _maker(column, columns, indexes)) for column in rows.columns]

    def applies(self, cells: Sequence[str]) -> bool:
        """Whether the row is one that this table takes."""
        return self.rows.when is None or self.rows.when.holds(cells[self._when].strip())

    def make(self, cells: Sequence[str]) -> list[str | None]:
        """Make the row's values in canonical form; raise `RefusedRowError` where one cannot be made."""
        values = list[str | None]()
        for name, make in self._makes:
            try:
                values.append(make(cells))
            except RefusedValueError as error:
                reason = f"{error.reason}; {error.help}" if error.help else error.reason
                raise RefusedRowError(self.rows.table, name, reason) from None
        return values


def _maker(column: ColumnMap, columns: Mapping[str, int], indexes: Indexes) -> Make:
    fetch, converter = fetcher(column.origin, columns, indexes), Converter(column)
    checked = lru_cache(maxsize=1_000)(partial(_checked, column))

    def make(cells: Sequence[str]) -> str | None:
        text, canonical = fetch(cells)
        if text is None:
            text, canonical = column.default or None, True
        if text is None:
            if column.required:
                words = f"column {shown(column.origin.words)} holds nothing" if column.origin.words else "nothing found"
                raise RefusedValueError(f"{words}, and `{column.name}` must be known")
            return None
        return checked(text) if canonical else _converted(text, column, converter)

    return make


def _converted(text: str, column: ColumnMap, converter: Converter) -> str:
    if column.kind in AS_WRITTEN and not column.known:
        return text
    try:
        return converter.convert(text)
    except RefusedValueError as error:
        raise RefusedCellError(column.origin.words, text, error.reason, error.help) from None


def _checked(column: ColumnMap, text: str) -> str:
    try:
        read_value(text, column.kind, column.known)
    except RefusedValueError as error:
        raise RefusedCellError("", text, f"{error.reason} for `{column.name}`", error.help) from None
    return text
