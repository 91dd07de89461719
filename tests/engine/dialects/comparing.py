"""Judging the same tables in a database and by the engine's own DuckDB, and telling what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.warehouse.backend import Backend
from engine.judge.evaluate import Evaluator
from engine.judge.tables import Tables
from engine.judge.verdicts import Verdict
from engine.judge.waivers import Waiver
from engine.runs.in_place import InPlace
from rules.playbook import Playbook

ROWS = 25
"""Deals a batch: few, so that there are several."""


def held(backend: Backend, tables: Tables) -> dict[str, str]:
    """Put tables into a backend, and give the SELECT of each."""
    for name, table in tables.tables.items():
        backend.put(f"held_{name}", table)
    quoted = backend.dialect.quoted
    return {
        name: f"SELECT {', '.join(map(quoted, table.column_names))} FROM {quoted(f'held_{name}')}"  # noqa: S608 - our own names
        for name, table in tables.tables.items()
    }


def differences(
    backend: Backend,
    playbook: Playbook,
    tables: Tables,
    as_of: datetime,
    waivers: Sequence[Waiver] = (),
    *,
    crm: str = "local",
    words: bool = True,
    rows: int = ROWS,
) -> list[str]:
    """Judge in the backend and by the engine, and tell every difference in a line."""
    place = InPlace(playbook, crm, backend, held(backend, tables), tracked=tables.tracked)
    got = [each for batch in place.verdicts(as_of, waivers, words=words, rows=rows) for each in batch]
    with Evaluator(playbook, crm, delivered=tables.delivered, tracked=tables.tracked) as evaluator:
        expected = evaluator.judge(tables, as_of, waivers, words=words)
        assert place.compiled.unjudged == evaluator.compiled.unjudged
    assert [each.deal_id for each in got] == [each.deal_id for each in expected]
    return [line for one, other in zip(expected, got, strict=True) for line in _told(one, other)]


def _told(expected: Verdict, got: Verdict) -> Iterator[str]:
    pairs: list[tuple[Any, Any]] = [(replace(expected, findings=()), replace(got, findings=()))]
    first, second = ({each.key: each for each in verdict.findings} for verdict in (expected, got))
    pairs += [(first.get(key), second.get(key)) for key in sorted(first.keys() | second.keys())]
    for one, other in pairs:
        if one != other:
            yield f"{expected.deal_id}\n  engine:   {one}\n  in place: {other}"
