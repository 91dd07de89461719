"""Pruning: what is older than its retention leaves the store, in small transactions that hold nobody up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, select, text, tuple_

from engine.ledger.prunable import Prunable, prunable
from engine.ledger.retention import Pruned, Retention
from engine.ledger.store import Ledger

LOOKED_FOR = 20_000
"""How many rows are looked for at once, by their keys alone."""
INCREMENTAL = 2
PAGES = 2_000
"""How many free pages SQLite gives back in one transaction, and how many it may keep."""


def prune(ledger: Ledger, retention: Retention, now: datetime) -> Pruned:
    """Take away what is older than its retention, and count it; whoever else does so at the same time does no harm."""
    counted = Counter[str]()
    for each in prunable(retention, now):
        counted[each.counts] += _take_away(ledger, each)
    _give_back_space(ledger)
    return _pruned(counted)


def would_prune(ledger: Ledger, retention: Retention, now: datetime) -> Pruned:
    """Count what `prune` would take away, but for runs."""
    counted = Counter[str]()
    with ledger.reading() as connection:
        for each in prunable(retention, now):
            if each.counts != "runs":
                query = select(func.count()).select_from(each.table).where(each.where)
                counted[each.counts] += connection.execute(query).scalar_one()
    return _pruned(counted)


def _pruned(counted: Counter[str]) -> Pruned:
    return Pruned(**{each.name: counted[each.name] for each in fields(Pruned)})


def _take_away(ledger: Ledger, given: Prunable) -> int:
    """Look for rows without holding anyone up, and take them away few by few."""
    taken = 0
    while keys := _look_for(ledger, given):
        gone = 0
        for start in range(0, len(keys), given.at_once):
            with ledger.writing() as connection:
                these = _these(given.table, keys[start : start + given.at_once])
                gone += connection.execute(delete(given.table).where(these, given.still)).rowcount
        taken += gone
        if not gone or len(keys) < LOOKED_FOR:
            break
    return taken


def _look_for(ledger: Ledger, given: Prunable) -> Sequence[Any]:
    columns = given.table.primary_key.columns
    query = select(*columns).where(given.where).order_by(*columns).limit(LOOKED_FOR)
    with ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _these(table: Table, keys: Sequence[Any]) -> ColumnElement[bool]:
    columns = tuple(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key for (key,) in keys])
    return tuple_(*columns).in_(keys)


def _give_back_space(ledger: Ledger) -> None:
    """Give what SQLite no longer needs back to the file system; PostgreSQL sees to that itself.

    A file whose pages cannot be given back uses them again. Pages are given back one a step, which only a script takes
    to its end.
    """
    if ledger.engine.dialect.name != "sqlite":
        return
    free, before = _free_pages(ledger), inf
    while PAGES < free < before:
        with closing(ledger.engine.raw_connection()) as connection:
            connection.cursor().executescript(f"PRAGMA incremental_vacuum({PAGES})")  # type: ignore[attr-defined]
        free, before = _free_pages(ledger), free


def _free_pages(ledger: Ledger) -> int:
    """Count the pages that can be given back."""
    with ledger.reading() as connection:
        if connection.execute(text("PRAGMA auto_vacuum")).scalar() != INCREMENTAL:
            return 0
        return int(connection.execute(text("PRAGMA freelist_count")).scalar() or 0)
