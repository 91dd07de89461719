"""Asking every database the same of a list of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from connectors.warehouse.backend import Backend
from engine.judge.dialects.arrow import arrow_schema
from engine.judge.query.frame import Script

Asked = Callable[[ir.StringValue], ir.Value]


def answers(backend: Backend, texts: Sequence[str | None], asked: Mapping[str, Asked]) -> dict[str, list[Any]]:
    """Give by question what a backend makes of each text."""
    ids = [f"{number:08}" for number in range(len(texts))]
    backend.put("texts", pa.table({"id": ids, "given": pa.array(texts, pa.string())}))
    kinds = {"id": "string", "given": "string"}
    columns = ", ".join(backend.dialect.column(name, name, kind) for name, kind in kinds.items())
    backend.define("asked", f"SELECT {columns} FROM texts")  # noqa: S608 - our own names
    table = ibis.table(kinds, name="asked")
    query = table.select("id", **{name: ask(table.given) for name, ask in asked.items()})
    script = Script((), backend.dialect.text(backend.dialect.query(query)), backend.dialect.quote)
    found = pa.concat_tables(backend.batches(script, arrow_schema(query.schema(), "UTC"), 1_000_000))
    return {name: found[name].to_pylist() for name in asked}
