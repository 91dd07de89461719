"""Reads conditions: their logic, the names they use, and what they ask of related rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.catalogue import CARDS, FLAGS, LOGIC, TABLE_OF_PREFIX
from rules.condition import (
    MET,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Literal,
    Not,
    Operator,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.condition_size import DEEPEST, MOST_PARTS, is_bearable
from rules.node_reading import entries, items, scalars
from rules.parse_leaf import Asked, parse_leaf
from rules.parse_value import COUNT, parse_value
from rules.parsing import Parsing, Scope
from rules.problems import nearest_to
from rules.schema_problems import quote
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode

LONGEST_CHAIN = 12
QUANTIFIERS = tuple(quantifier.value for quantifier in Quantifier)
COUNTED = (Operator.EQUALS, Operator.NOT, Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW)


def parse_condition(node: Node, scope: Scope, parsing: Parsing) -> Condition:
    """Read a condition that must ask something; what is wrong is noted, and taken as met."""
    if isinstance(node, MappingNode) and not node.entries:
        parsing.add(node.place, "empty-condition", f"{scope.subject} has a condition that asks nothing")
    condition = _rows_condition(node, scope, parsing)
    if is_bearable(condition):
        return condition
    limits = f"at most {MOST_PARTS:,} parts, {DEEPEST} deep, are possible, with all the named conditions they use"
    parsing.add(node.place, "too-large", f"{scope.subject} has a condition that is too large to judge", limits)
    return MET


def parse_named(name: ScalarNode, scope: Scope, parsing: Parsing) -> Condition:
    """Put a named condition in the place of its name, read as if it stood there."""
    definition = parsing.conditions.get(name.text)
    if definition is None:
        parsing.unknown(name.place, "condition", name.text, parsing.conditions)
        return MET
    if name.text in scope.named:
        _circle(scope.named[scope.named.index(name.text) :], parsing)
        return MET
    if len(scope.named) >= LONGEST_CHAIN:
        parsing.add(
            name.place, "too-large", f"the condition `{name.text}` is named through more than {LONGEST_CHAIN} others"
        )
        return MET
    key = (name.text, replace(scope, subject="", named=()))
    if key not in parsing.inlined:
        parsing.inlined[key] = parse_condition(definition, scope.inside(name.text), parsing)
    return parsing.inlined[key]


def _circle(names: tuple[str, ...], parsing: Parsing) -> None:
    """Note conditions that use each other, told the same wherever the circle was entered."""
    first = names.index(min(names))
    ordered = (*names[first:], *names[: first + 1])
    way = " -> ".join(f"`{name}`" for name in ordered)
    place = parsing.conditions[ordered[0]].place
    parsing.add(
        place, "cycle", f"these conditions use each other in a circle: {way}", "take one of them out of another"
    )


def _rows_condition(node: Node, scope: Scope, parsing: Parsing) -> Condition:
    """Read a condition that may be empty, which every row meets."""
    if not isinstance(node, MappingNode):
        help_text = "write `field: value`; several alternatives go under `any:`"
        parsing.add(node.place, "not-a-condition", f"a condition must be a mapping, not {quote(node)}", help_text)
        return MET
    return _joined([part for key, value in node for part in _part(key, value, scope, parsing)], AllOf)


def _joined(parts: list[Condition], kind: type[AllOf | AnyOf]) -> Condition:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _part(key: ScalarNode, node: Node, scope: Scope, parsing: Parsing) -> Iterator[Condition]:
    """Read one key of a condition with what stands under it."""
    if key.text in LOGIC:
        yield _logic(key, node, scope, parsing)
    elif key.text == "with" and scope.table == "activities":
        yield Related("with", Quantifier.SOME, _rows_condition(node, scope.over("with"), parsing))
    elif scope.related and key.text in (*parsing.catalogue.related_tables, "findings"):
        yield from _tables(key, node, scope, parsing)
    elif any(quantifier in QUANTIFIERS for each in (node, *items(node)) for quantifier, _ in _keys_of(each)):
        _no_table(key, scope, parsing)
    elif (subject := _subject(key, scope, parsing)) is not None:
        yield from parse_leaf(node, Asked(key.text, subject, scope, parsing))


def _logic(key: ScalarNode, node: Node, scope: Scope, parsing: Parsing) -> Condition:
    match key.text:
        case "is":
            return _joined([parse_named(name, scope, parsing) for name in _names(key, node, parsing)], AllOf)
        case "filled":
            columns = [_column(name, scope, parsing) for name in _names(key, node, parsing)]
            there = Literal(value=True)
            return _joined([Compare(each, Operator.PRESENT, there) for each in columns if each is not None], AllOf)
        case "not":
            return Not(parse_condition(node, scope, parsing))
        case "all":
            return _joined(_listed(key, node, scope, parsing), AllOf)
        case _:
            either = _joined(_listed(key, node, scope, parsing), AnyOf)
            return either if key.text == "any" else Not(either)


def _listed(key: ScalarNode, node: Node, scope: Scope, parsing: Parsing) -> list[Condition]:
    if isinstance(node, ListNode) and node.items:
        return [parse_condition(item, scope, parsing) for item in node.items]
    help_text = f"write them as `{key.text}: [{{...}}, {{...}}]`; a mapping is already all of its keys"
    parsing.add(node.place, "not-a-condition", f"`{key.text}` takes a list of conditions, not {quote(node)}", help_text)
    return [MET]


def _names(key: ScalarNode, node: Node, parsing: Parsing) -> list[ScalarNode]:
    written = node.items if isinstance(node, ListNode) and node.items else (node,)
    for each in written:
        if not isinstance(each, ScalarNode) or each.is_null:
            message = f"`{key.text}` takes a name or a list of names, not {quote(each)}"
            parsing.add(each.place, "not-a-condition", message)
    return list(scalars(node))


def _subject(key: ScalarNode, scope: Scope, parsing: Parsing) -> Reference | Score | None:
    """Find what a name reads: a score, the deal's flags, or a column."""
    card = key.text.partition(".")[0]
    if card in CARDS and scope.table == "deals":
        return _score(key, card, scope, parsing)
    if key.text == "flags" and scope.table == "deals":
        if not scope.findings:
            _only_rules(key, parsing)
        return FLAGS if scope.findings else None
    return _column(key, scope, parsing)


