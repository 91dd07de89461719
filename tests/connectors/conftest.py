"""Fixtures of the connectors' tests: local CRMs of both kinds, filled with canonical rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from connectors.local import connect
from connectors.local.connector import LocalConnector
from connectors.local.database import opened_or_made, transaction
from connectors.local.layout import add_columns, listed

Rows = Sequence[Mapping[str, str]]
MakeLocal = Callable[[Mapping[str, Rows]], LocalConnector]


def columns_in(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


@pytest.fixture
def make_folder(tmp_path: Path) -> Iterator[MakeLocal]:
    opened: list[LocalConnector] = []

    def make(tables: Mapping[str, Rows]) -> LocalConnector:
        folder = tmp_path / "crm"
        folder.mkdir()
        for table, rows in tables.items():
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns_in(rows))
                writer.writeheader()
                writer.writerows(rows)
        opened.append(connect(folder))
        return opened[-1]

    yield make
    for connector in opened:
        connector.__exit__(None, None, None)


@pytest.fixture
def make_sqlite(tmp_path: Path) -> MakeLocal:
    def make(tables: Mapping[str, Rows]) -> LocalConnector:
        path = tmp_path / "crm.db"
        with opened_or_made(path) as db, transaction(db):
            for table, rows in tables.items():
                columns = columns_in(rows)
                add_columns(db, table, columns)
                marks = ", ".join("?" for _ in columns)
                insert = f'INSERT INTO "{table}" ({listed(columns)}) VALUES ({marks})'  # noqa: S608 - the test's own
                db.executemany(insert, [[row.get(column) for column in columns] for row in rows])
        return connect(path, patience=0.05)

    return make
