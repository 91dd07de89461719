"""A Spark cluster, or Spark in this process, in which a playbook judges tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from ibis.backends.sql.datatypes import PySparkType
from ibis.expr import datatypes as dt
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.logger import PySparkLogger
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.storagelevel import StorageLevel

from connectors.warehouse.backend import BackendError
from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.spark import SPARK
from engine.judge.query.frame import Script

LOG = Path(__file__).with_name("spark-log.properties")
QUIET: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOG.as_uri()}",
}
HERE: Mapping[str, str] = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""What is set where Spark runs in this process: nobody else is to reach it."""
EXACT: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
}
"""How a query has to be read: what does not fit is an error and not a null, and names are as they are written."""


class SparkBackend:
    """One session of a cluster; `options` are set when Spark is started by this process, over the usual ones."""

    dialect: Dialect = SPARK

    def __init__(self, master: str, options: Mapping[str, str] | None = None) -> None:
        self._names: set[str] = set()
        started = {**QUIET, **(HERE if master.startswith("local") else {}), **(options or {})}
        for told_twice in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            PySparkLogger.getLogger(told_twice).disabled = True
        builder = SparkSession.builder.master(master).appName("dealgate").config(map={**started})
        try:
            self._session = builder.getOrCreate().newSession()
        except (PySparkException, Py4JError) as error:
            advice = "spark needs java 17 or later, and a master that can be reached"
            raise BackendError(f"spark does not start: {_first_line(error)}\n  help: {advice}") from None
        with _told():
            for name, value in EXACT.items():
                self._session.conf.set(name, value)

    def set_zone(self, zone: str) -> None:
        """Take a time zone for the session."""
        with _told():
            self._session.conf.set("spark.sql.session.timeZone", zone)

    def columns(self, query: str) -> Mapping[str, dt.DataType]:
        """Give the columns of a SELECT with their types, without running it."""
        with _told():
            fields = self._session.sql(query).schema.fields
        return {each.name: PySparkType.from_string(each.dataType.simpleString()) for each in fields}

    def define(self, name: str, query: str) -> None:
        """Give a SELECT a name for this session."""
        with _told():
            self._named(name, self._session.sql(query))

    def keep(self, name: str, query: str) -> None:
        """Give the rows of a SELECT a name for this session; they are made when they are first read, and kept.

        How they were made is forgotten: else every query over them is planned with all that went before.
        """
        with _told():
            self._named(name, self._session.sql(query).localCheckpoint(eager=False))

    def put(self, name: str, rows: pa.Table) -> None:
        """Hand rows over under a name for this session."""
        with _told():
            self._named(name, self._session.createDataFrame(rows))

    def batches(self, script: Script, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        """Run a query and yield its answer sorted by `id`, about so many rows at a time.

        The answer is kept on the cluster's disks and fetched piece by piece, each between two ids.
        """
        for step in script.steps:
            (self.keep if step.again else self.define)(step.name, step.text)
        with _told():
            answer = self._session.sql(script.last).orderBy("id").persist(StorageLevel.DISK_ONLY)
            try:
                for low, high in _pieces(answer):
                    found = answer.where(sf.col("id").between(low, high)).toArrow().sort_by("id")
                    yield from _sliced(_as_told(found, schema), rows)
            finally:
                answer.unpersist()

    def close(self) -> None:
        """Let go of what was named; Spark itself ends with this process."""
        for name in self._names:
            self._session.catalog.dropTempView(name)
        self._names = set()

    def _named(self, name: str, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(self.dialect.quoted(name))
        self._names.add(name)


def _pieces(answer: DataFrame) -> list[tuple[str, str]]:
    """Give the first and last id of each part in which the answer lies sorted."""
    by_part = answer.groupBy(sf.spark_partition_id().alias("part")).agg(sf.min("id"), sf.max("id"))
    return [(low, high) for _, low, high in sorted(map(tuple, by_part.collect()), key=lambda each: each[1])]


def _as_told(found: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays(
        [column.cast(each.type) for column, each in zip(found.columns, schema, strict=True)], schema=schema
    )


def _sliced(found: pa.Table, rows: int) -> Iterator[pa.Table]:
    for start in range(0, found.num_rows, rows):
        yield found.slice(start, rows)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what Spark says in its first line; the rest is for who wrote it."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise BackendError(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    said = error.java_exception.toString() if isinstance(error, Py4JJavaError) else error
    return str(said).strip().partition("\n")[0]
