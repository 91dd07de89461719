"""Reads what stands under a field or score: a bare value, a list, or operators, each checked against its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rules.condition import AllOf, Compare, Condition, Literal, Operator, Reference, Score, Value
from rules.literals import is_percent, read_pattern, read_text
from rules.node_reading import entries, scalars
from rules.operators import OPERATORS, PERIODS, Right, meant, operators_of
from rules.parse_value import (
    AGE,
    COUNT,
    DURATION,
    SINCE,
    TYPE_WORDS,
    YES_NO,
    Wanted,
    parse_scalars,
    parse_value,
    wanted_by,
)
from rules.parsing import Parsing, Scope
from rules.schema_problems import quote
from rules.types import FieldType
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode

STAGE_COLUMNS = frozenset({("deals", "stage"), ("stage_changes", "from_stage"), ("stage_changes", "to_stage")})
ENDS = {True: (Operator.ON_OR_AFTER, Operator.ON_OR_BEFORE), False: (Operator.AT_LEAST, Operator.AT_MOST)}


@dataclass(frozen=True)
class Asked:
    """What something is asked of: the name as it is written, what it reads, and where that stands."""

    name: str
    subject: Reference | Score
    scope: Scope
    parsing: Parsing

    @property
    def operators(self) -> list[Operator]:
        """The operators that can be asked of it."""
        subject = self.subject
        if isinstance(subject, Score):
            return [operator for operator, takes in OPERATORS.items() if takes.scores]
        known = [each for each in operators_of(subject.type) if subject.table == "deals" or not OPERATORS[each].of_deal]
        if subject.table == "flags":
            return [each for each in known if each is not Operator.PRESENT]
        holds_stage = (subject.table, subject.name) in STAGE_COLUMNS
        return [each for each in known if each is not Operator.FROM_STAGE or holds_stage]

    @property
    def holds_several(self) -> bool:
        """Whether one row may hold several values of it."""
        return isinstance(self.subject, Reference) and self.subject.type is FieldType.CHOICES


def parse_leaf(node: Node, asked: Asked) -> Iterator[Condition]:
    """Yield the conditions that stand under a name; what is wrong is noted and left out."""
    match node:
        case MappingNode() if "field" in node.keys:
            yield from _leaf(node, Operator.EQUALS, node, asked)
        case MappingNode(entries=()):
            asked.parsing.add(node.place, "empty-condition", f"nothing is asked of `{asked.name}`")
        case MappingNode():
            for key, value in node:
                yield from _written(key, value, asked)
        case ListNode():
            yield from _leaf(node, Operator.INCLUDES_ANY if asked.holds_several else Operator.ONE_OF, node, asked)
        case ScalarNode():
            yield from _leaf(node, Operator.INCLUDES_ANY if asked.holds_several else Operator.EQUALS, node, asked)


def _written(key: ScalarNode, node: Node, asked: Asked) -> Iterator[Condition]:
    """Read one operator with its right-hand side."""
    if key.text in set(Operator):
        operator = Operator(key.text)
        of_list = operator is Operator.NOT and isinstance(node, ListNode)
        yield from _leaf(key, Operator.NONE_OF if of_list else operator, node, asked)
    else:
        asked.parsing.unknown(key.place, "operator", key.text, asked.operators)


def _leaf(at: Node, operator: Operator, node: Node, asked: Asked) -> Iterator[Condition]:
    """Check one operator against its subject's type, and read its right-hand side."""
    if operator in asked.operators:
        yield from RIGHTS[OPERATORS[operator].right](node, operator, asked)
        return
    better = meant(operator, asked.subject.type) if isinstance(asked.subject, Reference) else None
    takes = ", ".join(f"`{each}`" for each in asked.operators)
    message = f"{asked.scope.subject} asks `{operator}` of `{asked.name}`, {_why_not(operator, asked)}"
    asked.parsing.add(at.place, "wrong-operator", message, f"write `{better}`" if better else f"it takes {takes}")


def _why_not(operator: Operator, asked: Asked) -> str:
    if isinstance(asked.subject, Score):
        return "which is a score"
    if operator is Operator.FROM_STAGE:
        return "which holds no stage"
    if OPERATORS[operator].of_deal and asked.subject.table != "deals":
        return "which is not the deal's own; changes and copies are known of the deal's fields only"
    return f"which is {TYPE_WORDS[asked.subject.type]}"


