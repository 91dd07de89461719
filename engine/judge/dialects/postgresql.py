"""PostgreSQL's way of writing, and what Ibis writes for it otherwise than DuckDB means it."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlglot as sg
from ibis.backends.sql.compilers import PostgresCompiler
from ibis.backends.sql.datatypes import PostgresType
from ibis.expr import datatypes as dt
from sqlglot import expressions as sge

from engine.judge.dialects.dialect import Dialect
from engine.judge.dialects.lower import APART, TOGETHER
from engine.judge.dialects.patterns import Spelling, plain
from engine.judge.dialects.whole_words import BEFORE, BEHIND, MARKED, UNMARKED, WORD_CHARACTERS, alike, wanted

SPELLING = Spelling(end=r"\Z", code=r"\U{:08x}", one_of=plain)
BYTES = "C"
"""The collation in which texts are sorted by their bytes, as DuckDB sorts them."""
NAME_BYTES, MOST_COLUMNS = 63, 1_664


class _Types(PostgresType):
    """Texts are TEXT; records are JSON, since PostgreSQL has none without a name."""

    @classmethod
    def _from_ibis_String(cls, _: dt.String) -> sge.DataType:
        return sge.DataType(this=sge.DataType.Type.TEXT)

    @classmethod
    def _from_ibis_Struct(cls, _: dt.Struct) -> sge.DataType:
        return sge.DataType(this=sge.DataType.Type.JSONB)

    @classmethod
    def _from_ibis_Array(cls, kind: dt.Array) -> sge.DataType:
        if kind.value_type.is_struct():
            return sge.DataType(this=sge.DataType.Type.JSONB)
        made: sge.DataType = super()._from_ibis_Array(kind)
        return made


class _Compiler(PostgresCompiler):
    """What differs from Ibis: patterns, letters, records, and numbers as DuckDB takes them.

    `lowers` is the collation whose capitals and small letters are those of Unicode.
    """

    __slots__ = ("lowers",)
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}  # else Ibis writes its own methods for them over those below

    type_mapper = _Types

    def __init__(self, lowers: str) -> None:
        super().__init__()
        self.lowers = lowers

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:
        if dtype.is_floating() or dtype.is_array():
            return self.cast(self.visit_DefaultLiteral(op, value=value, dtype=dtype), dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_Cast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:
        if op.arg.dtype.is_boolean() and to.is_integer():
            return self.cast(self.cast(arg, dt.int32), to)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        return sge.RegexpLike(this=arg, expression=sge.convert(SPELLING.pattern(op.pattern.value)))

    def visit_WholeWords(self, _: Any, *, arg: Any, pattern: Any, phrase: str) -> Any:
        marked, phrased = self._marked(arg), wanted(phrase)
        if not (phrased.opens or phrased.closes):
            return self.f.anon.strpos(marked, phrased.marked) > 0
        before = rf"(?:\A|[^{BEHIND}])" if phrased.opens else ""
        behind = rf"(?:\Z|[^{BEFORE}])" if phrased.closes else ""
        middle = "".join(SPELLING.character(ord(each)) for each in phrased.marked)
        return sge.RegexpLike(this=marked, expression=sge.convert(before + middle + behind))

    def _marked(self, text: Any) -> Any:
        """Give a text in small letters with a mark before and behind each word."""
        letters, translate = alike(), self.f.anon.translate
        word = f"({SPELLING.pattern(WORD_CHARACTERS)})"
        marked = self.f.anon.regexp_replace(translate(text, *UNMARKED), word, MARKED, "g")
        return translate(self._small(translate(marked, *letters.protect)), *letters.fold)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        return self.f.anon.regexp_replace(arg, SPELLING.pattern(op.pattern.value), replacement, "g")

    def visit_Lowercase(self, _: Any, *, arg: Any) -> Any:
        return self._small(self.f.anon.translate(arg, APART, TOGETHER))

    def _small(self, text: Any) -> sge.Expression:
        return _collated(self.f.anon.lower(_collated(text, self.lowers)), BYTES)

    def visit_StructColumn(self, _: Any, *, names: Any, values: Any) -> Any:
        pairs = [each for name, value in zip(names, values, strict=True) for each in (sge.convert(name), value)]
        return self.f.anon.jsonb_build_object(*pairs)

    def visit_ArrayCollect(
        self, op: Any, *, arg: Any, where: Any, order_by: Any, include_null: Any, distinct: Any
    ) -> Any:
        if op.arg.dtype.is_struct():
            return self.agg.jsonb_agg(arg, where=where)
        return super().visit_ArrayCollect(
            op, arg=arg, where=where, order_by=order_by, include_null=include_null, distinct=distinct
        )

    def visit_DateTruncate(self, op: Any, *, arg: Any, unit: Any) -> Any:
        return self.cast(super().visit_DateTruncate(op, arg=arg, unit=unit), dt.date)


def _collated(text: Any, collation: str) -> sge.Expression:
    return sge.Collate(this=sge.paren(text), expression=sg.to_identifier(collation, quoted=True))


def postgresql(lowers: str) -> Dialect:
    """Give the dialect of a PostgreSQL server that has this collation for small letters."""
    return Dialect(
        "postgresql",
        _Compiler(lowers),
        fence=" OFFSET 0",
        most_columns=MOST_COLUMNS,
        name_bytes=NAME_BYTES,
        collation=BYTES,
    )
