"""Reads criteria: what must be true, when it applies, of whom it is asked, how strictly, and what clears it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.condition import MET, AllOf, Condition, Literal
from rules.durations import parse_duration
from rules.literals import NotAValueError
from rules.node_reading import child, mapping, mappings, scalar, scalars, text
from rules.parse_condition import parse_condition
from rules.parse_confirmation import parse_confirmation
from rules.parse_value import COUNT, parse_value
from rules.parsing import Parsing, Scope
from rules.playbook import Criterion, Enforce, ForEach, TaskSpec
from rules.types import Duration
from rules.yaml_nodes import MappingNode, Node, ScalarNode

NAMES_IN_TEXTS = ("deal.name", "account.name", "person.name")
BRACES = re.compile(r"\{([^{}]*)\}")
ASSIGNEES = ("owner", "owner.manager")


def parse_criteria(
    parent: Node | None, key: str, what: str, enforce: Enforce, parsing: Parsing
) -> tuple[Criterion, ...]:
    """Read the criteria under a key; `what` names one of them, such as `exit criterion`."""
    return tuple(_criterion(node, what, enforce, parsing) for node in mappings(parent, key))


def parse_enforce(node: Node | None, default: Enforce, key: str = "enforce") -> Enforce:
    """Read a strictness, or take over the one from above."""
    written = text(node, key)
    return Enforce(written) if written in set(Enforce) else default


def parse_task(node: Node | None, parsing: Parsing, *, of_person: bool = False) -> TaskSpec | None:
    """Read the task under a mapping's `task`."""
    task = mapping(node, "task")
    if task is None:
        return None
    check_names(task, ("title",), parsing, of_person=of_person)
    assignee = text(task, "for", "owner")
    due = parse_plain_duration(scalar(task, "due"), parsing, zero=True)
    return TaskSpec(text(task, "title"), due, assignee if assignee in ASSIGNEES else "owner")


def parse_plain_duration(node: ScalarNode | None, parsing: Parsing, *, zero: bool = False) -> Duration | None:
    """Read a duration that is the same for every segment."""
    try:
        return None if node is None else parse_duration(node.text, zero=zero)
    except NotAValueError as why:
        parsing.refuse(node.place, "wrong-duration", why) if node is not None else None
        return None


def check_names(node: Node, keys: tuple[str, ...], parsing: Parsing, *, of_person: bool = False) -> None:
    """Check the names in braces that texts may carry, such as `{deal.name}`."""
    known = [name for name in NAMES_IN_TEXTS if of_person or name != "person.name"]
    for written in (each for key in keys if (each := scalar(node, key)) is not None):
        for name in BRACES.findall(written.text):
            if name not in known:
                parsing.unknown(written.place, "name", f"{{{name}}}", [f"{{{each}}}" for each in known])


def _criterion(node: MappingNode, what: str, enforce: Enforce, parsing: Parsing) -> Criterion:
    name = text(node, "id")
    scope = Scope(f"{what} `{name}`")
    for_each = _for_each(node, scope, parsing)
    _only_on_leaving(node, what, parsing)
    check_names(node, ("says", "coach", "do"), parsing, of_person=for_each is not None)
    return Criterion(
        id=name,
        says=text(node, "says"),
        require=_require(node, scope if for_each is None else scope.over("contacts"), parsing),
        enforce=parse_enforce(node, enforce),
        when=condition_under(node, "when", scope, parsing),
        for_each=for_each,
        until_left=text(node, "judged") == "until_left",
        task=parse_task(node, parsing, of_person=for_each is not None),
        coach=text(node, "coach"),
        do=text(node, "do"),
    )


def condition_under(node: Node, key: str, scope: Scope, parsing: Parsing) -> Condition:
    """Read the condition under a key; where none is written, it is always met."""
    written = child(node, key)
    return MET if written is None else parse_condition(written, scope, parsing)


def _require(node: MappingNode, scope: Scope, parsing: Parsing) -> Condition:
    """Read what is required, with the confirmation it asks for."""
    required = condition_under(node, "require", scope, parsing)
    confirmation = mapping(node, "confirmed_by")
    if confirmation is None:
        return required
    if not scope.related:
        message = f"{scope.subject} is asked for each person, and `confirmed_by` is about the deal"
        parsing.add(node.place_of("confirmed_by"), "not-here", message, "ask it by a criterion of its own")
        return required
    confirmed = parse_confirmation(confirmation, required, scope, parsing)
    return required if confirmed is None else AllOf((required, confirmed))


def _for_each(node: MappingNode, scope: Scope, parsing: Parsing) -> ForEach | None:
    written = mapping(node, "for_each")
    if written is None:
        return None
    at_least = child(written, "at_least")
    least = None if at_least is None else parse_value(at_least, COUNT, scope, parsing)
    return ForEach(tuple(roles_under(written, parsing)), least or Literal(1))


def roles_under(node: Node, parsing: Parsing) -> Iterator[str]:
    """Yield the roles a mapping names, noting those that are not declared."""
    for role in scalars(child(node, "role")):
        if role.text not in parsing.catalogue.roles:
            parsing.unknown(role.place, "role", role.text, parsing.catalogue.roles)
        yield role.text


def _only_on_leaving(node: MappingNode, what: str, parsing: Parsing) -> None:
    judged = scalar(node, "judged")
    if judged is not None and what != "exit criterion":
        message = (
            f"`judged` says nothing about a criterion that is not a stage's exit criterion, as `{text(node, 'id')}`"
        )
        parsing.add(node.place_of("judged"), "not-here", message, "leave it out")
