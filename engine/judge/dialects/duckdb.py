"""DuckDB, which every other dialect is held against."""

from __future__ import annotations

from typing import Any, ClassVar

from ibis.backends.sql.compilers import DuckDBCompiler

from engine.judge.dialects.dialect import Dialect


class _Compiler(DuckDBCompiler):
    """Finds whole words by their pattern."""

    __slots__ = ()
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}  # else Ibis writes its own methods for them over those below

    def visit_WholeWords(self, op: Any, *, arg: Any, pattern: Any, phrase: str) -> Any:
        return self.visit_RegexSearch(op, arg=arg, pattern=pattern)


DUCKDB = Dialect("duckdb", _Compiler(), excludes=True)
