"""Reads rules: what belongs to no stage, in the layers in which they are judged."""

from __future__ import annotations

from rules.layers import in_layers
from rules.node_reading import child, mapping, mappings, text
from rules.parse_clocks import words_of
from rules.parse_criteria import check_names, condition_under, parse_enforce, parse_task
from rules.parsing import Parsing, Scope
from rules.playbook import Enforce, Rule
from rules.yaml_nodes import MappingNode, Node


def parse_rules(root: Node, enforce: Enforce, parsing: Parsing) -> tuple[Rule, ...]:
    """Read the rules in their order; those that wait for each other in a circle are a problem."""
    written = list(mappings(root, "rules"))
    rules, circle = in_layers(tuple(_rule(node, enforce, parsing) for node in written))
    if circle:
        place = next((node.place for node in written if text(node, "id") == circle[0]), root.place)
        way = " -> ".join(f"`{name}`" for name in circle)
        help_text = "say which `kind` or `criterion` of findings is meant, or leave one of the rules out"
        parsing.add(place, "cycle", f"these rules wait for what the next one finds, in a circle: {way}", help_text)
    return rules


def _rule(node: MappingNode, enforce: Enforce, parsing: Parsing) -> Rule:
    name = text(node, "id")
    scope = Scope(f"rule `{name}`", findings=True)
    then = mapping(node, "then")
    check_names(node, ("says", "coach", "do"), parsing)
    return Rule(
        id=name,
        says=text(node, "says", words_of(name)),
        when=condition_under(node, "when", scope, parsing),
        require=None if child(node, "require") is None else condition_under(node, "require", scope, parsing),
        enforce=parse_enforce(node, enforce),
        flag=text(then, "flag"),
        task=parse_task(then, parsing),
        coach=text(node, "coach"),
        do=text(node, "do"),
    )
