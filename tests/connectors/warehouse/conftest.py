"""Every place a warehouse may be, and the recorded tables of Fivetran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from connectors.warehouse.settings import Engine
from tests.connectors.warehouse.warehouses import Place, Rows
from tests.postgresql import NoPostgresqlError, make_database, postgresql

Seeds = Callable[[str], Rows]
QUIET = (
    "ignore::pytest.PytestUnraisableExceptionWarning",  # Spark's Python side leaves sockets to the collector
    "ignore::ResourceWarning",
)
EVERYWHERE = [
    Engine.DUCKDB,
    Engine.POSTGRESQL,
    pytest.param(Engine.SPARK, marks=[pytest.mark.filterwarnings(each) for each in QUIET]),
]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server for all of these tests."""
    with ExitStack() as running:
        try:
            server = running.enter_context(postgresql())
        except NoPostgresqlError as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(scope="session")
def spark() -> None:
    """Start Spark for all of these tests, small."""
    if find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed")
    from connectors.warehouse.spark import SparkBackend  # noqa: PLC0415 - only where it is installed

    small = {"spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2", "spark.driver.memory": "1g"}
    SparkBackend("local[2]", small).close()


@pytest.fixture
def place_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Engine], Place]:
    """Make an empty place for an engine."""

    def made(engine: Engine) -> Place:
        if engine is Engine.SPARK:
            request.getfixturevalue("spark")
        folder = tmp_path / engine.value
        folder.mkdir()
        url = make_database(request.getfixturevalue("server"), "ready") if engine is Engine.POSTGRESQL else ""
        return Place(engine, folder, url)

    return made


@pytest.fixture(params=EVERYWHERE)
def place(request: pytest.FixtureRequest, place_of: Callable[[Engine], Place]) -> Place:
    """Each place in turn."""
    made: Engine = request.param
    return place_of(made)


@pytest.fixture(params=EVERYWHERE[:2])
def quick_place(request: pytest.FixtureRequest, place_of: Callable[[Engine], Place]) -> Place:
    """Each place that answers at once: on Spark many small tables take minutes."""
    made: Engine = request.param
    return place_of(made)


@pytest.fixture
def files(place_of: Callable[[Engine], Place]) -> Place:
    """A folder of Parquet, read by DuckDB."""
    return place_of(Engine.DUCKDB)


@pytest.fixture(scope="session")
def seeds(recordings: Path) -> Seeds:
    """Give the recorded tables of one CRM as Fivetran laid them down, typed as their values are."""

    def read(crm: str) -> Rows:
        files = sorted((recordings / "fivetran" / f"dbt_{crm}").glob("*.csv"))
        return {path.stem.removeprefix("sf_").removesuffix("_data"): _typed(path) for path in files}

    return read


def _typed(path: Path) -> pa.Table:
    found = duckdb.read_csv(str(path)).to_arrow_table()
    return found.cast(pa.schema([pa.field(each.name, _plain(each.type)) for each in found.schema]))


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
