"""Numbers, amounts and scores as comparisons of facts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from rules.condition import FieldValue, Literal, Operator, Reference, Scalar, Score, Value
from rules.ruleset_comparisons import Comparison, Fact, Form, NotCarriedError, Relation, Tree, all_of, any_of, opposite
from rules.ruleset_values import CENTS, LEAST, MOST, money_units, number_code, places_of
from rules.types import FieldType

RELATIONS: Mapping[Operator, Relation] = MappingProxyType(
    {
        Operator.EQUALS: Relation.EQUAL,
        Operator.NOT: Relation.UNEQUAL,
        Operator.AT_LEAST: Relation.AT_LEAST,
        Operator.AT_MOST: Relation.AT_MOST,
        Operator.ABOVE: Relation.ABOVE,
        Operator.BELOW: Relation.BELOW,
        Operator.ON_OR_AFTER: Relation.AT_LEAST,
        Operator.ON_OR_BEFORE: Relation.AT_MOST,
        Operator.AFTER: Relation.ABOVE,
        Operator.BEFORE: Relation.BELOW,
    }
)
"""What the ordering operators ask of two values."""


def number_comparisons(subject: Reference | Score, operator: Operator, value: Value, form: Form = Form.NUMBER) -> Tree:
    """Compare a number; amounts compare exactly with amounts, and as numbers with anything else."""
    kind = subject.type if isinstance(subject, Reference) else FieldType.NUMBER
    if kind is FieldType.MONEY and _is_money(value):
        return _amounts(subject, operator, value)
    left = Fact(form, subject)
    if not isinstance(value, Literal):
        return Comparison(left, RELATIONS[operator], Fact(Form.NUMBER, value))
    return _spread(operator, [(left, _code(each, form)) for each in _listed(value)])


def _amounts(subject: Reference | Score, operator: Operator, value: Value) -> Tree:
    if not isinstance(value, Literal):
        return Comparison(Fact(Form.MONEY, subject, CENTS), RELATIONS[operator], Fact(Form.MONEY, value, CENTS))
    listed = [_decimal(each) for each in _listed(value)]
    pairs = [(Fact(Form.MONEY, subject, places_of(each)), _units(each)) for each in listed]
    return _spread(operator, pairs)


def _spread(operator: Operator, pairs: list[tuple[Fact, int]]) -> Tree:
    """Compare with one value, or with several: one of them, none of them, or between the first and the last."""
    match operator:
        case Operator.BETWEEN:
            (first, low), (last, high) = pairs[0], pairs[-1]
            return all_of(Comparison(first, Relation.AT_LEAST, low), Comparison(last, Relation.AT_MOST, high))
        case Operator.ONE_OF:
            return any_of(*(Comparison(left, Relation.EQUAL, right) for left, right in pairs))
        case Operator.NONE_OF:
            return opposite(_spread(Operator.ONE_OF, pairs))
        case _:
            ((left, right),) = pairs
            return Comparison(left, RELATIONS[operator], right)


def _units(amount: Decimal) -> int:
    """Give an amount in whole units; raises NotCarriedError where they would not fit beside every amount of a deal."""
    units = money_units(amount, places_of(amount))
    if not LEAST < units < MOST:
        why = f"`{amount}`, which has more digits than the engine compares"
        raise NotCarriedError(why)
    return units


def _listed(value: Literal) -> tuple[Scalar, ...]:
    listed = value.value if isinstance(value.value, tuple) else (value.value,)
    return tuple(each for each in listed if isinstance(each, Scalar))


def _is_money(value: Value) -> bool:
    return not isinstance(value, FieldValue) or value.reference.type is FieldType.MONEY


def _code(value: Scalar, form: Form) -> int:
    return int(_decimal(value)) if form in {Form.WORDS, Form.CHARACTERS} else number_code(_decimal(value))


def _decimal(value: Scalar) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
