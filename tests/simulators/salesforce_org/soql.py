"""A subset of SOQL, parsed and run: fields through references, conditions, semi-joins, order, limit, counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulators.salesforce_org.org import Org, Record, Refused, id18, stamp

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.:]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
Test = Callable[[Record], bool]


@dataclass
class Query:
    """A parsed query."""

    object: str
    fields: list[str] = field(default_factory=list)
    count: bool = False
    where: Test | None = None
    ids: set[str] | None = None
    order: list[tuple[str, bool, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0


def run(org: Org, text: str, *, deleted: bool = False) -> tuple[Query, list[Record]]:
    """Run a query; rows are the records themselves, `project` gives what was asked for."""
    with org.lock:
        query = Parser(org, text, deleted=deleted).parsed()
        rows = [row for row in _candidates(org, query) if deleted or not row.get("IsDeleted")]
        if query.where is not None:
            rows = [row for row in rows if query.where(row)]
        for path, descending, nulls_last in reversed(query.order):
            reader = reading(org, query.object, path)
            rows.sort(key=lambda row: _order_key(reader(row), descending, nulls_last), reverse=descending)
        end = None if query.limit is None else query.offset + query.limit
        return query, rows[query.offset : end]


def project(org: Org, query: Query, version: str) -> Callable[[Record], dict[str, Any]]:
    """Give what turns a record into an answer's record."""
    readers = [(path.split("."), reading(org, query.object, path)) for path in query.fields]
    thing = org.thing(query.object)

    def projected(row: Record) -> dict[str, Any]:
        url = f"/services/data/v{version}/sobjects/{thing.name}/{row.get('Id')}"
        answer: dict[str, Any] = {"attributes": {"type": thing.name, "url": url}}
        for names, reader in readers:
            _put(answer, names, reader(row))
        return answer

    return projected


def reading(org: Org, object_: str, path: str) -> Callable[[Record], Any]:
    """Give what reads a path of a record; raises INVALID_FIELD where there is none such."""
    whole = org.field(object_, path)
    if whole is not None:
        name = whole.name
        return lambda row: row.get(name)
    first, _, rest = path.partition(".")
    thing = org.thing(object_)
    link = next((each for each in thing.fields.values() if each.relation.lower() == first.lower() and rest), None)
    if link is None or org.field(object_, link.name) is None:
        raise Refused("INVALID_FIELD", f"\nSELECT {path} FROM {object_}\n       ^\nERROR at Row:1:Column:8\nNo such column "
                      f"'{path}' on entity '{thing.name}'. If you are attempting to use a custom field, be sure to append the "
                      "'__c' after the custom field name. Please reference your WSDL or the describe call for the "
                      "appropriate names.")  # fmt: skip
    if rest == "Type" and len(link.refers_to) > 1:
        names = [org.thing(target).name for target in link.refers_to]
        return lambda row: next((name for name in names if row.get(link.name) in org.records[name]), None)
    targets = [(target, reading(org, target, rest)) for target in link.refers_to[:1]]

    def through(row: Record) -> Any:
        for target, reader in targets:
            found = org.records[target].get(row.get(link.name) or "")
            if found is not None:
                return reader(found)
        return None

    return through


