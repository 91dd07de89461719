"""Writes CSV files that a spreadsheet may open safely, whole or not at all."""

from __future__ import annotations

import csv
import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.local.database import LocalCrmError

FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet would run as a formula, with the apostrophes that may already stand before it."""

WriteRow = Callable[[Sequence[str | None]], object]
"""Writes one row of a table."""

FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def neutralized(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """Take back the apostrophe that `neutralized` put before a cell."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Write a whole table."""
    with drafted(path, columns) as write_row:
        for row in rows:
            write_row(row)


@contextmanager
def drafted(path: Path, columns: Sequence[str]) -> Iterator[WriteRow]:
    """Write a table beside the one it replaces, and put it in its place at once when the block ends well."""
    draft = path.with_name(f".{path.name}.draft")
    with saying_why(path):
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(columns)
                yield lambda row: writer.writerow([neutralized(cell or "") for cell in row])
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn a failure of the file system into a `CrmError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise LocalCrmError(path, "cannot be written: the disk is full", "make room and run again") from error
        if error.errno in FORBIDDEN:
            raise LocalCrmError(path, "may not be read or written", "allow it and run again") from error
        raise LocalCrmError(path, f"cannot be read or written: {(error.strerror or str(error)).lower()}") from error
