"""A folder of Parquet files as a database: `deals.parquet`, or a folder `deals` of files, is the table `deals`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.warehouse.backend import Backend
from connectors.warehouse.catalogue import Columns
from connectors.warehouse.mapping import TableName
from connectors.warehouse.writers import SparkWriter, Writer

SUFFIX = ".parquet"


@dataclass
class Folder:
    """The catalogue of a folder; a folder in it may be a table of several files, or a schema."""

    path: Path
    backend: Backend
    writer: Writer

    def tables(self, schema: str) -> tuple[str, ...]:
        """Name the tables of a folder in it; "" is the folder itself."""
        folder = self.path / schema
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return tuple(each.name.removesuffix(SUFFIX) for each in found if each.suffix == SUFFIX or each.is_dir())

    def columns(self, table: TableName) -> Columns | None:
        """Give the columns of a table; None where there is no such file or folder."""
        return None if self._path(table) is None else self.backend.columns(f"SELECT * FROM {self.relation(table)}")

    def relation(self, table: TableName) -> str:
        """Write what reads the files of a table."""
        path = self._path(table)
        if path is None:
            raise FileNotFoundError(str(table))
        place = str(path.resolve())
        if isinstance(self.writer, SparkWriter):
            return f"parquet.{self.writer.quoted(place)}"
        files = f"{place}/**/*{SUFFIX}" if path.is_dir() else place
        return f"READ_PARQUET({self.writer.literal(files)}, union_by_name = true)"

    def _path(self, table: TableName) -> Path | None:
        folder = self.path / table.schema
        candidates = sorted(folder.iterdir()) if folder.is_dir() else []
        names = {each.name.removesuffix(SUFFIX).casefold(): each for each in reversed(candidates) if _holds(each)}
        return names.get(table.name.casefold())


def _holds(path: Path) -> bool:
    """Say whether a path is a table: a Parquet file, or a folder with some in it."""
    return path.suffix == SUFFIX or (path.is_dir() and any(path.rglob(f"*{SUFFIX}")))
