"""Writes stories as CSV files: in canonical columns and forms, or as the example CRM would export them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from examples.columns import COLUMNS, EXPORTS, MONEY, WORDS
from examples.company import Row
from examples.story import Story

ZONE = ZoneInfo("America/New_York")
"""Where the example CRM's users are; its exports name no zone."""

RELATED = ("contacts", "activities", "stage_changes", "proposals", "quotes", "field_changes")


class Form(Protocol):
    """How a table is written: its file, its header, and each cell."""

    def file(self, table: str) -> str:
        """Name the table's file."""

    def header(self, table: str) -> list[str]:
        """Name the columns."""

    def cell(self, table: str, column: str, value: Any) -> str:  # noqa: ANN401 - any value a column may hold
        """Write one value."""


class Canonical:
    """Dealgate's own columns and forms, read without a mapping."""

    def file(self, table: str) -> str:
        """Name the table's file."""
        return f"{table}.csv"

    def header(self, table: str) -> list[str]:
        """Name the columns."""
        return list(COLUMNS[table])

    def cell(self, table: str, column: str, value: Any) -> str:  # noqa: ANN401, ARG002 - as in Form
        """Write one value."""
        match value:
            case None:
                return ""
            case bool():
                return str(value).lower()
            case datetime():
                return f"{value:%Y-%m-%dT%H:%M:%SZ}"
            case list():
                return ";".join(value)
            case _:
                return str(value)


class Export:
    """The example CRM's exports: its own column names, local times, `$1,234.00` and words such as `No Show`."""

    def file(self, table: str) -> str:
        """Name the table's file."""
        return EXPORTS[table]

    def header(self, table: str) -> list[str]:
        """Name the columns."""
        return list(COLUMNS[table].values())

    def cell(self, table: str, column: str, value: Any) -> str:  # noqa: ANN401 - as in Form
        """Write one value."""
        if value is None or isinstance(value, str):
            return WORDS.get((table, column), {}).get(value, value or "")
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, list):
            return "; ".join(value)
        return _date(value) if isinstance(value, date) else _number(value, money=column in MONEY)


def write(folder: Path, owners: Iterable[Row], stories: Iterable[Story], form: Form) -> None:
    """Write every table as stories come, each client once: deals with one client follow each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_files:
        tables = {table: _Table(folder, table, form, open_files) for table in COLUMNS}
        for owner in owners:
            tables["owners"].add(owner)
        last_client = ""
        for story in stories:
            tables["deals"].add(story.deal)
            if story.account["id"] != last_client:
                tables["accounts"].add(story.account)
            last_client = story.account["id"]
            for table, row in _related(story):
                tables[table].add(row)


def _related(story: Story) -> Iterator[tuple[str, Row]]:
    for table in RELATED:
        for row in getattr(story, table):
            yield table, {"deal_id": story.deal["id"], **row}


def _date(value: date) -> str:
    return f"{value.astimezone(ZONE):%m/%d/%Y %I:%M %p}" if isinstance(value, datetime) else f"{value:%m/%d/%Y}"


def _number(value: float, *, money: bool) -> str:
    return f"${value:,.2f}" if money else str(value)


class _Table:
    """One open CSV file."""

    def __init__(self, folder: Path, table: str, form: Form, open_files: ExitStack) -> None:
        file = open_files.enter_context((folder / form.file(table)).open("w", encoding="utf-8", newline=""))
        self.table, self.form = table, form
        self.rows = csv.writer(file, lineterminator="\n")
        self.rows.writerow(form.header(table))

    def add(self, row: Row) -> None:
        self.rows.writerow(self.form.cell(self.table, column, row.get(column)) for column in COLUMNS[self.table])
