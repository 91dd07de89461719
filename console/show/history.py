"""A deal's history on a terminal: moment by moment, what was seen, found and written, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from console.show.page import indented, joined, words
from engine.runs.history import History
from engine.runs.history_entries import Entry, What

STYLES = {What.CROSSING: "bold red", What.GATE: "bold", What.WRITTEN: "cyan"}


def timeline(told: History) -> RenderableType:
    """Lay a history out, the newest last."""
    if not told.entries:
        return words(f"nothing was recorded of deal {told.deal_id} since then", "dim")
    return Group(*(part for moment, some in groupby(told.entries, key=_moment) for part in _block(moment, some, told)))


def _moment(entry: Entry) -> tuple[datetime, int]:
    return entry.at, entry.run.id if entry.run else 0


def _block(moment: tuple[datetime, int], entries: Iterator[Entry], told: History) -> Iterator[RenderableType]:
    """Lay out what one run decided, or a waiver."""
    some = list(entries)
    run = some[0].run
    by = words(f"run {run.id}, {run.kind}" if run else "", "dim")
    yield joined([words(_when(moment[0], told.zone), "bold"), by], "  ")
    for entry in some:
        yield indented(words(entry.says, STYLES.get(entry.what, "")))
        yield from (indented(words(line, "dim"), 6) for line in entry.details)
    yield Text()


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %-d %b %Y %H:%M} ({zone.key})"
