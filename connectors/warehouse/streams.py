"""Several tables read side by side, each sorted by deal: batches of deals with all their rows, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc


@dataclass
class Stream:
    """The rows of one table in the order of `key`, taken from the front."""

    schema: pa.Schema
    batches: Iterator[pa.Table]
    key: str = "deal_id"
    waiting: list[pa.Table] = field(default_factory=list)

    def up_to(self, last: str) -> pa.Table:
        """Take all rows whose key is not beyond `last`."""
        taken: list[pa.Table] = []
        while (piece := self._next()) is not None:
            keys = piece[self.key]
            count = len(keys) if keys[-1].as_py() <= last else pc.sum(pc.less_equal(keys, last)).as_py()
            taken.append(piece.slice(0, count))
            if count < len(keys):
                self.waiting.insert(0, piece.slice(count))
                break
        return pa.concat_tables(taken) if taken else self.schema.empty_table()

    def _next(self) -> pa.Table | None:
        """Give the next rows that there are."""
        while not self.waiting:
            piece = next(self.batches, None)
            if piece is None:
                return None
            if len(piece):
                self.waiting.append(piece)
        return self.waiting.pop(0)


def without_repeated(deals: pa.Table, before: str) -> tuple[pa.Table, list[str]]:
    """Leave out deals whose id stands there again, and name those ids; `before` is the id before the first."""
    if not len(deals):
        return deals, []
    ids = deals["id"].combine_chunks()
    previous = pa.concat_arrays([pa.array([before], pa.string()), ids[:-1]])
    again = pc.equal(ids, previous)
    if not pc.any(again, min_count=0).as_py():
        return deals, []
    return deals.filter(pc.invert(again)), sorted(set(ids.filter(again).to_pylist()))


def each_once(rows: pa.Table, key: str = "id") -> pa.Table:
    """Keep the first row of every key."""
    keys = rows[key].combine_chunks()
    unique = keys.unique().drop_null()
    return rows if len(unique) == len(keys) else rows.take(pc.index_in(unique, value_set=keys))


def only(rows: pa.Table, column: str, wanted: pa.Array) -> pa.Table:
    """Keep the rows that hold one of these."""
    return rows.filter(pc.is_in(rows[column], value_set=wanted))
