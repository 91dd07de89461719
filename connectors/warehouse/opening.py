"""Opens a warehouse by its settings: the mapping is read first, then what holds the tables is reached."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from connectors.warehouse.backend import Backend
from connectors.warehouse.catalogue import Catalogue
from connectors.warehouse.connector import WarehouseConnector
from connectors.warehouse.database import Database
from connectors.warehouse.errors import MappingError, WarehouseSettingsError
from connectors.warehouse.folder import Folder
from connectors.warehouse.loading import load_mapping, ready_mapping, ready_mappings
from connectors.warehouse.mapping import WarehouseMapping
from connectors.warehouse.settings import Engine, WarehouseSettings
from connectors.warehouse.writers import WRITERS, Writer
from rules.problems import Place, Problem, did_you_mean
from rules.yaml_text import MAX_BYTES, too_large

NEEDED = {Engine.POSTGRESQL: "psycopg", Engine.SPARK: "pyspark"}
"""The package that an engine needs, which is not always installed."""
USUAL_MASTER = "local[*]"
IN_PROCESS = {"spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1))}
"""A cluster shuffles between two hundred parts by itself; a single machine has nobody to spread them over."""


def connect(settings: WarehouseSettings) -> WarehouseConnector:
    """Open a warehouse; raises MappingError, WarehouseSettingsError or BackendError."""
    mapping = mapping_of(settings)
    holder = _holder(settings)
    _must_be_installed(settings.engine)
    _must_be_installed(holder)
    writer = WRITERS[holder]
    opened = _opened(settings, holder)
    backend = opened()
    try:
        return WarehouseConnector(
            backend,
            _catalogue(settings, backend, writer),
            writer,
            mapping,
            str(settings.parquet or settings.name),
            in_place=settings.engine is not Engine.DUCKDB,
            beside=None if holder is Engine.DUCKDB else opened,
        )
    except BaseException:
        backend.close()
        raise


def mapping_of(settings: WarehouseSettings) -> WarehouseMapping | None:
    """Load the mapping: a ready one by its id, or a file; None where canonical names are meant."""
    if not settings.mapping:
        return None
    if settings.mapping in ready_mappings():
        return ready_mapping(settings.mapping)
    path = settings.folder / settings.mapping
    loaded, problems = load_mapping(_bytes(path, settings.mapping), str(path))
    if loaded is None:
        raise MappingError(problems)
    return loaded


def _bytes(path: Path, named: str) -> bytes:
    try:
        size = path.stat().st_size
        if size <= MAX_BYTES:
            return path.read_bytes()
    except FileNotFoundError:
        advice = did_you_mean(named, ready_mappings()) if "." not in named else ""
        raise MappingError([Problem(Place(str(path)), "no-such-file", "there is no such file", advice)]) from None
    except OSError as error:
        reason = f"it cannot be read: {(error.strerror or str(error)).lower()}"
        raise MappingError([Problem(Place(str(path)), "unreadable", reason)]) from None
    raise MappingError([too_large(str(path))])


def _holder(settings: WarehouseSettings) -> Engine:
    """Say what holds the tables: a database by its address, else what reads the folder."""
    if settings.url is not None and settings.parquet is not None:
        raise WarehouseSettingsError("`url` and `parquet` were both given", "choose one: where are the tables?")
    if settings.url is not None:
        if settings.engine is Engine.SPARK:
            raise WarehouseSettingsError("spark does not read a PostgreSQL database here", "name a folder of Parquet")
        return Engine.POSTGRESQL
    if settings.engine is Engine.POSTGRESQL:
        raise WarehouseSettingsError("the engine `postgresql` has no `url`", "name the database in `dealgate.yaml`")
    if settings.parquet is None and settings.engine is Engine.DUCKDB:
        raise WarehouseSettingsError("no tables are named", "add a folder of Parquet files: `--parquet FOLDER`")
    if settings.parquet is not None and not settings.parquet.is_dir():
        raise WarehouseSettingsError(f"there is no folder `{settings.parquet}`", "name a folder of Parquet files")
    return settings.engine


def _must_be_installed(engine: Engine) -> None:
    package = NEEDED.get(engine)
    if package is not None and find_spec(package) is None:
        advice = f"install it: `pip install 'dealgate[{engine.value}]'`"
        raise WarehouseSettingsError(f"the engine `{engine.value}` needs `{package}`, which is not installed", advice)


def _opened(settings: WarehouseSettings, holder: Engine) -> Callable[[], Backend]:
    """Give what opens a session; only what is used is loaded."""
    if holder is Engine.POSTGRESQL and settings.url is not None:
        from psycopg import ProgrammingError  # noqa: PLC0415 - only where it is used
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - likewise

        from connectors.warehouse.postgresql import PostgresqlBackend  # noqa: PLC0415 - likewise

        try:
            conninfo_to_dict(settings.url.reveal())
        except ProgrammingError:
            wrong = f"`url` of `{settings.name}` is no address that PostgreSQL reads"
            raise WarehouseSettingsError(wrong, "percent-encode what an address cannot hold: `@` is `%40`") from None
        return partial(PostgresqlBackend, settings.url.reveal())
    if holder is Engine.SPARK:
        from connectors.warehouse.spark import SparkBackend  # noqa: PLC0415 - likewise

        master = settings.master or USUAL_MASTER
        return partial(SparkBackend, master, IN_PROCESS if master.startswith("local") else None)
    from connectors.warehouse.side_by_side import SideBySide  # noqa: PLC0415 - likewise

    return SideBySide


def _catalogue(settings: WarehouseSettings, backend: Backend, writer: Writer) -> Catalogue:
    return Database(backend, writer) if settings.parquet is None else Folder(settings.parquet, backend, writer)
