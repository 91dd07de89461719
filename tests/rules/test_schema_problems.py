from typing import Any

from rules.problems import render_problems
from rules.schema_problems import check_schema
from rules.yaml_text import read_yaml

TEXT_OR_LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "uniqueItems": True}]}
ITEM: dict[str, Any] = {
    "title": "Exit criterion",
    "type": "object",
    "required": ["id", "says"],
    "properties": {
        "id": {"type": "string"},
        "says": {"type": "string", "description": "What must be true."},
        "enforce": {"enum": ["soft", "hard"]},
        "role": TEXT_OR_LIST,
        "weight": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "title": "Playbook",
    "type": "object",
    "required": ["id", "items"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]+$", "patternErrorMessage": "use lower-case letters"},
        "items": {"type": "array", "minItems": 1, "items": ITEM},
        "crm": {"type": "object", "propertyNames": {"pattern": "^[a-z]+$", "patternErrorMessage": "use letters"}},
    },
    "additionalProperties": False,
}


def problems(text: str) -> str:
    node, unread = read_yaml(text, "f.yaml")
    assert node is not None
    assert unread == ()
    return render_problems(check_schema(node, SCHEMA, "playbook"))


def test_a_tree_that_fits_has_no_problems() -> None:
    assert problems("id: a\nitems: [{id: x, says: Something, role: [a, b]}]\n") == ""


def test_every_fault_is_told_at_its_place_in_the_words_of_the_file() -> None:
    text = """
id: A
crm: {Sales: x}
items:
  - {id: x, say: What is agreed, enforce: softt, role: {a: 1}}
  - {says: [], role: [1, a, a], weight: 0}
  - nothing
  -
extra: 1
"""
    assert problems(text) == (
        "f.yaml:2:5: wrong-form: `id` cannot be `A`\n"
        "  help: use lower-case letters\n"
        "f.yaml:3:7: wrong-form: `Sales` cannot be a key here\n"
        "  help: use letters\n"
        "f.yaml:5:13: unknown-key: `say` is not a key of exit criterion `x`\n"
        "  help: did you mean `says`?\n"
        "f.yaml:5:43: not-one-of: `enforce` of `x` cannot be `softt`\n"
        "  help: did you mean `soft`?\n"
        "f.yaml:5:56: wrong-type: `role` of `x` must be text or a list, not a mapping\n"
        "f.yaml:6:5: missing-key: exit criterion has no `id`\n"
        "  help: add `id`\n"
        "f.yaml:6:12: wrong-type: `says` must be text, not an empty list\n"
        "f.yaml:6:23: wrong-type: item 1 of `role` must be text, not `1`\n"
        "f.yaml:6:29: repeated-item: `role` holds `a` twice\n"
        "  help: keep one of the two\n"
        "f.yaml:6:41: out-of-range: `weight` must be at least 1, not `0`\n"
        "f.yaml:7:5: wrong-type: item 3 of `items` must be a mapping, not `nothing`\n"
        "f.yaml:8:4: wrong-type: item 4 of `items` must be a mapping, not empty\n"
        "f.yaml:9:1: unknown-key: `extra` is not a key of playbook `A`\n"
        "  help: one of `crm`, `id`, `items`"
    )


def test_a_file_that_is_not_a_mapping_is_one_problem() -> None:
    assert problems("[a]") == "f.yaml:1:1: wrong-type: the playbook must be a mapping, not a list"


def test_what_is_missing_is_explained_by_its_description() -> None:
    assert "help: `says`: what must be true" in problems("id: a\nitems: [{id: x}]\n")


def test_a_list_that_is_too_short_says_how_long_it_must_be() -> None:
    assert problems("id: a\nitems: []\n") == "f.yaml:2:8: wrong-size: `items` must have at least 1 item"
