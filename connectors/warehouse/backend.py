"""A place that holds tables and runs queries over them: a PostgreSQL database, a Spark cluster, or DuckDB as control.

A playbook is judged there by `engine.runs.in_place.InPlace(playbook, crm, backend, sources, tracked=...)`. `sources`
maps canonical tables to SELECTs in the backend's dialect that give canonical columns by their names, in the canonical
types of `columns` (or what casts to them without loss); a table or column that is not there is not delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import pyarrow as pa
from ibis.expr import datatypes as dt

from connectors.protocol import CrmError
from engine.judge.dialects.dialect import Dialect
from engine.judge.query.frame import Script


class BackendError(CrmError):
    """The backend cannot be reached, or does not run a query; the message says what to do about it."""


class Backend(Protocol):
    """One session in which names are defined and queries run; nothing outlives it, and no table is changed."""

    dialect: Dialect

    def set_zone(self, zone: str) -> None:
        """Take a time zone for the session: instants become dates in it."""
        ...

    def columns(self, query: str) -> Mapping[str, dt.DataType]:
        """Give the columns of a SELECT with their types, without running it."""
        ...

    def define(self, name: str, query: str) -> None:
        """Give a SELECT a name for this session; defining a name again replaces it."""
        ...

    def keep(self, name: str, query: str) -> None:
        """Run a SELECT once and give its rows a name for this session, for what is read several times."""
        ...

    def put(self, name: str, rows: pa.Table) -> None:
        """Hand rows over under a name for this session; meant for small tables."""
        ...

    def batches(self, script: Script, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
        """Run a query and yield its answer sorted by `id` in bytes, about so many rows at a time, as the schema says.

        The schema's columns are the query's in their order, whatever the backend calls them.
        """
        ...

    def close(self) -> None:
        """Let go of the session and of all that was kept in it."""
        ...
