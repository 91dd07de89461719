"""Reads `confirmed_by`: who of the buyer's, or which team of ours, must have confirmed what is required (rule 5)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    LastChangedBy,
    Literal,
    Moment,
    Not,
    Operator,
    Quantifier,
    Reference,
    Related,
    references,
)
from rules.node_reading import child, text, texts
from rules.parse_value import SINCE, parse_value
from rules.parsing import Parsing, Scope
from rules.types import KNOWN_VALUES, STANDARD_TABLES
from rules.yaml_nodes import MappingNode

NOT_HISTORY = ("planned", "missed", "cancelled")


def parse_confirmation(node: MappingNode, required: Condition, scope: Scope, parsing: Parsing) -> Condition | None:
    """Read a confirmation by people of the buyer's, or by a team of ours who changed what is required."""
    if node.get("team") is not None:
        return _by_team(node, required, scope, parsing)
    roles = _known(node, "role", parsing.catalogue.roles, parsing)
    kinds = _known(node, "kind", KNOWN_VALUES["activities", "kind"], parsing)
    since = child(node, "since")
    after = None if since is None else parse_value(since, SINCE, scope, parsing)
    if not roles:
        message = f"{scope.subject} does not say who of the buyer's must confirm it"
        parsing.add(
            node.place, "missing-key", message, "add `role` with one or more roles, or `team` for a team of ours"
        )
        return None
    where = [
        *_of_kind(kinds),
        *([] if after is None else [Compare(_activity("happened_at"), Operator.ON_OR_AFTER, after)]),
    ]
    return Related("activities", Quantifier.SOME, AllOf((_BY_THE_BUYER, _with(roles))), AllOf((*where, *_HAPPENED)))


def _by_team(node: MappingNode, required: Condition, scope: Scope, parsing: Parsing) -> Condition | None:
    for other in ("role", "kind", "since"):
        if node.get(other) is not None:
            message = f"`{other}` says nothing beside `team`"
            parsing.add(
                node.place_of(other), "not-here", message, "ask for people of the buyer's or for a team of ours"
            )
    fields = dict.fromkeys(
        each for each in references(required) if isinstance(each, Reference) and each.table == "deals"
    )
    if not fields:
        message = f"{scope.subject} asks who changed what is required, but requires no field of the deal"
        parsing.add(node.place, "not-here", message, "ask for a field of the deal in `require`")
        return None
    return LastChangedBy(tuple(fields), text(node, "team"))


def _known(node: MappingNode, key: str, known: tuple[str, ...], parsing: Parsing) -> tuple[str, ...]:
    """Take the words under a key; roles that are not declared are noted (kinds the schema has judged)."""
    words = texts(node, key)
    for word in words:
        if key == "role" and word not in known:
            parsing.unknown(node.place_of(key), "role", word, known)
    return words


def _of_kind(kinds: tuple[str, ...]) -> Iterator[Condition]:
    if kinds:
        yield Compare(_activity("kind"), Operator.ONE_OF, Literal(kinds))


def _with(roles: tuple[str, ...]) -> Condition:
    role = Reference("contacts", "role", STANDARD_TABLES["contacts"]["role"])
    return Related("with", Quantifier.SOME, Compare(role, Operator.ONE_OF, Literal(roles)))


def _activity(name: str) -> Reference:
    return Reference("activities", name, STANDARD_TABLES["activities"][name])


_IS_HISTORY = AnyOf(
    (
        Not(Compare(_activity("status"), Operator.PRESENT, Literal(value=True))),
        Compare(_activity("status"), Operator.NONE_OF, Literal(NOT_HISTORY)),
    )
)
_HAPPENED = (Compare(_activity("happened_at"), Operator.ON_OR_BEFORE, Moment("now")), _IS_HISTORY)
_A_MEETING = Compare(_activity("kind"), Operator.EQUALS, Literal("meeting"))
_BY_THE_BUYER = AnyOf((Compare(_activity("direction"), Operator.EQUALS, Literal("inbound")), _A_MEETING))