class Parser:
    """Reads one query from its tokens."""

    def __init__(self, org: Org, text: str, *, deleted: bool) -> None:
        self.org, self.text, self.deleted = org, text, deleted
        self.tokens = list(self._tokens(text))
        self.place = 0
        self.query = Query("")

    def parsed(self) -> Query:
        self._expect("SELECT")
        fields = self._fields()
        self._expect("FROM")
        self.query.object = self.org.thing(self._word()).name
        if fields == ["COUNT()"]:
            self.query.count = True
        else:
            self.query.fields = fields
            for each in fields:
                reading(self.org, self.query.object, each)
        if self._take("WHERE"):
            self.query.where = self._or(top=True)
        if self._take("ORDER"):
            self._expect("BY")
            self.query.order = list(self._orders())
        if self._take("LIMIT"):
            self.query.limit = int(self._next()[1])
        if self._take("OFFSET"):
            self.query.offset = int(self._next()[1])
        if self.place < len(self.tokens):
            raise self._wrong()
        return self.query

    def _tokens(self, text: str) -> Iterator[tuple[str, str]]:
        place, text = 0, text.strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None or found.end() == place:
                raise self._wrong(text[place : place + 20])
            place = found.end()
            yield str(found.lastgroup), found.group(str(found.lastgroup))

    def _fields(self) -> list[str]:
        if self._peek().upper() == "COUNT":
            self.place += 1
            self._expect("(")
            self._expect(")")
            return ["COUNT()"]
        fields = [self._word()]
        while self._take(","):
            fields.append(self._word())
        return fields

    def _or(self, *, top: bool = False) -> Test:
        parts = [self._and(top=top)]
        while self._take("OR"):
            self.query.ids = None
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _and(self, *, top: bool = False) -> Test:
        parts = [self._unary(top=top)]
        while self._take("AND"):
            parts.append(self._unary(top=top))
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _unary(self, *, top: bool = False) -> Test:
        if self._take("NOT"):
            inner = self._unary()
            return lambda row: not inner(row)
        if self._take("("):
            inner = self._or()
            self._expect(")")
            return inner
        return self._comparison(top=top)

    def _comparison(self, *, top: bool) -> Test:
        path = self._word()
        reader = reading(self.org, self.query.object, path)
        negated = self._take("NOT")
        if self._take("IN"):
            values = self._values()
            folded = {_folded(value) for value in values}
            if top and not negated:
                self._narrow(path, values)
            return lambda row: (_folded(reader(row)) in folded) is not negated
        if self._take("LIKE"):
            pattern = re.escape(str(self._value())).replace("%", ".*").replace("_", ".")
            like = re.compile(pattern, re.IGNORECASE | re.DOTALL)
            return lambda row: bool(like.fullmatch(str(reader(row) or ""))) is not negated
        if self._peek().upper() in {"INCLUDES", "EXCLUDES"}:
            excludes = self._word().upper() == "EXCLUDES"
            wanted = set(self._values())
            return lambda row: bool(wanted & set(str(reader(row) or "").split(";"))) is not excludes
        sign, value = self._next()[1], self._value()
        if sign not in SIGNS:
            raise self._wrong(sign)
        if top and sign == "=":
            self._narrow(path, [value])
        compare = SIGNS[sign]
        return lambda row: compare(reader(row), value)

    def _narrow(self, path: str, values: list[Any]) -> None:
        """Use ids and references as an index."""
        found = self.org.field(self.query.object, path)
        if found is not None and found.kind == "id":
            ids = {id18(str(value)) for value in values}
        elif found is not None and found.kind == "reference":
            some = (id18(str(value)) for value in values)
            ids = {row["Id"] for row in self.org.of_parent(self.query.object, found.name, some)}
        else:
            return
        self.query.ids = ids if self.query.ids is None else self.query.ids & ids

    def _values(self) -> list[Any]:
        self._expect("(")
        if self._peek().upper() == "SELECT":
            inner = Parser(self.org, "", deleted=self.deleted)
            inner.tokens, depth, end = self.tokens, 0, self.place
            while depth >= 0:
                depth += {"(": 1, ")": -1}.get(self.tokens[end][1], 0)
                end += 1
            inner.tokens = self.tokens[self.place : end - 1]
            query = inner.parsed()
            rows = [row for row in _candidates(self.org, query) if query.where is None or query.where(row)]
            reader = reading(self.org, query.object, query.fields[0])
            self.place = end
            return list({reader(row) for row in rows if self.deleted or not row.get("IsDeleted")})
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _value(self) -> Any:
        kind, text = self._next()
        match kind:
            case "text":
                return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), text[1:-1])
            case "number":
                return float(text)
            case "day":
                return text
            case "moment":
                return stamp(datetime.fromisoformat(text))
        word = text.lower()
        now = self.org.clock.now
        if word in {"null", "true", "false"}:
            return {"null": None, "true": True, "false": False}[word]
        if word == "today":
            return now.astimezone(UTC).date().isoformat()
        if word.startswith("last_n_days:"):
            return (now - timedelta(days=int(word.partition(":")[2]))).date().isoformat()
        raise self._wrong(text)

    def _orders(self) -> Iterator[tuple[str, bool, bool]]:
        while True:
            path, descending, last = self._word(), False, False
            if self._peek().upper() in {"ASC", "DESC"}:
                descending = self._word().upper() == "DESC"
            if self._take("NULLS"):
                last = self._word().upper() == "LAST"
            yield path, descending, last
            if not self._take(","):
                return

    def _peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise self._wrong("<EOF>")
        self.place += 1
        return self.tokens[self.place - 1]

    def _word(self) -> str:
        kind, text = self._next()
        if kind != "word":
            raise self._wrong(text)
        return text

    def _take(self, word: str) -> bool:
        if self._peek().upper() == word:
            self.place += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._wrong(self._peek())

    def _wrong(self, at: str = "") -> Refused:
        return Refused("MALFORMED_QUERY", f"unexpected token: '{at or self._peek()}'")


def _candidates(org: Org, query: Query) -> list[Record]:
    if query.object == "FieldDefinition":
        return list(_definitions(org))
    rows = org.records[query.object]
    if query.ids is not None:
        return [rows[one] for one in sorted(query.ids) if one in rows]
    return list(rows.values())


def _definitions(org: Org) -> Iterator[Record]:
    for thing in org.things.values():
        for each in thing.fields.values():
            yield {"EntityDefinition.QualifiedApiName": thing.name, "QualifiedApiName": each.name, "DataType": each.kind,
                   "IsFieldHistoryTracked": each.tracked}  # fmt: skip


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return id18(value) if len(value) == 15 else value.casefold()
    return value


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def comparing(held: Any, asked: Any) -> bool:
        if held is None or asked is None:
            return False
        if isinstance(asked, str) and isinstance(held, str) and "T" in held[10:11] and len(asked) == 10:
            held = held[:10]
        return test(_folded(held), _folded(asked))

    return comparing


def _equal(held: Any, asked: Any) -> bool:
    return _folded(held) == _folded(asked)


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda held, asked: not _equal(held, asked),
    "<>": lambda held, asked: not _equal(held, asked),
    "<": _compare(lambda held, asked: held < asked),
    "<=": _compare(lambda held, asked: held <= asked),
    ">": _compare(lambda held, asked: held > asked),
    ">=": _compare(lambda held, asked: held >= asked),
}


def _order_key(value: Any, descending: bool, nulls_last: bool) -> tuple[int, Any]:
    """Order values; nulls come first, or last where the query says so, whichever way the rest is ordered."""
    if value is None:
        return (1 if nulls_last is not descending else -1, "")
    return (0, value)


def _put(answer: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        if answer.get(name) is None and value is None and name not in answer:
            answer[name] = None
            return
        if answer.get(name) is None:
            answer[name] = {"attributes": {"type": name}}
        answer = answer[name]
    answer[names[-1]] = value
