"""Pruning: what is older than its retention leaves the store, in small transactions that hold nobody up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
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


def never() -> bool:
    """Go on to the end."""
    return False


def prune(ledger: Ledger, retention: Retention, now: datetime, ending: Callable[[], bool] = never) -> Pruned:
    """Take away what is older than its retention, and count it; whoever else does so at the same time does no harm.

    Once `ending` says so, the rest is left to another time.
    """
    counted = Counter[str]()
    for each in prunable(retention, now):
        counted[each.counts] += _take_away(ledger, each, ending)
    if not ending():
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


def _take_away(ledger: Ledger, given: Prunable, ending: Callable[[], bool]) -> int:
    """Look for rows without holding anyone up, and take them away few by few."""
    taken = 0
    while not ending() and (keys := _look_for(ledger, given)):
        gone = 0
        for start in range(0, len(keys), given.at_once):
            if ending():
                break
            gone += _delete(ledger, given, keys[start : start + given.at_once])
        taken += gone
        if not gone or len(keys) < LOOKED_FOR:
            break
    return taken


def _delete(ledger: Ledger, given: Prunable, keys: Sequence[Any]) -> int:
    """Take some rows away, but for those that somebody else holds."""
    columns = given.table.primary_key.columns
    free = select(*columns).where(_these(given.table, keys), given.still).order_by(*columns)
    with ledger.writing() as connection:
        locked = connection.execute(free.with_for_update(of=given.table, skip_locked=True)).all()
        ours = _these(given.table, [tuple(row) for row in locked])
        return connection.execute(delete(given.table).where(ours)).rowcount if locked else 0


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
            connection.cursor().executescript(f"PRAGMA incremental_vacuum({PAGES})")
        free, before = _free_pages(ledger), free


def _free_pages(ledger: Ledger) -> int:
    """Count the pages that can be given back."""
    with ledger.reading() as connection:
        if connection.execute(text("PRAGMA auto_vacuum")).scalar() != INCREMENTAL:
            return 0
        return int(connection.execute(text("PRAGMA freelist_count")).scalar() or 0)
