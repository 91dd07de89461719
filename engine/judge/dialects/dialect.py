"""A dialect: how one database wants the steps of a playbook's query written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

import sqlglot as sg
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.expr import datatypes as dt
from ibis.expr import types as ir
from sqlglot import expressions as sge

MARK_OF_SHORT = "~"
DIGEST = 12
"""Characters of a digest behind a shortened name, so that two long names never become one."""


@dataclass(frozen=True)
class Dialect:
    """One database's way of writing; the meaning is the same in all.

    `excludes` says whether `SELECT * EXCLUDE` is read; `fence` is written behind a step so that the planner does not
    merge it into the next one, which would write expressions out again and again. Steps are nested `nests` deep at
    most, and have no more than `most_columns`. Names longer than `name_bytes` are
    shortened. `collation` is the one in which texts are sorted by their bytes, where a database has to be told.
    """

    name: str
    compiler: SQLGlotCompiler
    excludes: bool = False
    fence: str = ""
    nests: int | None = None
    most_columns: int | None = None
    name_bytes: int | None = None
    collation: str = ""

    def query(self, table: ir.Table) -> sge.Query:
        """Compile a table expression into a syntax tree."""
        query: sge.Query = self.compiler.to_sqlglot(table)
        return query

    def text(self, query: sge.Query) -> str:
        """Write a syntax tree."""
        if self.name_bytes is not None:
            query = query.copy()
            for each in query.find_all(sge.Identifier):
                each.set("this", self.short(each.name))
        return query.sql(self.compiler.dialect)

    def column(self, source: str | None, name: str, kind: str) -> str:
        """Write a column of a SELECT in a type of Ibis, under a name; null where there is no source."""
        type_name = self.compiler.type_mapper.to_string(dt.dtype(kind))
        value = f"CAST({'NULL' if source is None else self.quoted(source)} AS {type_name})"
        collated = f' COLLATE "{self.collation}"' if self.collation and "string" in kind else ""
        return f"{value}{collated} AS {self.quoted(name)}"

    def quoted(self, name: str) -> str:
        """Write a name."""
        return sg.to_identifier(self.short(name), quoted=True).sql(self.compiler.dialect)

    def short(self, name: str) -> str:
        """Give a name as the database keeps it: whole where it is short enough."""
        if self.name_bytes is None or len(name.encode()) <= self.name_bytes:
            return name
        digest = sha256(name.encode()).hexdigest()[:DIGEST]
        kept = name.encode()[: self.name_bytes - DIGEST - 1].decode(errors="ignore")
        return f"{kept}{MARK_OF_SHORT}{digest}"

    @property
    def quote(self) -> str:
        """The mark before and behind a name."""
        return sg.to_identifier("_", quoted=True).sql(self.compiler.dialect)[0]

    @property
    def reads(self) -> re.Pattern[str]:
        """How a query reads a step: always under an alias."""
        return re.compile(rf"{self.quote}(_step_\d+){self.quote} AS")
