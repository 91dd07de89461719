"""What of a playbook only DuckDB can judge: patterns that say what not every database reads alike."""

from __future__ import annotations

from collections.abc import Iterator

from rules.condition import Compare, Literal, Operator, PerSegment, Value, walk
from rules.lint_source import Asked, all_conditions, source_of
from rules.patterns import OutsideError, read
from rules.playbook import Playbook
from rules.problems import Place, Problem
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode


def unportable_patterns(playbook: Playbook, file: str) -> tuple[Problem, ...]:
    """Name the patterns that other databases do not read as RE2 does, each where it stands in the playbook's text."""
    source = source_of(playbook, file)
    places = dict(_texts(source.root)) if source is not None else {}
    return tuple(
        sorted(
            {
                _problem(asked, pattern, error, places.get(pattern, Place(file)))
                for asked, pattern, error in _outside(playbook)
            }
        )
    )


def _outside(playbook: Playbook) -> Iterator[tuple[Asked, str, OutsideError]]:
    for asked in all_conditions(playbook):
        for node in walk(asked.condition):
            if isinstance(node, Compare) and node.operator is Operator.MATCHES:
                for pattern in _patterns(node.value):
                    try:
                        read(pattern)
                    except OutsideError as error:
                        yield asked, pattern, error


def _patterns(value: Value) -> Iterator[str]:
    match value:
        case Literal(str() as pattern):
            yield pattern
        case PerSegment(cases, otherwise):
            for _, case in cases:
                yield from _patterns(case)
            if otherwise is not None:
                yield from _patterns(otherwise)
        case _:
            pass


def _problem(asked: Asked, pattern: str, error: OutsideError, place: Place) -> Problem:
    message = f"{asked.words} matches `{pattern}`, which only DuckDB judges: {error}"
    return Problem(place, "unportable-pattern", message, error.help)


def _texts(node: Node) -> Iterator[tuple[str, Place]]:
    """Yield every text of a playbook with its place."""
    match node:
        case ScalarNode(place, text):
            yield text, place
        case ListNode(items=items):
            for item in items:
                yield from _texts(item)
        case MappingNode(entries=entries):
            for _, value in entries:
                yield from _texts(value)
