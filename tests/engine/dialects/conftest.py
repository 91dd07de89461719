"""The databases that are held against DuckDB: a PostgreSQL server and a Spark in this process, started once."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import pytest

from connectors.warehouse.backend import Backend
from connectors.warehouse.duckdb import DuckDbBackend
from connectors.warehouse.postgresql import PostgresqlBackend
from tests.postgresql import NoPostgresqlError, postgresql

SMALL = {
    "spark.driver.memory": "1g",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""A Spark for few rows: what it would take to be quick with many takes it most of the time here."""
Opened = Callable[[], Backend]
unclosed = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""PySpark leaves its sockets to the collector; what they say there is not about us."""


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collect what PySpark left, before another test is blamed for it."""
    yield
    if "pyspark" in sys.modules:
        gc.collect()


@pytest.fixture(scope="session")
def on_postgresql() -> Iterator[Opened]:
    """Give what opens a session of a PostgreSQL server; skip where none can be started."""
    try:
        with postgresql() as url:
            yield lambda: PostgresqlBackend(url)
    except NoPostgresqlError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def on_spark() -> Opened:
    """Give what opens a session of Spark; skip where it or Java is missing."""
    if find_spec("pyspark") is None or not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark or Java is not installed")
    from connectors.warehouse.spark import SparkBackend  # noqa: PLC0415 - only where it is there

    return lambda: SparkBackend("local[2]", SMALL)


@pytest.fixture(params=["duckdb", "postgresql", "spark"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Give what opens a session of each database in turn."""
    if request.param == "duckdb":
        return DuckDbBackend
    found: Opened = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture
def backend(opened: Opened) -> Iterator[Backend]:
    """Give a session of each database in turn."""
    session = opened()
    try:
        yield session
    finally:
        session.close()
