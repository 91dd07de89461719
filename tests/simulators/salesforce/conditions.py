"""Turns the conditions of a query into tests of rows, and finds the rows worth testing by the tables' indexes."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from tests.simulators.salesforce.literals import Span, family, value_of
from tests.simulators.salesforce.parsing import Both, Compare, Condition, Literal, Not, Query
from tests.simulators.salesforce.paths import Reader, found_field, reader
from tests.simulators.salesforce.schema import Field, Thing
from tests.simulators.salesforce.table import Record
from tests.simulators.salesforce.wire import Refused

if TYPE_CHECKING:
    from tests.simulators.salesforce.org import Org

Test = Callable[[Record], bool]
Inner = Callable[[Query], set[Any]]
"""Gives the values that a subquery selects."""
MOST_SEMI_JOINS = 2
STAMPS = frozenset({"SystemModstamp", "CreatedDate", "LastModifiedDate"})
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Conditions:
    """The conditions of one query on one object."""

    def __init__(self, org: Org, thing: Thing, inner: Inner) -> None:
        self._org, self._thing, self._inner = org, thing, inner
        self._today = org.clock.now.date()
        self._semi_joins = 0
        self._narrowed: list[Callable[[], list[Record]]] = []

    def test(self, condition: Condition, *, top: bool = True) -> Test:
        """Give what says whether a row meets a condition; `top`: every row that is found has to meet it."""
        match condition:
            case Both(parts, every):
                tests = [self.test(part, top=top and every) for part in parts]
                if every:
                    return lambda row: all(test(row) for test in tests)
                return lambda row: any(test(row) for test in tests)
            case Not(part):
                inner = self.test(part, top=False)
                return lambda row: not inner(row)
        return self._compare(condition, top=top)

    def candidates(self) -> Iterable[Record]:
        """Give the rows that may meet what was asked: the fewest that an index leaves over."""
        found = [each() for each in self._narrowed]
        return min(found, key=len) if found else self._org.every(self._thing.name)

    def _compare(self, asked: Compare, *, top: bool) -> Test:
        field, _ = found_field(self._org, self._thing, asked.path)
        if not field.filterable:
            said = f"field '{field.name}' can not be filtered in a query call"
            raise Refused("INVALID_FIELD", said)
        read = reader(self._org, self._thing, asked.path)
        if isinstance(asked.value, Query):
            return self._semi_join(asked, field, read, top=top)
        if isinstance(asked.value, tuple):
            return self._several(asked, field, read, asked.value, top=top)
        return self._one(asked, field, read, asked.value, top=top)

    def _semi_join(self, asked: Compare, field: Field, read: Reader, *, top: bool) -> Test:
        self._semi_joins += 1
        if not top or self._semi_joins > MOST_SEMI_JOINS:
            said = "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions"
            raise Refused("MALFORMED_QUERY", said)
        assert isinstance(asked.value, Query)
        values = self._inner(asked.value)
        if asked.sign == "NOT IN":
            return lambda row: read(row) not in values
        if len(values) * 4 < len(self._org.records[self._thing.name]):
            self._narrow(asked, field, values)
        return lambda row: read(row) in values

    def _several(self, asked: Compare, field: Field, read: Reader, literals: tuple[Literal, ...], *, top: bool) -> Test:
        values = [value_of(field, each, self._today) for each in literals]
        if asked.sign in {"INCLUDES", "EXCLUDES"}:
            wanted = [frozenset(str(value).split(";")) for value in values]
            includes = asked.sign == "INCLUDES"
            return lambda row: any(each <= _chosen(read(row)) for each in wanted) is includes
        fold = _fold(field)
        among = set(values)
        if asked.sign == "NOT IN":
            return lambda row: fold(read(row)) not in among
        if top:
            self._narrow(asked, field, among)
        return lambda row: fold(read(row)) in among

    def _one(self, asked: Compare, field: Field, read: Reader, literal: Literal, *, top: bool) -> Test:
        if asked.sign == "LIKE":
            return _like(literal, read)
        value = value_of(field, literal, self._today)
        if isinstance(value, Span):
            return _within(asked.sign, value, read)
        fold = _fold(field)
        if asked.sign in {"=", "!="}:
            equal = asked.sign == "="
            if top and equal and value is not None:
                self._narrow(asked, field, {value})
            return lambda row: (fold(read(row)) == value) is equal
        compare = ORDER[asked.sign]
        if top and asked.sign in {">", ">="} and asked.path.lower() in {each.lower() for each in STAMPS}:
            self._narrowed.append(lambda: self._org.records[self._thing.name].since(field.name, value))
        return lambda row: (held := fold(read(row))) is not None and value is not None and compare(held, value)

    def _narrow(self, asked: Compare, field: Field, values: Collection[Any]) -> None:
        """Use ids and references of the object itself as an index."""
        own = self._org.field(self._thing.name, asked.path)
        table = self._org.records.get(self._thing.name)
        if own is None or table is None:
            return
        if field.kind == "id":
            self._narrowed.append(lambda: [table[id_] for id_ in values if id_ in table])
        elif field.kind == "reference":
            self._narrowed.append(lambda: table.where(field.name, values))


def _within(sign: str, span: Span, read: Reader) -> Test:
    first, last = span.first, span.last
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda held: first <= held <= last, "!=": lambda held: not first <= held <= last,
        "<": lambda held: held < first, "<=": lambda held: held <= last,
        ">": lambda held: held > last, ">=": lambda held: held >= first,
    }  # fmt: skip
    test = tests[sign]
    return lambda row: (held := read(row)) is not None and test(held)


def _like(literal: Literal, read: Reader) -> Test:
    pattern = re.escape(literal.text).replace("%", ".*").replace("_", ".")
    like = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda row: (held := read(row)) is not None and like.fullmatch(str(held)) is not None


def _chosen(held: Any) -> frozenset[str]:
    return frozenset(str(held).casefold().split(";")) if held else frozenset()


def _fold(field: Field) -> Callable[[Any], Any]:
    if family(field) == "text":
        return lambda held: held.casefold() if isinstance(held, str) else held
    return lambda held: held
