"""What rules found, beside what the table engine saw: verdicts of the one, with the other's observations for words."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.judge.ruleset.answer import Answer


def merged(answer: Answer, seen: pa.Table) -> pa.Table:
    """Put every column that rules answered over the table engine's; the rest of its columns only tell what was seen."""
    order = {deal_id: row for row, deal_id in enumerate(answer.columns["id"])}
    rows = [order[deal_id] for deal_id in seen["id"].to_pylist()]
    for name, values in answer.columns.items():
        if name in seen.column_names:
            place, kind = seen.column_names.index(name), seen.schema.field(name).type
            cells = [values[row] for row in rows]
            if name.endswith(".people"):
                cells = [_told(own, told) for own, told in zip(cells, seen[name].to_pylist(), strict=True)]
            seen = seen.set_column(place, name, pa.array(cells, kind))
    return seen


def _told(people: list[dict[str, Any]], seen: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Give each open person what the table engine saw of them."""
    known = {each["person"]: each for each in seen or ()}
    return [{**known.get(each["person"], {}), **each} for each in people]
