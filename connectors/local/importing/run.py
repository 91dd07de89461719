"""Imports CSV exports into a local CRM through a mapping; a row is taken whole or rejected with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path

from connectors.local.csv_rows import CsvRefusedError, CsvRow, CsvTable, open_csv
from connectors.local.database import opened_or_made
from connectors.local.importing.making import RefusedRowError, RowMaker
from connectors.local.importing.mapping import FileMap, ImportMapping, Lookup
from connectors.local.importing.origins import Index, index_key
from connectors.local.importing.report import FileReport, ImportReport, Progress
from connectors.local.importing.staging import Bin, RepeatedKeyError, Stage
from connectors.local.spreadsheet import WriteRow, drafted, saying_why
from rules.problems import Place, Problem, did_you_mean

REJECT_COLUMNS = ("file", "line", "table", "column", "reason", "row")
EVERY = 10_000
"""How many rows are read between two reports of progress."""

NO_TABLE = "no table takes it"

Tell = Callable[[Progress], None]


def import_csv(
    files: Sequence[Path], mapping: ImportMapping, into: Path, rejects: Path, progress: Tell | None = None
) -> ImportReport:
    """Import files into a local CRM, made where there is none; rows of the same key are replaced.

    What cannot be taken goes to `rejects`, a CSV file with the original row, its line and the reason. A file that does
    not fit the mapping is a problem of the report, and the others go on. A kill leaves the local CRM as it was.
    """
    with opened_or_made(into) as db, drafted(rejects, REJECT_COLUMNS) as write_reject:
        running = _Import(mapping, Stage(db, mapping), write_reject, progress)
        running.run(files)
        tables = running.stage.put_in(mapping.tracked) if running.reports else {}
    return ImportReport(tuple(running.reports), tables, tuple(sorted(running.problems)), rejects)


class _Import:
    """One import on its way; used once."""

    def __init__(self, mapping: ImportMapping, stage: Stage, reject: WriteRow, progress: Tell | None) -> None:
        self.mapping = mapping
        self.stage = stage
        self.reject = reject
        self.progress = progress
        self.problems: list[Problem] = []
        self.reports: list[FileReport] = []
        self.indexes: dict[tuple[str, str, str], Index] = {}

    def run(self, files: Sequence[Path]) -> None:
        """Read the files that others look things up in, then every file that gives rows."""
        paths = self._matched(files)
        for lookup in self.mapping.lookups():
            if index_key(lookup) not in self.indexes:
                self.indexes[index_key(lookup)] = self._index(lookup, paths)
        giving = {rows.file for rows in self.mapping.rows}
        for file in self.mapping.files:
            for path in paths[file.id] if file.id in giving else ():
                self._attempt(file, path)

    def _matched(self, files: Sequence[Path]) -> dict[str, list[Path]]:
        """Find the files each pattern names; a file without a pattern and a pattern without a file are problems."""
        paths: dict[str, list[Path]] = {file.id: [] for file in self.mapping.files}
        for path in files:
            fitting = next((file for file in self.mapping.files if fnmatch(path.name, file.name)), None)
            if fitting is not None:
                paths[fitting.id].append(path)
            elif not any(fnmatch(path.name, name) for name in self.mapping.ignore):
                names = ", ".join(f"`{file.name}`" for file in self.mapping.files)
                self._add(Place(str(path)), "unknown-file", "the mapping names no such file", f"it names {names}")
        for file in self.mapping.files:
            if not paths[file.id]:
                self._add(file.place, "missing-file", f"none of the given files is named `{file.name}`")
        return paths

    def _index(self, lookup: Lookup, paths: dict[str, list[Path]]) -> Index:
        """Index the column that a lookup takes by its key; None where one key has two values."""
        index: dict[str, str | None] = {}
        file = next(each for each in self.mapping.files if each.id == lookup.file)
        for path in paths[file.id]:
            try:
                with saying_why(path), open_csv(path, file.dialect) as table:
                    self._must_have_columns(file, table)
                    key, take = table.columns.index(lookup.key), table.columns.index(lookup.take)
                    for row in table.rows:
                        if not row.refused:
                            found, held = row.cells[key].strip(), row.cells[take].strip()
                            index[found] = held if index.get(found, held) == held else None
            except CsvRefusedError as error:
                self.problems.append(error.problem)
        return index

    def _attempt(self, file: FileMap, path: Path) -> None:
        try:
            with saying_why(path), open_csv(path, file.dialect) as table:
                self._must_have_columns(file, table)
                self.reports.append(_Reading(self, file, table).all_rows())
        except CsvRefusedError as error:
            self.problems.append(error.problem)

    def _must_have_columns(self, file: FileMap, table: CsvTable) -> None:
        """Refuse a file that lacks a column the mapping reads; the mapping's place says which."""
        missing = [(name, place) for name, place in self.mapping.columns_read(file.id) if name not in table.columns]
        for name, place in missing:
            self._add(
                place,
                "missing-column",
                f"`{table.path.name}` has no column `{name}`",
                did_you_mean(name, table.columns),
            )
        if missing:
            names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for name, _ in missing))
            raise CsvRefusedError(table.path, "missing-column", f"the file was not read: it has no column {names}")

    def _add(self, place: Place, code: str, message: str, advice: str = "") -> None:
        problem = Problem(place, code, message, advice)
        if problem not in self.problems:
            self.problems.append(problem)


