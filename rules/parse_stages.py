"""Reads the stages of the buyer's journey, the outcomes a deal may come to, and what unusual moves are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules.node_reading import entries, items, mapping, mappings, scalar, text, truth
from rules.parse_criteria import parse_criteria
from rules.parsing import Parsing
from rules.playbook import Content, Enforce, Moves, Outcome, Stage
from rules.yaml_nodes import MappingNode, Node, ScalarNode

ALWAYS = ("won", "lost")
"""The outcomes every playbook has."""


def parse_stages(root: Node, enforce: Enforce, parsing: Parsing) -> tuple[Stage, ...]:
    """Read the stages in their order."""
    return tuple(_stage(node, enforce, parsing) for node in mappings(root, "stages"))


def parse_outcomes(root: Node, enforce: Enforce, parsing: Parsing) -> tuple[Outcome, ...]:
    """Read the outcomes; won and lost are there even where nothing is said of them."""
    declared = tuple(_outcome(name, node, enforce, parsing) for name, node in entries(root, "outcomes"))
    named = {outcome.id for outcome in declared}
    return (*declared, *(Outcome(each, each) for each in ALWAYS if each not in named))


def parse_moves(root: Node) -> Moves:
    """Read what skipping a stage and going back are worth."""
    moves = mapping(root, "moves")
    skip, back = (text(moves, key) for key in ("skip", "back"))
    return Moves(Enforce(skip) if skip in set(Enforce) else None, Enforce(back) if back in set(Enforce) else None)


def crm_names(node: Node | None) -> Mapping[str, str]:
    """Read what each CRM calls something."""
    named = mapping(node, "crm")
    return {key.text: text(named, key.text) for key, _ in entries(named)}


def check_stage(name: ScalarNode | None, parsing: Parsing) -> str:
    """Take the id of a stage, noting one that is not there."""
    if name is not None and name.text not in parsing.catalogue.stages:
        parsing.unknown(name.place, "stage", name.text, parsing.catalogue.stages)
    return "" if name is None else name.text


def check_crm_names(root: Node, parsing: Parsing) -> None:
    """See that no CRM calls two stages or outcomes the same: a deal's place would be anyone's guess."""
    places = list(_places_of_a_deal(root))
    crms = dict.fromkeys(key.text for _, node in places for key, _ in entries(node, "crm"))
    seen: dict[tuple[str, str], str] = {}
    for name, node in places:
        for crm in crms:
            word = text(mapping(node, "crm"), crm) or name
            other = seen.setdefault((crm, word), name)
            if other != name:
                message = f"`{name}` and `{other}` are both called `{word}` in {crm}"
                help_text = (
                    "a CRM's name can stand for one stage or outcome only, and the id stands where none is given"
                )
                parsing.add(node.place, "same-name", message, help_text)


def _places_of_a_deal(root: Node) -> Iterator[tuple[str, Node]]:
    yield from ((text(stage, "id"), stage) for stage in mappings(root, "stages"))
    yield from ((name.text, outcome) for name, outcome in entries(root, "outcomes"))


def _stage(node: MappingNode, enforce: Enforce, parsing: Parsing) -> Stage:
    return Stage(
        id=text(node, "id"),
        title=text(node, "title"),
        crm=crm_names(node),
        optional=truth(node, "optional"),
        buyer_journey=text(node, "buyer_journey"),
        objectives=_lines(node, "objectives"),
        buyer_tasks=_lines(node, "buyer_tasks"),
        seller_tasks=_lines(node, "seller_tasks"),
        content=tuple(Content(text(each, "title"), text(each, "url")) for each in mappings(node, "content")),
        entry_criteria=parse_criteria(node, "entry_criteria", "entry criterion", enforce, parsing),
        exit_criteria=parse_criteria(node, "exit_criteria", "exit criterion", enforce, parsing),
    )


def _lines(node: MappingNode, key: str) -> tuple[str, ...]:
    return tuple(item.text.strip() for item in items(node, key) if isinstance(item, ScalarNode))


def _outcome(name: ScalarNode, node: Node, enforce: Enforce, parsing: Parsing) -> Outcome:
    counts_as = text(node, "counts_as", name.text if name.text in ALWAYS else "")
    if name.text in ALWAYS and counts_as != name.text:
        message = f"the outcome `{name.text}` cannot count as `{counts_as}`"
        parsing.add(name.place, "wrong-outcome", message, "leave `counts_as` out, or give the outcome another id")
    if not counts_as:
        message = f"outcome `{name.text}` has no `counts_as`"
        parsing.add(name.place, "missing-key", message, "`counts_as`: won, lost or none")
    return Outcome(
        id=name.text,
        counts_as=counts_as,
        crm=crm_names(node),
        from_stage=check_stage(scalar(node, "from"), parsing),
        criteria=parse_criteria(node, "criteria", "outcome criterion", enforce, parsing),
    )
