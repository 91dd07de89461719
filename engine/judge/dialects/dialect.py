"""A dialect: how one database wants the steps of a playbook's query written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import sqlglot as sg
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.expr import datatypes as dt
from ibis.expr import types as ir
from sqlglot import expressions as sge

MARK_OF_SHORT = "~"
DIGEST = 12
"""Characters of a digest behind a shortened name, so that two long names never become one."""


def _as_it_is(output: ir.Table) -> ir.Table:
    return output


@dataclass(frozen=True)
class Dialect:
    """One database's way of writing; the meaning is the same in all.

    `excludes` says whether `SELECT * EXCLUDE` is read; `fence` is written behind a step so that the planner does not
    merge it into the next one, which would write expressions out again and again. Names longer than `name_bytes` are
    shortened. `ascending` is what to sort by for the order of bytes. `told` turns columns that the database cannot
    hand over as they are into ones it can.
    """

    name: str
    compiler: SQLGlotCompiler
    excludes: bool = False
    fence: str = ""
    name_bytes: int | None = None
    ascending: str = "{}"
    told: Callable[[ir.Table], ir.Table] = field(default=_as_it_is)

    def query(self, table: ir.Table) -> sge.Query:
        """Compile a table expression into a syntax tree."""
        query: sge.Query = self.compiler.to_sqlglot(table)
        return query

    def text(self, query: sge.Expression) -> str:
        """Write a syntax tree."""
        if self.name_bytes is not None:
            for each in query.find_all(sge.Identifier):
                each.set("this", self.short(each.name))
        return query.sql(self.compiler.dialect)

    def type_of(self, kind: str) -> str:
        """Name a type of Ibis as this database does."""
        return str(self.compiler.type_mapper.to_string(dt.dtype(kind)))

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
    def steps(self) -> re.Pattern[str]:
        """How a query reads a step: always under an alias."""
        mark = re.escape(self.quoted("_")[0])
        return re.compile(rf"{mark}(_step_\d+){mark} AS")
