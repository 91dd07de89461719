"""Spark's way of writing, and what Ibis writes for it otherwise than DuckDB means it."""

from __future__ import annotations

from typing import Any, ClassVar

from ibis.backends.sql.compilers import PySparkCompiler
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.datatypes import PySparkType
from ibis.expr import datatypes as dt
from sqlglot import expressions as sge

from engine.judge.dialects.characters import Ranges
from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.lower import APART, TOGETHER
from engine.judge.dialects.patterns import Spelling, plain

LAST_ASCII = 0x7F
FEW = 16
"""So many ranges Java looks through one by one; more are put in blocks of so many."""
NESTS = 20
"""Spark goes over a query once for each level of nesting, and gives up after a hundred."""
MICROSECONDS = {"h": 3_600_000_000, "D": 86_400_000_000}


def nested(ranges: Ranges, spelling: Spelling) -> str:
    """Write a large set in blocks, each behind its bounds: Java tries the ranges of a set one after the other."""
    if len(ranges) <= FEW:
        return plain(ranges, spelling)
    near = tuple((low, min(high, LAST_ASCII)) for low, high in ranges if low <= LAST_ASCII)
    far = [(max(low, LAST_ASCII + 1), high) for low, high in ranges if high > LAST_ASCII]
    blocks = [tuple(far[start : start + FEW]) for start in range(0, len(far), FEW)]
    written = [f"[{spelling.range(each[0][0], each[-1][1])}&&{plain(each, spelling)}]" for each in blocks]
    return f"[{plain(near, spelling) if near else ''}{''.join(written)}]"


SPELLING = Spelling(end=r"\z", code=r"\x{{{:x}}}", one_of=nested)


class _Types(PySparkType):
    """A time of day without a zone stays without one."""

    @classmethod
    def _from_ibis_Timestamp(cls, kind: dt.Timestamp) -> sge.DataType:
        names = sge.DataType.Type
        return sge.DataType(this=names.TIMESTAMPNTZ if kind.timezone is None else names.TIMESTAMPLTZ)


class _Compiler(PySparkCompiler):
    """What differs from Ibis: patterns, letters, days of 24 hours, and numbers as DuckDB takes them."""

    __slots__ = ()
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}  # else Ibis writes its own methods for them over those below

    type_mapper = _Types

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        if dtype.is_floating() or dtype.is_array():
            return self.cast(self.visit_DefaultLiteral(op, value=value, dtype=dtype), dtype)
        return PySparkCompiler.visit_NonNullLiteral(self, op, value=value, dtype=dtype)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)

    def visit_IsNull(self, _: Any, *, arg: Any) -> Any:
        return sge.Is(this=arg, expression=sge.Null())

    def visit_NotNull(self, _: Any, *, arg: Any) -> Any:
        return sge.Is(this=arg, expression=sge.Not(this=sge.Null()))

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        return sge.RegexpLike(this=arg, expression=sge.convert(SPELLING.pattern(op.pattern.value)))

    def visit_WholeWords(self, op: Any, *, arg: Any, pattern: Any, phrase: str) -> Any:
        return self.visit_RegexSearch(op, arg=arg, pattern=pattern)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        return self.f.anon.regexp_replace(arg, SPELLING.pattern(op.pattern.value), replacement)

    def visit_Lowercase(self, _: Any, *, arg: Any) -> Any:
        return self.f.anon.lower(self.f.anon.translate(arg, APART, TOGETHER))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        return super().visit_CountStar(op, arg=arg, where=None) if where is None else self.f.anon.count_if(where)

    def visit_ArrayCollect(
        self, op: Any, *, arg: Any, where: Any, order_by: Any, include_null: Any, distinct: Any
    ) -> Any:
        collected = super().visit_ArrayCollect(
            op, arg=arg, where=where, order_by=order_by, include_null=include_null, distinct=distinct
        )
        return self.f.nullif(collected, self.f.array())

    def visit_DateTruncate(self, _: Any, *, arg: Any, unit: Any) -> Any:
        return self.f.anon.trunc(arg, unit.singular)

    def visit_TimestampAdd(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._moved(op, left, right, 1)

    def visit_TimestampSub(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._moved(op, left, right, -1)

    def _moved(self, op: Any, left: Any, right: Any, sign: int) -> Any:
        """Move an instant by so many hours as a clock counts them; Spark would move it by days of the calendar."""
        if op.left.dtype.timezone is None:
            return sge.Add(this=left, expression=right) if sign > 0 else sge.Sub(this=left, expression=right)
        moved = sign * op.right.value * MICROSECONDS[op.right.dtype.unit.short]
        return self.f.anon.timestamp_micros(self.f.anon.unix_micros(left) + sge.convert(moved))


SPARK = Dialect("spark", _Compiler(), nests=NESTS)
