"""A playbook beside the text it was loaded from, so that advice about it has a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.condition import Condition
from rules.identifiers import finding_ids
from rules.node_reading import entries, mapping, mappings, scalar
from rules.playbook import Criterion, Playbook, ProgressClock
from rules.problems import Place, Problem
from rules.yaml_nodes import Node
from rules.yaml_text import read_yaml


@dataclass(frozen=True)
class Source:
    """A playbook, its node tree, and where its ids stand by what they are the ids of."""

    playbook: Playbook
    root: Node
    places: Mapping[tuple[str, str], Place]

    def advice(self, what: str, name: str, code: str, message: str, help_text: str = "") -> Problem:
        """Say something about the thing of that kind and id, where it stands."""
        return Problem(self.places.get((what, name), self.root.place), code, message, help_text)


@dataclass(frozen=True)
class Asked:
    """A condition of a playbook, with what asks it."""

    what: str
    id: str
    condition: Condition

    @property
    def words(self) -> str:
        """What asks it, as messages name it."""
        return f"{self.what} `{self.id}`" if self.id else f"`{self.what}`"


def source_of(playbook: Playbook, file: str) -> Source | None:
    """Read a playbook's text again for its places; None where it was not made from a text."""
    root, _ = read_yaml(playbook.text, file)
    return None if root is None else Source(playbook, root, dict(_places(root)))


def all_conditions(playbook: Playbook) -> Iterator[Asked]:
    """Yield every condition of a playbook once for each place it stands in."""
    yield Asked("applies_to", "", playbook.applies_to)
    yield from (Asked("segment", segment.id, segment.when) for segment in playbook.segments)
    for card in playbook.scorecards:
        for dimension in card.dimensions:
            yield from (Asked("dimension", f"{card.id}.{dimension.id}", level.when) for level in dimension.levels)
    for criterion in playbook.criteria():
        yield from (Asked("criterion", criterion.id, each) for each in (criterion.when, criterion.require))
    for clock in playbook.clocks:
        if isinstance(clock, ProgressClock):
            yield Asked("clock", clock.id, clock.when)
    for rule in playbook.rules:
        yield from (Asked("rule", rule.id, each) for each in (rule.when, rule.require) if each is not None)


def exit_criteria(playbook: Playbook) -> Iterator[tuple[str, tuple[Criterion, ...]]]:
    """Yield what each stage asks before a deal leaves it, what every stage asks included."""
    for stage in playbook.stages:
        yield stage.id, (*playbook.every_stage, *stage.exit_criteria)


def _places(root: Node) -> Iterator[tuple[tuple[str, str], Place]]:
    yield from (((what, name.text), name.place) for name, what in finding_ids(root))
    for stage in mappings(root, "stages"):
        if (name := scalar(stage, "id")) is not None:
            yield ("stage", name.text), name.place
    for card in ("ideal_client", "qualification"):
        for dimension in mappings(mapping(root, card), "dimensions"):
            if (name := scalar(dimension, "id")) is not None:
                yield ("dimension", f"{card}.{name.text}"), name.place
    for key, _ in entries(root):
        yield (key.text, ""), key.place
        for name, _ in entries(root, key.text):
            yield (key.text.removesuffix("s"), name.text), name.place
