"""A mapping is loaded whole or refused with every problem at its place."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.local.importing import load_mapping
from connectors.local.importing.loading import SCHEMA

GOOD = """
    mapping: ours
    files: {deals: {name: deals.csv}}
    tables:
      deals: {from: deals, columns: {id: Id}}
"""


def problems(text: str) -> list[str]:
    mapping, found = load_mapping(dedent(text).lstrip(), "m.yaml")
    assert (mapping is None) is bool(found)
    return [str(problem) for problem in found]


def deals(columns: str, more: str = "") -> str:
    head = "mapping: ours\nfiles: {deals: {name: deals.csv}}\n"
    return f"{head}{dedent(more)}tables:\n  deals:\n    from: deals\n    columns:\n      id: Id\n      {columns}\n"


def test_a_good_mapping_has_no_problems() -> None:
    assert problems(GOOD) == []


def test_all_problems_are_told_at_once_each_at_its_place() -> None:
    text = """
        mapping: ours
        files: {deals: {name: deals.csv, encoding: latin-99}}
        written: {timezone: Mars/Olympus, format: "%Q"}
        tables:
          deals:
            from: dealz
            columns:
              ammount: Amount
              close_date: {column: A, constant: B}
    """
    assert problems(text) == [
        "m.yaml:2:44: unknown-encoding: there is no encoding `latin-99`\n  help: such as `cp1252`",
        "m.yaml:3:21: unknown-timezone: there is no time zone `Mars/Olympus`\n  help: such as `Europe/Berlin`",
        (
            "m.yaml:3:43: bad-format: `%Q` is not a format of dates or times\n"
            "  help: `iso`, `unix`, `unix_ms`, `excel`, or such as `%d/%m/%Y`"
        ),
        "m.yaml:6:5: missing-column: `deals` needs the column `id`\n  help: they tell one row from another",
        "m.yaml:6:11: unknown-file: `dealz` is not one of the `files`\n  help: did you mean `deals`?",
        (
            "m.yaml:8:7: unknown-column: `deals` has no column `ammount`\n"
            "  help: did you mean `amount`?; a column of your own says its `type`"
        ),
        (
            "m.yaml:9:19: no-single-value: this has `column` and `constant`\n"
            "  help: give one of `column`, `constant`, `template` and `lookup`"
        ),
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("amount: {column: A, roundto: cent}", "unknown-key: `roundto` is not a key of column"),
        ("amount: {column: A, type: text}", "wrong-type: `amount` is of type `money`"),
        ("amount: {column: A, round_to: day}", "wrong-type: a column of type `money` cannot be rounded to a day"),
        ("size: {column: A, type: big}", "not-one-of: `type`"),
        ("name: {template: nothing here}", "bad-template: the template `nothing here` names no column"),
        ("amount: {column: A, thousands: .}", "same-sign: the decimal sign and the sign between thousands"),
        ("owner_id: {lookup: {file: teams, key: a, by: b, take: c}}", "unknown-file: `teams` is not one of"),
        ("amount: [1]", "wrong-type: `amount`"),
    ],
)
def test_a_column_that_makes_no_sense_is_refused(columns: str, said: str) -> None:
    (problem,) = problems(deals(columns))
    assert said in problem


def test_a_filter_must_test_something() -> None:
    text = GOOD.replace("{name: deals.csv}", "{name: deals.csv, skip: [{column: A, because: why}]}")
    (problem,) = problems(text)
    assert "no-test: this tests nothing" in problem


def test_the_key_of_our_tasks_cannot_be_imported() -> None:
    text = GOOD.replace("deals: {from: deals, columns: {id: Id}}", "tasks: {from: deals, columns: {id: I, key: K}}")
    (problem,) = problems(text)
    assert "not-yours: `key` marks the tasks Dealgate makes" in problem


def test_every_key_of_the_schema_is_described() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [path for path, node in _properties(schema, "") if not _description(node, schema)] == []


def test_shipped_mappings_load_and_name_their_schema_for_editors() -> None:
    shipped = sorted(Path("examples/mappings").glob("*.yaml"))
    assert shipped
    for path in shipped:
        text = path.read_text(encoding="utf-8")
        modeline = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / modeline).resolve() == SCHEMA.resolve()
        assert load_mapping(text, str(path))[1] == ()


def _properties(node: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(node, list):
        return [each for item in node for each in _properties(item, path)]
    if not isinstance(node, dict):
        return []
    own = [(f"{path}/{name}", each) for name, each in node.get("properties", {}).items()]
    deeper = [each for name, item in node.items() for each in _properties(item, f"{path}/{name}")]
    return [*own, *deeper]


def _description(node: dict[str, Any], schema: dict[str, Any]) -> str:
    reference = node.get("$ref", "").removeprefix("#/$defs/")
    return node.get("description", "") or (schema["$defs"][reference].get("description", "") if reference else "")
