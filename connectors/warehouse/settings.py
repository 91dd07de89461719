"""Where a warehouse stands and what holds its rows, as `dealgate.yaml` or the command line says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from connectors.secret import Secret


class Engine(StrEnum):
    """Where the query that judges runs."""

    DUCKDB = "duckdb"
    POSTGRESQL = "postgresql"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """A warehouse: a database by its address, or a folder of Parquet; `mapping` is a file or a ready one's id.

    Without a mapping the tables have the canonical names and columns. `master` is the Spark that reads them.
    """

    name: str
    engine: Engine
    url: Secret | None = None
    master: str = ""
    parquet: Path | None = None
    mapping: str = ""
    folder: Path = Path()
