"""Every form of condition and what is said of those that mean nothing: `conditions/*.txt` and their golden answers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from rules.catalogue import Catalogue
from rules.condition import (
    MET,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    Literal,
    Moment,
    Not,
    Operator,
    PerSegment,
    Reference,
    Related,
    Score,
    Value,
)
from rules.load import playbook_schema
from rules.operators import OPERATORS
from rules.parse_condition import parse_condition
from rules.parsing import Parsing, Scope
from rules.problems import render_problems
from rules.types import STANDARD_TABLES, FieldType
from rules.yaml_nodes import MappingNode, Node, to_plain
from rules.yaml_text import read_yaml

FOLDER = Path(__file__).parent / "conditions"
OWN = {
    "pain": FieldType.TEXT,
    "plan": FieldType.LINK,
    "budget_confirmed": FieldType.YES_NO,
    "competitors": FieldType.CHOICES,
    "headcount": FieldType.NUMBER,
    "kickoff": FieldType.TIME,
}
CATALOGUE = Catalogue(
    columns={
        **STANDARD_TABLES,
        "deals": {**STANDARD_TABLES["deals"], **OWN},
        "quotes": {"deal_id": FieldType.TEXT, "primary": FieldType.YES_NO, "total": FieldType.MONEY},
    },
    records=("quotes",),
    stages=("discovery", "proposal"),
    outcomes=("won", "lost"),
    roles=("champion", "economic_buyer"),
    segments=("small", "large"),
    dimensions={"qualification": ("champion",), "ideal_client": ("size",)},
    flags=("probably dead",),
    zone=ZoneInfo("America/New_York"),
)
NAMED = "{large: {amount: {above: 5}}, either: {any: [{is: large}, {filled: pain}]}}"
SCOPES = {
    "rule": Scope("rule `r`", findings=True),
    "criterion": Scope("exit criterion `x`"),
    "contact": Scope("exit criterion `x`").over("contacts"),
    "applies_to": Scope("`applies_to`", scores=frozenset(), segments=False),
    "segment": Scope("segment `s`", scores=frozenset(), segments=False),
}


def read(text: str) -> Node:
    node, problems = read_yaml(text, "f.yaml")
    assert problems == ()
    assert node is not None
    return node


def parsed(text: str, scope: Scope, named: str = NAMED) -> tuple[Condition, str]:
    conditions = read(named)
    assert isinstance(conditions, MappingNode)
    parsing = Parsing(CATALOGUE, {key.text: value for key, value in conditions})
    condition = parse_condition(read(text), scope, parsing)
    return condition, render_problems(parsing.problems)


def forms() -> Iterator[str]:
    lines = (FOLDER / "right.txt").read_text(encoding="utf-8").splitlines()
    yield from (line for line in lines if not line.startswith("#"))


def shape(node: object) -> str:
    """Show a condition with the types of its values: decimals end in `m`, times in `Z`, texts stand in quotes."""
    match node:
        case AllOf(()):
            return "MET"
        case AllOf(parts) | AnyOf(parts):
            return f"({(' and ' if isinstance(node, AllOf) else ' or ').join(map(shape, parts))})"
        case Not(part):
            return f"not {shape(part)}"
        case Compare(subject, operator, value):
            return f"{named(subject)} {operator} {written(value)}"
        case Related():
            return related(node)
        case _:
            return repr(node)


def related(node: Related) -> str:
    counted = " and ".join(f"{operator} {written(value)}" for operator, value in node.count)
    least = "" if node.at_least == Literal(1) else f" at_least {written(node.at_least)}"
    picked = "" if node.where == MET else f" where {shape(node.where)}"
    return f"{node.table} {node.quantifier}{least} [{counted or shape(node.condition)}]{picked}"


def named(subject: object) -> str:
    if isinstance(subject, Reference):
        return f"{subject.table}.{subject.name}"
    assert isinstance(subject, Score)
    dimension = f".{subject.dimension}" if subject.dimension else ""
    return f"{subject.card}{dimension}{' in percent' if subject.percent else ''}"


def written(value: Value) -> str:
    match value:
        case Literal(tuple(items)):
            return f"[{', '.join(map(scalar, items))}]"
        case Literal(item):
            return scalar(item)
        case FieldValue(reference, plus):
            return f"field {named(reference)}{f' plus {plus}' if plus else ''}"
        case Moment(base, plus):
            return f"{base}{f' plus {plus}' if plus else ''}"
        case PerSegment(cases, otherwise):
            listed = [f"{segment}: {written(case)}" for segment, case in cases]
            return f"{{{', '.join([*listed, *([f'otherwise: {written(otherwise)}'] if otherwise else [])])}}}"


def scalar(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}Z"
    return {str: f'"{value}"', Decimal: f"{value}m"}.get(type(value), str(value))


def test_every_form_of_condition_is_read_as_it_is_meant(golden: Callable[[str, str], None]) -> None:
    blocks = []
    for text in forms():
        condition, problems = parsed(text, SCOPES["rule"])
        blocks.append(f"{text}\n    {problems or shape(condition)}\n")
    golden("conditions/right.golden.txt", "\n".join(blocks))


@pytest.mark.parametrize("text", list(forms()))
def test_the_published_schema_takes_every_form_of_condition(text: str) -> None:
    schema = {**playbook_schema()["$defs"]["condition"], "$defs": playbook_schema()["$defs"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(to_plain(read(text)))] == []


def test_every_operator_is_among_the_forms_and_in_the_schema() -> None:
    written = {operator for operator in Operator if any(f"{operator}:" in text for text in forms())}
    assert set(OPERATORS) == set(Operator) == written
    assert set(map(str, Operator)) <= set(playbook_schema()["$defs"]["test"]["properties"])


def test_what_a_condition_cannot_mean_is_said_in_its_own_words(golden: Callable[[str, str], None]) -> None:
    blocks = []
    for line in (FOLDER / "wrong.txt").read_text(encoding="utf-8").splitlines():
        place, text = (part.strip() for part in line.split("|", 1))
        problems = parsed(text, SCOPES[place])[1]
        assert problems, f"nothing is said of {text}"
        blocks.append(f"{line}\n{problems}\n")
    golden("conditions/wrong.golden.txt", "\n".join(blocks))


def test_conditions_that_use_each_other_are_told_the_same_from_wherever() -> None:
    named = "{b: {is: c}, a: {is: b}, c: {not: {is: a}}}"
    told = {parsed(f"is: {name}", SCOPES["criterion"], named)[1] for name in "abc"}
    assert [each.splitlines()[0] for each in told] == [
        "f.yaml:1:17: cycle: these conditions use each other in a circle: `a` -> `b` -> `c` -> `a`"
    ]


def test_conditions_that_grow_without_end_are_refused() -> None:
    lines = ["c0: {all: [{amount: 1}, {amount: 2}]}"]
    lines += [f"c{n}: {{all: [{', '.join(f'{{is: c{n - 1}}}' for _ in range(10))}]}}" for n in range(1, 10)]
    assert "too-large" in parsed("is: c9", SCOPES["criterion"], "\n".join(lines))[1]


def test_a_condition_nested_too_deep_is_refused() -> None:
    assert "too-large" in parsed("not: {" * 28 + "amount: 5" + "}" * 28, SCOPES["criterion"])[1]
