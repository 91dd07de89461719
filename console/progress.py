"""Progress of long work: on stderr, and only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.protocol import OnRead
from console.show.page import page
from engine.runs.batches import BatchOfVerdicts

Fill = Callable[[float, float | None], None]
"""Takes how much is done, and of how much where that is known."""


def counted(batches: Iterable[BatchOfVerdicts], watch: Callable[[OnRead], None]) -> Iterator[BatchOfVerdicts]:
    """Pass batches on, showing what is being read and how many deals were judged so far."""
    with _progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
        task = progress.add_task("reading", total=None)
        watch(lambda what, rows: progress.update(task, description=f"reading {what}: {rows:,} rows"))
        judged = 0
        for batch in batches:
            judged += len(batch.verdicts)
            progress.update(task, description=f"{judged:,} deals judged")
            yield batch


@contextmanager
def filling(what: str) -> Iterator[Fill]:
    """Show a bar that fills."""
    with _progress(TextColumn(what), BarColumn(), TimeElapsedColumn()) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _progress(*columns: SpinnerColumn | TextColumn | BarColumn | TimeElapsedColumn) -> Progress:
    console = page(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
