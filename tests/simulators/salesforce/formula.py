"""A small evaluator of validation-rule formulas, written from what Salesforce documents about operators and functions.

Where the documentation leaves open what a blank does (arithmetic or comparison with a blank number or date), it raises
UndefinedInFormula, so that no formula of ours can come to lean on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

LONGEST = 3900
TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:\\.|[^\"\\])*\")|(?P<number>\d+(?:\.\d+)?)|(?P<name>\$?[A-Za-z_][\w.]*)"
    r"|(?P<sign>&&|\|\||<>|!=|<=|>=|==|[-+*/^&=<>(),]))"
)
PICKLIST, MULTI = "picklist", "multipicklist"


class FormulaError(Exception):
    """A formula that a deployment refuses."""


class UndefinedInFormulaError(Exception):
    """What the documentation does not say."""


@dataclass
class Context:
    """One save: values and types by path, the record before, permissions, settings and the moment."""

    values: Mapping[str, Any]
    kinds: Mapping[str, str]
    before: Mapping[str, Any] | None = None
    permissions: frozenset[str] = frozenset()
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 2, 15, tzinfo=UTC))
    _spelled: dict[str, tuple[str, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._spelled = {name.lower(): (name, kind) for name, kind in self.kinds.items()}

    def read(self, path: str, source: Mapping[str, Any] | None = None) -> tuple[str, Any]:
        if path.lower() not in self._spelled:
            raise FormulaError(f"Field {path} does not exist. Check spelling.")
        name, kind = self._spelled[path.lower()]
        return kind, (self.values if source is None else source).get(name)


def evaluate(formula: str, context: Context) -> bool:
    """Evaluate a formula to true or false."""
    if len(formula) > LONGEST:
        raise FormulaError("Formula is too long")
    answer = _parsed(formula)(context)
    if not isinstance(answer, bool):
        raise FormulaError("Incorrect type for formula. Expected Boolean")
    return answer


Node = Callable[[Context], Any]


@lru_cache(maxsize=1024)
def _parsed(formula: str) -> Node:
    return _Parser(formula).parsed()


@dataclass(frozen=True)
class _Field:
    """A field by name: functions that take fields need it before it is a value."""

    path: str

    def __call__(self, context: Context) -> Any:
        kind, value = context.read(self.path)
        if kind in {PICKLIST, MULTI}:
            raise FormulaError(
                f"Field {self.path} is a picklist field. Picklist fields are only supported in certain functions."
            )
        return typed(kind, value)


def typed(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return bool(value)
    if value is None or value == "":
        return "" if kind not in {"date", "datetime", "double", "currency", "percent", "int"} else None
    if kind == "date":
        return value if isinstance(value, date) else date.fromisoformat(value)
    if kind == "datetime":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if kind in {"double", "currency", "percent", "int"}:
        return Decimal(str(value))
    return str(value)


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place, text = 0, re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL).strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None:
                raise FormulaError(f"Syntax error at {text[place : place + 20]}")
            place = found.end()
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
        self.place = 0

    def parsed(self) -> Node:
        node = self._binary(0)
        if self.place < len(self.tokens):
            raise FormulaError(f"Syntax error. Extra {self._peek()}")
        return node

    def _binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek() in LEVELS[level]:
            sign = self._next()[1]
            left = _operated(BINARY[sign], left, self._binary(level + 1))
        return left

    def _unary(self) -> Node:
        if self._peek() == "-":
            self._next()
            inner = self._unary()
            return lambda context: -_number(inner(context))
        return self._atom()

    def _atom(self) -> Node:
        kind, text = self._next()
        if kind == "text":
            value = re.sub(r"\\(.)", r"\1", text[1:-1])
            return lambda _context: value
        if kind == "number":
            number = Decimal(text)
            return lambda _context: number
        if text == "(":
            inner = self._binary(0)
            self._expect(")")
            return inner
        if kind != "name":
            raise FormulaError(f"Syntax error. Found {text}")
        if self._peek() == "(":
            return self._call(text.upper())
        if text.upper() in {"TRUE", "FALSE"}:
            truth = text.upper() == "TRUE"
            return lambda _context: truth
        if text.startswith("$Permission."):
            return lambda context: text.partition(".")[2] in context.permissions
        return _Field(text)

    def _call(self, name: str) -> Node:
        self._expect("(")
        arguments: list[Node] = []
        while self._peek() != ")":
            arguments.append(self._binary(0))
            if self._peek() != ",":
                break
            self._next()
        self._expect(")")
        if name not in FUNCTIONS:
            raise FormulaError(f"Unknown function {name}. Check spelling.")
        least, most, function = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise FormulaError(f"Incorrect number of parameters for function {name}")
        return lambda context: function(context, arguments)

    def _peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise FormulaError("Syntax error. Missing something at the end")
        self.place += 1
        return self.tokens[self.place - 1]

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise FormulaError(f"Syntax error. Missing {sign}")
        self.place += 1


LEVELS = ({"||"}, {"&&"}, {"=", "==", "<>", "!="}, {"<", ">", "<=", ">="}, {"+", "-", "&"}, {"*", "/"})


def _operated(operator: Callable[[Any, Any], Any], left: Node, right: Node) -> Node:
    return lambda context: operator(left(context), right(context))


def _alike(left: Any, right: Any) -> None:
    kinds = [
        next(kind for kind in (bool, str, Decimal, datetime, date) if isinstance(each, kind)) for each in (left, right)
    ]
    if kinds[0] is not kinds[1]:
        raise FormulaError(f"Incorrect parameter type. Expected {kinds[0].__name__}, received {kinds[1].__name__}")


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def comparing(left: Any, right: Any) -> bool:
        if left is None or right is None:
            raise UndefinedInFormulaError("a blank is compared")
        _alike(left, right)
        return test(left, right)

    return comparing


def _added(sign: int) -> Callable[[Any, Any], Any]:
    def adding(left: Any, right: Any) -> Any:
        if left is None or right is None:
            raise UndefinedInFormulaError("a blank is added")
        if isinstance(left, datetime) and isinstance(right, Decimal):
            return left + sign * timedelta(seconds=float(right * 86400))
        if isinstance(left, date) and isinstance(right, Decimal):
            return left + sign * timedelta(days=int(right))
        if sign < 0 and isinstance(left, datetime) and isinstance(right, datetime):
            return Decimal((left - right).total_seconds()) / 86400
        return _number(left) + sign * _number(right)

    return adding


def _number(value: Any) -> Decimal:
    if value is None:
        raise UndefinedInFormulaError("a blank is counted with")
    if not isinstance(value, Decimal):
        raise FormulaError("Incorrect parameter type. Expected Number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise FormulaError("Incorrect parameter type. Expected Boolean")
    return value


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise FormulaError("Incorrect parameter type. Expected Text")
    return value


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda left, right: _truth(left) or _truth(right),
    "&&": lambda left, right: _truth(left) and _truth(right),
    "=": _compared(lambda left, right: left == right), "==": _compared(lambda left, right: left == right),
    "<>": _compared(lambda left, right: left != right), "!=": _compared(lambda left, right: left != right),
    "<": _compared(lambda left, right: left < right), ">": _compared(lambda left, right: left > right),
    "<=": _compared(lambda left, right: left <= right), ">=": _compared(lambda left, right: left >= right),
    "+": _added(1), "-": _added(-1), "&": lambda left, right: _words(left) + _words(right),
    "*": lambda left, right: _number(left) * _number(right), "/": lambda left, right: _number(left) / _number(right),
}  # fmt: skip


def _of_field(node: Node) -> str:
    if not isinstance(node, _Field):
        raise FormulaError("Function may only be called with a field")
    return node.path


def _is_blank(context: Context, arguments: list[Node]) -> bool:
    node = arguments[0]
    if isinstance(node, _Field):
        kind, value = context.read(node.path)
        if kind == "boolean":
            raise FormulaError("ISBLANK of a checkbox")
        return value is None or (isinstance(value, str) and not value.strip())
    value = node(context)
    return value is None or value == ""


def _text(context: Context, arguments: list[Node]) -> str:
    node = arguments[0]
    if isinstance(node, _Field):
        kind, value = context.read(node.path)
        if kind == PICKLIST:
            return str(value or "")
        if kind in {"string", "textarea", MULTI}:
            raise FormulaError("TEXT of a text")
    value = node(context)
    return "" if value is None else str(value)


def _case(context: Context, arguments: list[Node]) -> Any:
    first = arguments[0]
    kind, value = context.read(first.path) if isinstance(first, _Field) else ("string", first(context))
    shown = str(value or "") if kind == PICKLIST else value
    for match, result in zip(arguments[1:-1:2], arguments[2:-1:2], strict=True):
        if match(context) == shown:
            return result(context)
    return arguments[-1](context)


def _prior(context: Context, arguments: list[Node]) -> Any:
    path = _of_field(arguments[0])
    kind, value = context.read(path, context.before if context.before is not None else context.values)
    return str(value or "") if kind == PICKLIST else typed(kind, value)


def _changed(context: Context, arguments: list[Node]) -> bool:
    path = _of_field(arguments[0])
    return context.before is not None and context.read(path)[1] != context.read(path, context.before)[1]


def _includes(context: Context, arguments: list[Node]) -> bool:
    kind, value = context.read(_of_field(arguments[0]))
    if kind != MULTI:
        raise FormulaError("INCLUDES needs a multi-select picklist")
    return _words(arguments[1](context)) in str(value or "").split(";")


def _is_pick(context: Context, arguments: list[Node]) -> bool:
    _, value = context.read(_of_field(arguments[0]))
    return str(value or "") == arguments[1](context)


def _moment(context: Context, arguments: list[Node]) -> datetime:
    return datetime.strptime(_words(arguments[0](context)), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _day(context: Context, arguments: list[Node]) -> date:
    year, month, day = (int(_number(each(context))) for each in arguments)
    return date(year, month, day)


FUNCTIONS: dict[str, tuple[int, int, Callable[[Context, list[Node]], Any]]] = {
    "AND": (1, 99, lambda context, nodes: all(_truth(node(context)) for node in nodes)),
    "OR": (1, 99, lambda context, nodes: any(_truth(node(context)) for node in nodes)),
    "NOT": (1, 1, lambda context, nodes: not _truth(nodes[0](context))),
    "IF": (3, 3, lambda context, nodes: nodes[1](context) if _truth(nodes[0](context)) else nodes[2](context)),
    "ISBLANK": (1, 1, _is_blank), "ISNULL": (1, 1, _is_blank), "TEXT": (1, 1, _text), "CASE": (4, 199, _case),
    "LEN": (1, 1, lambda context, nodes: Decimal(len(_words(nodes[0](context)).encode("utf-16-le")) // 2)),
    "TRIM": (1, 1, lambda context, nodes: _words(nodes[0](context)).strip(" \t")),
    "LOWER": (1, 2, lambda context, nodes: _words(nodes[0](context)).lower()),
    "CONTAINS": (2, 2, lambda context, nodes: _words(nodes[1](context)) in _words(nodes[0](context))),
    "BEGINS": (2, 2, lambda context, nodes: _words(nodes[0](context)).startswith(_words(nodes[1](context)))),
    "INCLUDES": (2, 2, _includes), "ISPICKVAL": (2, 2, _is_pick), "PRIORVALUE": (1, 1, _prior),
    "ISCHANGED": (1, 1, _changed), "ISNEW": (0, 0, lambda context, _nodes: context.before is None),
    "NOW": (0, 0, lambda context, _nodes: context.now), "DATE": (3, 3, _day), "DATETIMEVALUE": (1, 1, _moment),
}  # fmt: skip
