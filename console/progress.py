"""Progress of long work: on stderr, and only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from connectors.protocol import OnRead
from console.show.page import page, words
from engine.ledger.sweep_parts import PartsDone
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


@contextmanager
def sweeping() -> Iterator[ShownSweep]:
    """Show a sweep as it goes on: what is read, judged and written."""
    with _progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as progress:
        yield ShownSweep(progress, progress.add_task("reading", total=None))


class ShownSweep:
    """Is told how a sweep goes on, and shows it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._sent = 0

    def reads(self, what: str, rows: int) -> None:
        """Show what is being read."""
        self._progress.update(self._task, description=f"reading {what}: {rows:,} rows")

    def judges(self, done: PartsDone) -> None:
        """Show how many deals are judged, of how many."""
        said = f"{done.deals_done:,} of {done.deals:,} deals judged"
        self._progress.update(self._task, description=said, completed=done.deals_done, total=done.deals)

    def writes(self, sent: int, of: int) -> None:
        """Show how many changes were sent, of how many."""
        self._sent += sent
        said = f"{self._sent:,} of {of:,} changes written"
        self._progress.update(self._task, description=said, completed=self._sent, total=of)

    def refuses(self, waiver: str) -> None:
        """Tell of a waiver that does not hold, on a terminal or not."""
        page(stderr=True).print(words(f"a waiver does not hold: {waiver}"))


def _progress(*columns: SpinnerColumn | TextColumn | BarColumn | TimeElapsedColumn) -> Progress:
    console = page(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
