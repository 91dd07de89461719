"""Reads scorecards: dimensions, their levels, and the bands a result falls into (rule 9)."""

from __future__ import annotations

from rules.node_reading import child, entries, mapping, mappings, number, text
from rules.parse_criteria import condition_under
from rules.parsing import Parsing, Scope
from rules.playbook import Dimension, Level, Scorecard
from rules.yaml_nodes import MappingNode, Node, ScalarNode

READS = {"ideal_client": frozenset[str](), "qualification": frozenset({"ideal_client"})}
"""The other cards a card's levels may read."""


def parse_scorecard(root: Node, card: str, parsing: Parsing) -> Scorecard | None:
    """Read one of the two scorecards."""
    node = mapping(root, card)
    if node is None:
        return None
    dimensions = tuple(_dimension(each, card, parsing) for each in mappings(node, "dimensions"))
    return Scorecard(card, text(node, "title", card), dimensions, _bands(node, parsing))


def _dimension(node: MappingNode, card: str, parsing: Parsing) -> Dimension:
    name = text(node, "id")
    scope = Scope(f"dimension `{name}`", scores=READS[card])
    levels = tuple(_level(each, scope, parsing) for each in mappings(node, "levels"))
    title = text(node, "title", name.replace("-", " ").replace("_", " ").capitalize())
    return Dimension(name, title, levels, number(node, "weight", 1))


def _level(node: MappingNode, scope: Scope, parsing: Parsing) -> Level:
    return Level(number(node, "points"), condition_under(node, "when", scope, parsing), text(node, "says"))


def _bands(node: MappingNode, parsing: Parsing) -> tuple[tuple[str, int], ...]:
    """Read the bands, best first; two may not begin at the same percent."""
    bands = child(node, "bands")
    least: dict[str, int] = {}
    for name, value in entries(bands):
        percent = number(bands, name.text)
        if percent in least.values() and isinstance(value, ScalarNode):
            message = f"the band `{name.text}` begins at {percent} percent, as another one does"
            parsing.add(value.place, "same-band", message, "give each band a least percent of its own")
        least[name.text] = percent
    return tuple(sorted(least.items(), key=lambda band: -band[1]))
