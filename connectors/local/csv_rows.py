"""Reads CSV files row by row with right line numbers; a row that cannot be read is named and the next one goes on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

from connectors.troubles import shown
from rules.problems import Place, Problem

LONGEST_LINE = 4_000_000
"""No line of a table is longer; a file without line ends must not fill the memory."""

CSV_WORDS = (
    ("unexpected end of data", "a quoted cell is never closed", 'end it with `"`'),
    ("field larger than field limit", "a cell is longer than 131,072 characters", "is a quote left open before it?"),
    ("expected after", "text follows a closing quote", "write a quote inside a quoted cell twice"),
)  # fmt: skip


class CsvRefusedError(Exception):
    """A whole file cannot be read as a table; `problem` says where and why."""

    def __init__(self, path: Path, code: str, message: str, advice: str = "", line: int = 1) -> None:
        self.problem = Problem(Place(str(path), line), code, message, advice)
        super().__init__(str(self.problem))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'


class CsvRow(NamedTuple):
    """One row: the line it begins on and its cells; `refused` says why it cannot be used."""

    line: int
    cells: Sequence[str]
    refused: str = ""
    help: str = ""


@dataclass
class CsvTable:
    """An open CSV file: its columns, and its rows to go through once."""

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[CsvRow] = field(repr=False)
    done: Callable[[], int] = field(repr=False)
    """Gives how many bytes were read so far."""
    text: Callable[[], str] = field(repr=False)
    """Gives the row read last as it was written."""


@contextmanager
def open_csv(path: Path, dialect: Dialect | None = None) -> Iterator[CsvTable]:
    """Open a CSV file whose first row names its columns; raise `CsvRefusedError` where there is none."""
    how = dialect or Dialect()
    encoding = "utf-8-sig" if how.encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else how.encoding
    try:
        with path.open("rb") as raw, TextIOWrapper(raw, encoding, "surrogateescape", newline="") as file:
            rows = _Rows(path, file, how)
            yield CsvTable(path, rows.columns, rows.rest(), raw.tell, rows.text)
    except UnicodeError:
        raise CsvRefusedError(path, "not-text", f"the file is not {how.encoding}", "name its true `encoding`") from None


class _Rows:
    """The rows of one open file, the lines that each was made of, and what could not be decoded in them."""

    def __init__(self, path: Path, file: TextIO, dialect: Dialect) -> None:
        self.path = path
        self.encoding = dialect.encoding
        self.pending: list[str] = []
        self.line = 0
        self.suspect = False
        self.reader = csv.reader(self._lines(file), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
        self.columns = self._header()

    def rest(self) -> Iterator[CsvRow]:
        """Yield the rows after the first, blank lines left out."""
        width = len(self.columns)
        while (row := self._next()) is not None:
            if row.refused or len(row.cells) == width:
                yield row
            elif row.cells:
                said = f"the row has {len(row.cells)} cell{'s' * (len(row.cells) != 1)}; the first line names {width}"
                yield CsvRow(row.line, row.cells, said, "is a delimiter missing, or a quote around one?")

    def text(self) -> str:
        """Give the row read last as it was written."""
        return "".join(self.pending).rstrip("\r\n")

    def _header(self) -> tuple[str, ...]:
        header = self._next()
        while header is not None and not header.cells and not header.refused:
            header = self._next()
        if header is None:
            raise CsvRefusedError(self.path, "empty-file", "the file is empty", "its first line names the columns")
        if header.refused:
            raise CsvRefusedError(self.path, "bad-header", header.refused, header.help, header.line)
        columns = tuple(cell.strip() for cell in header.cells)
        folded = [column.lower() for column in columns if column]
        for column in columns:
            if folded.count(column.lower()) > 1:
                raise CsvRefusedError(self.path, "repeated-column", f"the column {shown(column)} is named twice")
        return columns

    def _next(self) -> CsvRow | None:
        line, self.suspect = self.line + 1, False
        self.pending.clear()
        try:
            cells = next(self.reader)
        except StopIteration:
            return None
        except csv.Error as error:
            wrong, advice = next(
                ((wrong, advice) for sign, wrong, advice in CSV_WORDS if sign in str(error)),
                ("the row cannot be read", ""),
            )
            return CsvRow(line, (), wrong, advice)
        if self.suspect and (undecodable := self._undecodable(cells)):
            return CsvRow(line, (), *undecodable)
        return CsvRow(line, cells)

    def _lines(self, file: TextIO) -> Iterator[str]:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                said = f"the line is longer than {LONGEST_LINE:,} characters"
                raise CsvRefusedError(self.path, "endless-line", said, "is it a table?", self.line + 1)
            self.line += 1
            self.pending.append(line)
            if "\0" in line or not line.isascii():
                self.suspect = True
            yield line

    def _undecodable(self, cells: Sequence[str]) -> tuple[str, str] | None:
        """Say which cell holds what is no text."""
        names = getattr(self, "columns", ())
        for number, cell in enumerate(cells):
            name = shown(names[number]) if number < len(names) else f"cell {number + 1}"
            if "\0" in cell:
                return f"{name} holds a NUL byte", "delete it; it is no text"
            if any("\udc80" <= letter <= "\udcff" for letter in cell):
                seen = "".join(_shown_byte(letter) for letter in cell)
                return f"{name} holds bytes that are not {self.encoding}: {shown(seen)}", "name its true `encoding`"
        return None


def _shown_byte(letter: str) -> str:
    return f"\\x{ord(letter) - 0xDC00:02x}" if "\udc80" <= letter <= "\udcff" else letter