def _value(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    subject = _in_percent(node, asked.subject)
    yield from _compared(subject, operator, parse_value(node, wanted_by(subject), asked.scope, asked.parsing))


def _in_percent(node: Node, subject: Reference | Score) -> Reference | Score:
    """Read a score's values as percent where one of them says so."""
    values = [node, *(value for _, value in entries(node))]
    if isinstance(subject, Score) and any(is_percent(each.text) for value in values for each in scalars(value)):
        return replace(subject, percent=True)
    return subject


def _values(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    yield from _several(node, operator, wanted_by(asked.subject), asked)


def _words(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    yield from _several(node, operator, TEXT, asked)


def _periods(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    for each in scalars(node):
        if each.text not in PERIODS:
            asked.parsing.unknown(each.place, "period", each.text, PERIODS)
    yield from _several(node, operator, TEXT, asked)


def _several(node: Node, operator: Operator, wanted: Wanted, asked: Asked) -> Iterator[Condition]:
    if isinstance(node, MappingNode):
        message = f"`{operator}` takes one value or a list of values, not a mapping"
        asked.parsing.add(node.place, "wrong-value", message, "values per segment are possible for single values only")
    elif values := parse_scalars(node, wanted, asked.scope, asked.parsing):
        yield Compare(asked.subject, operator, Literal(values))


def _range(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    """Read both ends; where one is not a plain value, write the range as two comparisons."""
    if not isinstance(node, ListNode) or len(node.items) != len(("low", "high")):
        message = f"`between` takes a list of two values, not {quote(node)}"
        asked.parsing.add(node.place, "wrong-value", message, "write `[10, 20]`")
        return
    subject = _in_percent(node, asked.subject)
    wanted = wanted_by(subject)
    ends = [parse_value(item, wanted, asked.scope, asked.parsing) for item in node.items]
    match ends:
        case [Literal(low), Literal(high)] if type(low) is type(high):
            if low > high:  # type: ignore[operator]  # both are of one type that has an order
                asked.parsing.add(
                    node.place, "wrong-value", "the first value of `between` is above the second", "swap them"
                )
            yield Compare(subject, operator, Literal((low, high)))  # type: ignore[arg-type]  # likewise
        case _:
            pairs = zip(ENDS[wanted.moments], ends, strict=True)
            yield AllOf(tuple(Compare(subject, end, value) for end, value in pairs if value is not None))


def _stage(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
    known = asked.parsing.catalogue.stages
    if isinstance(node, ScalarNode) and node.text not in known:
        asked.parsing.unknown(node.place, "stage", node.text, known)
    else:
        yield from _compared(asked.subject, operator, parse_value(node, TEXT, asked.scope, asked.parsing))


def _reading(wanted: Wanted) -> Callable[[Node, Operator, Asked], Iterator[Condition]]:
    """Read a right-hand side of a kind that the subject's type has no say in."""

    def read(node: Node, operator: Operator, asked: Asked) -> Iterator[Condition]:
        yield from _compared(asked.subject, operator, parse_value(node, wanted, asked.scope, asked.parsing))

    return read


def _compared(subject: Reference | Score, operator: Operator, value: Value | None) -> Iterator[Condition]:
    if value is not None:
        yield Compare(subject, operator, value)


TEXT = Wanted(lambda node, _: read_text(node.text), segments=False)
PATTERN = Wanted(lambda node, _: read_pattern(node.text), code="wrong-pattern", segments=False)

RIGHTS: Mapping[Right, Callable[[Node, Operator, Asked], Iterator[Condition]]] = {
    Right.VALUE: _value,
    Right.VALUES: _values,
    Right.RANGE: _range,
    Right.WORDS: _words,
    Right.PATTERN: _reading(PATTERN),
    Right.COUNT: _reading(COUNT),
    Right.YES_NO: _reading(replace(YES_NO, fields=frozenset())),
    Right.DURATION: _reading(DURATION),
    Right.AGE: _reading(AGE),
    Right.SINCE: _reading(SINCE),
    Right.PERIODS: _periods,
    Right.STAGE: _stage,
}
