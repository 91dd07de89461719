"""Quantified conditions as comparisons of how many related rows are held, and may be (docs/language.md, rule 2)."""

from __future__ import annotations

from collections.abc import Callable

from rules.condition import Literal, Operator, Quantifier, Related, Scalar, Value
from rules.ruleset_comparisons import UNKNOWN, Comparison, Fact, Form, Relation, Tally, Tree, all_of, any_of, opposite
from rules.ruleset_values import number_code

BySegment = Callable[[Value, Callable[[Value], Tree]], Tree]
Ends = tuple[Fact, Fact]
"""How many rows there surely are, and possibly."""
SIMPLE = {
    Operator.AT_LEAST: Relation.AT_LEAST,
    Operator.AT_MOST: Relation.AT_MOST,
    Operator.ABOVE: Relation.ABOVE,
    Operator.BELOW: Relation.BELOW,
}


def related_comparisons(node: Related, by_segment: BySegment) -> Tree:
    """Ask how many rows are held: met where surely enough are, unmet where not even possibly."""
    picked, held = _ends(node, "picked"), _ends(node, "held")
    if node.quantifier is Quantifier.COUNT:
        return all_of(
            *(by_segment(value, lambda own, op=operator: _count(picked, op, own)) for operator, value in node.count)  # type: ignore[misc]  # the default binds the operator of each turn
        )
    if node.quantifier is Quantifier.EVERY:
        wrong = by_segment(Literal(1), lambda own: _at_least(_ends(node, "wrong"), own))
        return all_of(opposite(wrong), by_segment(node.at_least, lambda own: _at_least(picked, own)))
    enough = by_segment(node.at_least, lambda own: _at_least(held, own))
    return opposite(enough) if node.quantifier is Quantifier.NO else enough


def _ends(node: Related, which: str) -> Ends:
    return Fact(Form.NUMBER, Tally(node, which)), Fact(Form.NUMBER, Tally(node, f"maybe {which}"))


def _at_least(ends: Ends, least: Value) -> Tree:
    sure, possible = ends
    bound = _bound(least)
    return any_of(
        Comparison(sure, Relation.AT_LEAST, bound), all_of(Comparison(possible, Relation.AT_LEAST, bound), UNKNOWN)
    )


def _count(ends: Ends, operator: Operator, value: Value) -> Tree:
    match operator:
        case Operator.EQUALS | Operator.ONE_OF:
            return any_of(*(_between(ends, each, each) for each in _listed(value)))
        case Operator.NOT | Operator.NONE_OF:
            return opposite(any_of(*(_between(ends, each, each) for each in _listed(value))))
        case Operator.BETWEEN:
            return _between(ends, _listed(value)[0], _listed(value)[-1])
        case _:
            return _agree(ends, SIMPLE[operator], value)


def _between(ends: Ends, low: Value, high: Value) -> Tree:
    return all_of(_agree(ends, Relation.AT_LEAST, low), _agree(ends, Relation.AT_MOST, high))


def _agree(ends: Ends, relation: Relation, value: Value) -> Tree:
    """Both ends hold: met; neither holds: unmet; else unknown."""
    sure, possible = (Comparison(each, relation, _bound(value)) for each in ends)
    return any_of(all_of(sure, possible), all_of(any_of(sure, possible), UNKNOWN))


def _listed(value: Value) -> list[Value]:
    if not isinstance(value, Literal) or not isinstance(value.value, tuple):
        return [value]
    return [Literal(each) for each in value.value]


def _bound(value: Value) -> Fact | int:
    if isinstance(value, Literal) and isinstance(value.value, Scalar):
        return number_code(float(str(value.value)))
    return Fact(Form.NUMBER, value)