def _score(key: ScalarNode, card: str, scope: Scope, parsing: Parsing) -> Score | None:
    if card not in scope.scores:
        message = f"{scope.subject} reads `{key.text}`, but scores are not known yet where it is judged"
        parsing.add(
            key.place, "not-here", message, "scores can be read in criteria, clocks and rules, of the whole deal"
        )
        return None
    score = parsing.catalogue.score(key.text)
    if score is None:
        dimension = key.text.partition(".")[2]
        known = list(parsing.catalogue.score_names())
        missing = f"which has no dimension `{dimension}`" if card in known else "which this playbook does not have"
        parsing.unknown(key.place, "score", key.text, known, f"{scope.subject} reads the scorecard `{card}`, {missing}")
    return score


def _column(name: ScalarNode, scope: Scope, parsing: Parsing) -> Reference | None:
    catalogue = parsing.catalogue
    reference = catalogue.column(name.text, scope.table)
    if reference is None:
        prefix, _, rest = name.text.partition(".")
        owner = TABLE_OF_PREFIX.get(prefix, scope.table) if rest else scope.table
        rows = "people" if owner == "with" else owner.replace("_", " ")
        message = f"{scope.subject} reads `{name.text}`, which {rows} do not have"
        parsing.add(name.place, "unknown-field", message, _instead_of(name.text, scope, parsing))
    return reference


def _instead_of(name: str, scope: Scope, parsing: Parsing) -> str:
    """Say what may have been meant by a name nothing has."""
    catalogue = parsing.catalogue
    if scope.table != "deals" and catalogue.column(f"deal.{name}", scope.table) is not None:
        return f"the deal's own is `deal.{name}`"
    tables = catalogue.related_tables if scope.related else ()
    if nearest := nearest_to(name, (*catalogue.column_names(scope.table), *tables)):
        return f"did you mean `{nearest}`?"
    if nearest := nearest_to(name, catalogue.roles):
        return f"a person in this role is asked for by `contacts: {{some: {{role: {nearest}}}}}`"
    return "declare it under `fields`, or read a standard column"


def _no_table(key: ScalarNode, scope: Scope, parsing: Parsing) -> None:
    """Note that rows are asked of something that has none, or from where there are none."""
    if key.text in parsing.catalogue.related_tables:
        message = f"{scope.subject} asks for `{key.text}` of a row of {scope.table}; only deals have them"
        parsing.add(key.place, "not-here", message, "ask for them outside of it, or in a criterion of its own")
        return
    nearest = nearest_to(key.text, parsing.catalogue.related_tables)
    help_text = f"did you mean `{nearest}`?" if nearest else "declare the table under `records`"
    message = f"{scope.subject} asks for rows of `{key.text}`, which is no related table"
    parsing.add(key.place, "unknown-table", message, help_text)


