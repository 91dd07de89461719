"""Tables and what else was judged from, as bytes that are kept to judge again: the same values give the same bytes.

A batch is one Parquet file a table, all pressed together, since the descriptions of small tables weigh more than their
rows. Rows stay in the order they were delivered in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.judge.tables import Tables

MARK = b"DGT1"
"""What the bytes begin with: the format and its version."""
LENGTH = 8
"""How many bytes tell how many there will be when they are no longer pressed."""
CODEC = "zstd"
OWNERS_IN = ("owner_id", "changed_by")
"""The columns that name owners."""


def to_bytes(tables: Tables) -> bytes:
    """Lay a batch out as bytes: its tables, which of their columns were delivered, and which fields are tracked."""
    files = {name: _to_parquet(table) for name, table in sorted(tables.tables.items())}
    head = {
        "tracked": sorted(tables.tracked) if tables.tracked is not None else None,
        "tables": {name: len(data) for name, data in files.items()},
    }
    return pressed(b"\n".join([json.dumps(head, sort_keys=True).encode(), b"".join(files.values())]))


def from_bytes(data: bytes) -> Tables:
    """Read back what `to_bytes` laid out; raises ValueError where these are other bytes."""
    head, _, rest = unpressed(data).partition(b"\n")
    values = json.loads(head)
    tracked = values["tracked"]
    tables = dict(_from_parquet(rest, values["tables"]))
    return Tables(tables, None if tracked is None else frozenset(tracked))


def of_deals(tables: Tables, deal_ids: Iterable[str]) -> Tables:
    """Cut a batch down to some deals and what belongs to them; what was delivered stays so, if only with no rows."""
    deals = _with(tables["deals"], "id", deal_ids)
    ids = deals["id"].to_pylist()
    of_deal = {name: _with(table, "deal_id", ids) for name, table in tables.tables.items() if name != "deals"}
    cut = of_deal | {"deals": deals}
    needed = {"owners": _named(cut, OWNERS_IN), "accounts": _named({"deals": deals}, ("account_id",))}
    parents = {name: _with(cut[name], "id", ids) for name, ids in needed.items() if name in cut}
    return Tables({name: (cut | parents)[name] for name in tables.tables}, tables.tracked)


def pressed(data: bytes) -> bytes:
    """Press bytes together."""
    body: bytes = pa.compress(data, CODEC, asbytes=True)
    return MARK + len(data).to_bytes(LENGTH, "big") + body


def unpressed(data: bytes) -> bytes:
    """Give back what was pressed together; raises ValueError where these are other bytes."""
    if not data.startswith(MARK):
        raise ValueError("these bytes were not laid out by this engine, or by another version of it")
    start = len(MARK) + LENGTH
    size = int.from_bytes(data[len(MARK) : start], "big")
    whole: bytes = pa.decompress(data[start:], size, CODEC, asbytes=True)
    return whole


def _to_parquet(table: pa.Table) -> bytes:
    """Write a table alone by its names and types, in one piece, so that how it came to be leaves no trace."""
    columns = [_plain(table[name]) for name in table.column_names]
    whole = pa.table(columns, names=table.column_names).combine_chunks()
    file = pa.BufferOutputStream()
    pq.write_table(
        whole, file, compression="none", use_dictionary=False, write_statistics=False, use_compliant_nested_type=False
    )
    written: bytes = file.getvalue().to_pybytes()
    return written


def _from_parquet(data: bytes, lengths: Mapping[str, int]) -> Iterator[tuple[str, pa.Table]]:
    start = 0
    for name, length in lengths.items():
        yield name, pq.read_table(pa.BufferReader(data[start : start + length]))
        start += length


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a list the one name for its items; all other types are plain already."""
    return column.cast(pa.list_(column.type.value_type)) if pa.types.is_list(column.type) else column


def _with(table: pa.Table, key: str, wanted: Iterable[str]) -> pa.Table:
    """Give the rows whose key is wanted; all of them where the table has no such key."""
    if key not in table.column_names:
        return table
    return table.filter(pc.is_in(table[key], value_set=pa.array(sorted(set(wanted)), pa.string())))


def _named(tables: Mapping[str, pa.Table], columns: Sequence[str]) -> list[str]:
    """Give the ids that stand in these columns of any table."""
    named = {
        each
        for table in tables.values()
        for column in columns
        if column in table.column_names
        for each in pc.unique(table[column]).to_pylist()
    }
    return sorted(named - {None})
