"""Reads the text of a query into a small tree; what is no SOQL is MALFORMED_QUERY."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from tests.simulators.salesforce.wire import Refused

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>[-+]?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.:]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
ESCAPE = re.compile(r"\\(.)")
LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
RESERVED = frozenset({"WHERE", "FROM", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "GROUP", "SELECT", "ALL"})
MOST_SKIPPED, LONGEST = 2000, 100_000
T = TypeVar("T")


@dataclass(frozen=True)
class Token:
    """A word of the query, and where it begins."""

    kind: str
    text: str
    place: int


@dataclass(frozen=True)
class Literal:
    """A value: `kind` is text, number, day, moment, or word (null, true, false, a date's name)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Compare:
    """A field path, an operator in capitals, and what it is held against."""

    path: str
    sign: str
    value: Literal | tuple[Literal, ...] | Query
    place: int


@dataclass(frozen=True)
class Both:
    """All of some conditions, or any of them."""

    parts: tuple[Condition, ...]
    every: bool


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    part: Condition


Condition = Compare | Both | Not


@dataclass(frozen=True)
class Order:
    """A field to sort by."""

    path: str
    descending: bool
    nulls_last: bool


@dataclass
class Query:
    """A parsed query; `fields` holds paths and subqueries in the order they were asked for.

    `count` is COUNT(), whose answer has no records; `counted` is the path of COUNT(path), whose answer is one.
    """

    object: str
    fields: list[str | Query] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    count: bool = False
    counted: str = ""
    where: Condition | None = None
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    place: int = 0


def parsed(text: str) -> Query:
    """Read a query; raises Refused."""
    if not text.strip():
        raise Refused("MALFORMED_QUERY", "A query string has to be specified")
    if len(text) > LONGEST:
        raise Refused("QUERY_TOO_COMPLICATED", f"SOQL statements cannot be longer than {LONGEST} characters.")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._tokens())
        self.at = 0

    def whole(self) -> Query:
        query = self._query()
        if self.at < len(self.tokens):
            raise self._wrong()
        return query

    def _query(self) -> Query:
        self._expect("SELECT")
        query = Query("")
        self._list(lambda: self._item(query))
        self._expect("FROM")
        query.place = self._token().place
        query.object = self._word()
        if self._take("WHERE"):
            query.where = self._or()
        if self._take("ORDER"):
            self._expect("BY")
            query.order = self._list(self._order)
        query.limit = self._count() if self._take("LIMIT") else None
        query.offset = self._count() if self._take("OFFSET") else 0
        if query.offset > MOST_SKIPPED:
            said = f"Maximum SOQL offset allowed is {MOST_SKIPPED}"
            raise Refused("NUMBER_OUTSIDE_VALID_RANGE", said)
        if self._take("ALL"):
            self._expect("ROWS")
        return query

    def _item(self, query: Query) -> None:
        if self._take("("):
            query.fields.append(self._query())
            self._expect(")")
        elif self._peek().upper() == "COUNT" and not query.fields:
            self.at += 1
            self._expect("(")
            query.count = not (self._peek() and self._peek() != ")")
            query.counted = "" if query.count else self._word()
            self._expect(")")
        else:
            place = self._token().place
            path = self._word()
            if path.upper() in RESERVED:
                raise self._wrong(path)
            if path.lower() in {each.lower() for each in query.places}:
                raise Refused("MALFORMED_QUERY", f"duplicate field selected: {path}")
            query.places[path] = place
            query.fields.append(path)

    def _or(self) -> Condition:
        first = self._unary()
        if self._peek().upper() in {"AND", "OR"}:
            return self._joined(first, self._peek().upper())
        return first

    def _joined(self, first: Condition, word: str) -> Condition:
        """Read on after AND or OR; the two side by side need parentheses, as in SOQL."""
        parts = [first]
        while self._take(word):
            parts.append(self._unary())
        if self._peek().upper() in {"AND", "OR"}:
            raise self._wrong()
        return Both(tuple(parts), every=word == "AND")

    def _unary(self) -> Condition:
        if self._take("NOT"):
            return Not(self._unary())
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._compare()

    def _compare(self) -> Compare:
        place = self._token().place
        path = self._word()
        sign = self._next().text.upper()
        if sign == "NOT":
            self._expect("IN")
            sign = "NOT IN"
        if sign in {"IN", "NOT IN", "INCLUDES", "EXCLUDES"}:
            return Compare(path, sign, self._several(), place)
        if sign not in {"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"}:
            raise self._wrong(sign)
        return Compare(path, "!=" if sign == "<>" else sign, self._value(), place)

    def _several(self) -> tuple[Literal, ...] | Query:
        self._expect("(")
        found: tuple[Literal, ...] | Query
        found = self._query() if self._peek().upper() == "SELECT" else tuple(self._list(self._value))
        self._expect(")")
        return found

    def _value(self) -> Literal:
        token = self._next()
        if token.kind == "text":
            return Literal("text", ESCAPE.sub(lambda found: LETTERS.get(found[1], found[1]), token.text[1:-1]))
        if token.kind == "sign" or (token.kind == "word" and token.text.upper() in RESERVED):
            raise self._wrong(token.text)
        return Literal(token.kind, token.text)

    def _order(self) -> Order:
        path, descending, last = self._word(), False, False
        if self._peek().upper() in {"ASC", "DESC"}:
            descending = self._word().upper() == "DESC"
        if self._take("NULLS"):
            last = self._word().upper() == "LAST"
        return Order(path, descending, last)

    def _count(self) -> int:
        token = self._next()
        if not token.text.isdigit():
            raise self._wrong(token.text)
        return int(token.text)

    def _list(self, one: Callable[[], T]) -> list[T]:
        found = [one()]
        while self._take(","):
            found.append(one())
        return found

    def _tokens(self) -> Iterator[Token]:
        place, end = 0, len(self.text.rstrip())
        while place < end:
            found = TOKEN.match(self.text, place)
            if found is None:
                raise Refused("MALFORMED_QUERY", f"unexpected token: '{self.text[place:].strip()[:20]}'")
            kind = str(found.lastgroup)
            yield Token(kind, found.group(kind), found.start(kind))
            place = found.end()

    def _token(self) -> Token:
        if self.at >= len(self.tokens):
            raise self._wrong("<EOF>")
        return self.tokens[self.at]

    def _peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def _next(self) -> Token:
        token = self._token()
        self.at += 1
        return token

    def _word(self) -> str:
        token = self._next()
        if token.kind != "word":
            raise self._wrong(token.text)
        return token.text

    def _take(self, word: str) -> bool:
        if self._peek().upper() == word:
            self.at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._wrong()

    def _wrong(self, at: str = "") -> Refused:
        return Refused("MALFORMED_QUERY", f"unexpected token: '{at or self._peek() or '<EOF>'}'")
