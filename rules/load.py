"""Loads a playbook from its text: checked by the schema, by its own names and by the types of what it reads.

Nothing here raises on what a user wrote: all problems come back at once, sorted by place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from rules.catalogue import Catalogue
from rules.condition import MET, Condition
from rules.identifiers import check_ids
from rules.node_reading import child, entries, number, text
from rules.parse_calendar import parse_calendar, zone_of
from rules.parse_clocks import parse_clocks
from rules.parse_condition import parse_condition, parse_named
from rules.parse_criteria import parse_criteria, parse_enforce
from rules.parse_declarations import (
    parse_fields,
    parse_gates,
    parse_rates,
    parse_records,
    parse_roles,
    parse_waivers,
    with_names_of,
)
from rules.parse_rules import parse_rules
from rules.parse_scorecards import parse_scorecard
from rules.parse_stages import check_crm_names, parse_moves, parse_outcomes, parse_stages
from rules.parsing import Parsing, Scope
from rules.playbook import Enforce, Playbook, Segment
from rules.problems import Problem
from rules.schema_problems import check_schema
from rules.yaml_nodes import MappingNode, Node, ScalarNode
from rules.yaml_text import read_yaml

READ_HERE = "read by the loader"


def load_playbook(data: bytes | str, file: str) -> tuple[Playbook | None, tuple[Problem, ...]]:
    """Load a playbook, or say all that is wrong with its text; `file` is only a name to tell places by."""
    root, unreadable = read_yaml(data, file)
    if root is None:
        return None, unreadable
    misshapen = check_schema(root, _outline(), "playbook")
    if not isinstance(root, MappingNode):
        return None, misshapen
    parsing = Parsing(Catalogue())
    playbook = _playbook(root, _as_text(data), parsing)
    problems = tuple(sorted({*unreadable, *misshapen, *parsing.problems}))
    return (None if problems else playbook), problems


@cache
def playbook_schema() -> Mapping[str, Any]:
    """Give the published JSON Schema of playbooks, which ships inside this package."""
    schema: dict[str, Any] = json.loads((files("rules") / "playbook.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _outline() -> Mapping[str, Any]:
    """Give the schema without what the loader reads itself, of which it can say more than a schema."""
    definitions = {
        name: {} if READ_HERE in definition.get("$comment", "") else definition
        for name, definition in playbook_schema()["$defs"].items()
    }
    return {**playbook_schema(), "$defs": definitions}


def _as_text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode("utf-8-sig")


def _playbook(root: MappingNode, source: str, parsing: Parsing) -> Playbook:
    """Read all parts in the order in which they know of each other."""
    calendar = parse_calendar(root, parsing)
    fields, records = parse_fields(root), parse_records(root)
    parsing.catalogue = with_names_of(root, fields, records, Catalogue(zone=zone_of(calendar)))
    parsing.conditions = {name.text: node for name, node in entries(root, "conditions")}
    check_ids(root, parsing)
    check_crm_names(root, parsing)
    enforce = parse_enforce(root, Enforce.ADVISE)
    playbook = Playbook(
        id=text(root, "playbook"),
        version=number(root, "version"),
        title=text(root, "title"),
        stages=parse_stages(root, enforce, parsing),
        applies_to=_applies_to(root, parsing),
        priority=number(root, "priority"),
        enforce=enforce,
        calendar=calendar,
        currency=text(root, "currency", "USD"),
        rates=parse_rates(root, parsing),
        segments=_segments(root, parsing),
        fields=fields,
        records=records,
        roles=parse_roles(root),
        ideal_client=parse_scorecard(root, "ideal_client", parsing),
        qualification=parse_scorecard(root, "qualification", parsing),
        every_stage=parse_criteria(root, "every_stage", "criterion", enforce, parsing),
        outcomes=parse_outcomes(root, enforce, parsing),
        moves=parse_moves(root),
        clocks=parse_clocks(root, enforce, parsing),
        rules=parse_rules(root, enforce, parsing),
        waivers=parse_waivers(root, parsing),
        gates=parse_gates(root, parsing),
        text=source,
    )
    _check_unused_conditions(parsing)
    return playbook


def _applies_to(root: Node, parsing: Parsing) -> Condition:
    written = child(root, "applies_to")
    scope = Scope("`applies_to`", scores=frozenset(), segments=False)
    return MET if written is None else parse_condition(written, scope, parsing)


def _segments(root: Node, parsing: Parsing) -> tuple[Segment, ...]:
    return tuple(_segment(name, node, parsing) for name, node in entries(root, "segments"))


def _segment(name: ScalarNode, node: Node, parsing: Parsing) -> Segment:
    if isinstance(node, ScalarNode) and node.text == "otherwise":
        return Segment(name.text, MET)
    scope = Scope(f"segment `{name.text}`", scores=frozenset(), segments=False)
    return Segment(name.text, parse_condition(node, scope, parsing))


def _check_unused_conditions(parsing: Parsing) -> None:
    """Check named conditions that nothing uses as conditions of a deal, or of the rows they fit."""
    used = {name for name, _ in parsing.inlined}
    for name, node in parsing.conditions.items():
        if name not in used:
            _check_unused(ScalarNode(node.place, name), parsing)


def _check_unused(name: ScalarNode, parsing: Parsing) -> None:
    """Keep the problems of the reading that has the fewest."""
    anywhere = Scope(f"condition `{name.text}`", findings=True)
    readings = []
    for scope in (anywhere, *(anywhere.over(table) for table in parsing.catalogue.related_tables)):
        trial = Parsing(parsing.catalogue, parsing.conditions)
        parse_named(name, scope, trial)
        readings.append(trial.problems)
    fewest: list[Problem] = min(readings, key=len)
    parsing.problems.extend(fewest)