class _Reading:
    """The reading of one file for all tables that take rows from it; used once."""

    def __init__(self, whole: _Import, file: FileMap, table: CsvTable) -> None:
        self.whole = whole
        self.table = table
        self.name = table.path.name
        columns = {column: number for number, column in enumerate(table.columns)}
        self.skip = [(each, columns[each.column]) for each in file.skip]
        rows_here = [rows for rows in whole.mapping.rows if rows.file == file.id]
        self.makers = [(RowMaker(rows, columns, whole.indexes), whole.stage.bin(rows)) for rows in rows_here]
        self.skipped: Counter[str] = Counter()
        self.rejected = 0

    def all_rows(self) -> FileReport:
        """Take or reject every row, as far as the file can be read, and say what became of them."""
        path, size = self.table.path, self.table.path.stat().st_size
        tell = self.whole.progress or (lambda _: None)
        count, taken = 0, 0
        try:
            for row in self.table.rows:
                count += 1
                taken += self._take(row)
                if count % EVERY == 0:
                    tell(Progress(path, self.table.done(), size, count))
        except CsvRefusedError as error:
            self.whole.problems.append(error.problem)
        tell(Progress(path, size, size, count))
        return FileReport(path, count, taken, self.rejected, dict(self.skipped))

    def _take(self, row: CsvRow) -> bool:
        """Take a row into every table that wants it, or into none."""
        if row.refused:
            self._reject(row, RefusedRowError("", "", f"{row.refused}; {row.help}" if row.help else row.refused))
            return False
        try:
            if (reason := self._skipped_because(row)) is not None:
                self.skipped[reason] += 1
                return False
            made = [(place, maker.make(row.cells)) for maker, place in self.makers if maker.applies(row.cells)]
            if not made:
                self.skipped[NO_TABLE] += 1
            self._add(made, row.line)
        except RefusedRowError as refusal:
            self._reject(row, refusal)
            return False
        return bool(made)

    def _skipped_because(self, row: CsvRow) -> str | None:
        return next((each.because for each, number in self.skip if each.holds(row.cells[number].strip())), None)

    def _add(self, made: Sequence[tuple[Bin, list[str | None]]], line: int) -> None:
        added = list[tuple[Bin, int]]()
        try:
            for place, values in made:
                number = place.add(values, self.name, line)
                if number is not None:
                    added.append((place, number))
        except RepeatedKeyError as error:
            for place, number in added:
                place.take_back(number)
            raise RefusedRowError(error.table, "", str(error)) from None

    def _reject(self, row: CsvRow, refusal: RefusedRowError) -> None:
        self.rejected += 1
        text = self.table.text().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        self.whole.reject((self.name, str(row.line), refusal.table, refusal.column, str(refusal), text))
