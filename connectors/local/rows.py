"""Makes typed rows of one canonical table out of text; a row with a cell that cannot be read is left out and named."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from connectors.local.columns import RefusedCell, blank_to_null, split_lists, typed_column
from connectors.local.fetching import Rows
from connectors.local.sources import Column, Source
from connectors.troubles import Troubles, shown
from rules.problems import Place

Where = Callable[[str, str, int], Place]
"""Where a cell stands: by the table and column as they are stored, and the row's number."""

NOT_UTF8 = "bytes that are not UTF-8"


def typed_rows(source: Source, rows: Rows, troubles: Troubles, where: Where) -> pa.Table:
    """Type every column as the table asks, and give a contact one row for each role."""
    bad, arrays = set[int](), dict[str, pa.Array]()
    for column in source.columns:
        typed = typed_column(rows.columns[column.name], column.kind, column.known)
        broken = [_not_utf8(rows, row, column) for row, name in rows.not_utf8 if name == column.name]
        for cell in (*broken, *typed.refused):
            bad.add(cell.row)
            place = where(source.stored, column.stored, rows.numbers[cell.row].as_py())
            troubles.add(place, "bad-cell", _message(source, column, rows, cell), cell.help)
        arrays[column.name] = typed.values
    table = pa.table(arrays)
    if bad:
        kept = pa.array([row not in bad for row in range(len(rows))], pa.bool_())
        table = table.filter(kept)
    return _one_row_a_role(table) if source.table == "contacts" and source.has("role") else table


def _not_utf8(rows: Rows, row: int, column: Column) -> RefusedCell:
    text = rows.columns[column.name][row].as_py()
    return RefusedCell(row, text, NOT_UTF8, "save it as UTF-8, or import it with the `encoding` it has")


def _message(source: Source, column: Column, rows: Rows, cell: RefusedCell) -> str:
    subject = _subject(source, rows, cell.row)
    return f"`{column.stored}` of {subject} is {shown(cell.text)}, {cell.reason}; the row is left out"


def _subject(source: Source, rows: Rows, row: int) -> str:
    """Name the row a cell stands in: `deal `D1``, or `contacts of deal `D1``."""
    key = "deal_id" if "deal_id" in rows.columns else "id"
    found = rows.columns[key][row].as_py()
    named = shown(found) if found else "no name"
    singular = source.table.removesuffix("s")
    return f"{singular} {named}" if key == "id" else f"`{source.table}` of deal {named}"


def _one_row_a_role(contacts: pa.Table) -> pa.Table:
    """Give a person with the roles `a;b` two rows; one with none keeps a row without a role."""
    roles = contacts["role"].combine_chunks()
    if not pc.any(pc.match_substring(roles, ";"), min_count=0).as_py():
        return contacts
    lists = split_lists(roles)
    empty = pc.fill_null(pc.equal(pc.list_value_length(lists), 0), fill_value=True)
    named = contacts.take(pc.list_parent_indices(lists))
    column = contacts.column_names.index("role")
    named = named.set_column(column, contacts.schema.field(column), pc.list_flatten(lists))
    nameless = contacts.filter(empty)
    nameless = nameless.set_column(
        column, contacts.schema.field(column), blank_to_null(pa.nulls(len(nameless), pa.string()))
    )
    return pa.concat_tables([named, nameless])