def _keys_of(node: Node) -> Iterator[tuple[str, Node]]:
    yield from ((key.text, value) for key, value in entries(node))


def _only_rules(key: ScalarNode, parsing: Parsing) -> None:
    message = f"`{key.text}` can be read by rules only, which are judged after everything else"
    parsing.add(key.place, "not-here", message, "move the condition into a rule")


def _tables(key: ScalarNode, node: Node, scope: Scope, parsing: Parsing) -> Iterator[Condition]:
    """Read what is asked of a related table: one mapping, or a list of them that must all hold."""
    if key.text == "findings" and not scope.findings:
        _only_rules(key, parsing)
        return
    for each in node.items if isinstance(node, ListNode) else (node,):
        if isinstance(each, MappingNode):
            yield from _related(key, each, scope, parsing)
        else:
            help_text = f"write `{key.text}: {{some: {{...}}}}`"
            parsing.add(each.place, "not-a-condition", f"`{key.text}` holds rows, not {quote(each)}", help_text)


def _related(key: ScalarNode, node: MappingNode, scope: Scope, parsing: Parsing) -> Iterator[Condition]:
    for each, _ in node:
        if each.text not in (*QUANTIFIERS, "where", "at_least"):
            message = f"`{each.text}` cannot be asked of `{key.text}` as a whole"
            parsing.unknown(each.place, "quantifier", each.text, (*QUANTIFIERS, "where", "at_least"), message)
    asked = [each for each, _ in node if each.text in QUANTIFIERS]
    if len(asked) != 1:
        seen = " and ".join(f"`{each.text}`" for each in asked) or "none of them"
        message = f"`{key.text}` takes exactly one of `some`, `every`, `no`, `count`, and has {seen}"
        parsing.add(node.place, "wrong-quantifier", message, "a table may hold a list of such mappings")
        return
    yield _quantified(key.text, Quantifier(asked[0].text), node, scope, parsing)


def _quantified(table: str, quantifier: Quantifier, node: MappingNode, scope: Scope, parsing: Parsing) -> Condition:
    rows, judged = scope.over(table), node.get(quantifier.value)
    where, at_least = node.get("where"), node.get("at_least")
    related = Related(table, quantifier, MET)
    if where is not None:
        related = replace(related, where=_rows_condition(where, rows, parsing))
    if at_least is not None:
        related = replace(related, at_least=_least(at_least, quantifier, node, scope, parsing))
    if judged is not None and quantifier is Quantifier.COUNT:
        return replace(related, count=tuple(_counts(judged, scope, parsing)))
    return related if judged is None else replace(related, condition=_rows_condition(judged, rows, parsing))


def _least(at_least: Node, quantifier: Quantifier, node: MappingNode, scope: Scope, parsing: Parsing) -> Value:
    if quantifier in {Quantifier.NO, Quantifier.COUNT}:
        message = f"`at_least` beside `{quantifier.value}` says nothing"
        parsing.add(node.place_of("at_least"), "wrong-quantifier", message, "write `count: {at_least: 2}`")
    return parse_value(at_least, COUNT, scope, parsing) or Literal(1)


def _counts(node: Node, scope: Scope, parsing: Parsing) -> Iterator[tuple[Operator, Value]]:
    """Read the comparisons of a count: one number, or operators with one each."""
    if not isinstance(node, MappingNode):
        value = parse_value(node, COUNT, scope, parsing)
        yield from [(Operator.EQUALS, value)] if value is not None else []
    for key, each in entries(node):
        if key.text == Operator.BETWEEN and isinstance(each, ListNode) and len(each.items) == len(("low", "high")):
            ends = zip((Operator.AT_LEAST, Operator.AT_MOST), each.items, strict=True)
        elif key.text in COUNTED:
            ends = zip((Operator(key.text),), (each,), strict=True)
        else:
            parsing.unknown(key.place, "operator", key.text, (*COUNTED, "between"))
            continue
        for operator, item in ends:
            value = parse_value(item, COUNT, scope, parsing)
            yield from [(operator, value)] if value is not None else []
