"""Texts in table expressions: words, placeholders, whole-word search and RE2 patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import ibis
from ibis.expr import operations as ops
from ibis.expr import rules as rlz
from ibis.expr import types as ir

from rules.condition import Operator
from rules.placeholders import PLACEHOLDERS

SPACE = r"\s\x{0B}\x{1C}-\x{1F}\x{85}\p{Z}"
"""What separates words: every white space of Unicode, as RE2 spells it."""
WORD = rf"[^{SPACE}]*[\p{{L}}\p{{N}}][^{SPACE}]*"
MARK = "\x01"


class WholeWords(ops.RegexSearch):
    """Whether a text holds a phrase as whole words in any case, for databases that find it in another way too."""

    phrase: str
    shape = rlz.shape_like("arg")


def not_blank(column: ir.StringValue) -> ir.StringValue:
    """Give a text as null where it holds nothing but white space."""
    visible = column.ascii_str().between(33, 126)  # the first character: most texts need no regular expression
    return ibis.cases((visible, column), (column.re_search(rf"[^{SPACE}]"), column), else_=ibis.null("string"))


def normalized(column: ir.StringValue) -> ir.StringValue:
    """Give a text trimmed and in lower case, as copies and placeholders are told by."""
    return column.re_replace(rf"^[{SPACE}]+|[{SPACE}]+$", "").lower()


def words(column: ir.StringValue) -> ir.IntegerValue:
    """Count the runs of non-space characters that hold a letter or digit; 0 for null."""
    marked = column.re_replace(MARK, " ").re_replace(WORD, MARK).re_replace(f"[^{MARK}]+", "")
    return marked.length().fill_null(0)


def is_placeholder(column: ir.StringValue) -> ir.BooleanValue:
    """Say whether a text says nothing (rule 18)."""
    plain = normalized(column)
    tight = plain.re_replace(rf"[{SPACE}]+", "")
    return (
        plain.isin(sorted(PLACEHOLDERS))
        | ~column.re_search(r"[\p{L}\p{N}]")
        | (tight == tight.substr(0, 1).repeat(tight.length()))
    )


def _contains(column: ir.StringValue, phrases: Any) -> ir.BooleanValue:  # noqa: ANN401 -- a literal of any type
    listed = phrases if isinstance(phrases, tuple) else (phrases,)
    return ibis.or_(*(WholeWords(column, whole_words(str(phrase)), str(phrase)).to_expr() for phrase in listed))


def whole_words(phrase: str) -> str:
    """Give the RE2 pattern that finds a phrase as whole words in any case."""
    return rf"(?i)(?:^|[^\p{{L}}\p{{N}}]){re.escape(phrase)}(?:$|[^\p{{L}}\p{{N}}])"


def _matches_bool(condition: ir.BooleanValue, wanted: Any) -> ir.BooleanValue:  # noqa: ANN401 -- likewise
    return condition if wanted is True else ~condition


OPERATORS: Mapping[Operator, Callable[[Any, Any], ir.BooleanValue]] = {
    Operator.CONTAINS: _contains,
    Operator.AVOIDS: lambda column, phrases: ~_contains(column, phrases),
    Operator.MATCHES: lambda column, pattern: column.re_search(str(pattern)),
    Operator.PLACEHOLDER: lambda column, wanted: _matches_bool(is_placeholder(column), wanted),
}
