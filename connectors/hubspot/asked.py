"""What playbooks ask about beyond columns: whose changes, proposals, and the words they compare with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.judge.query.scope import changes_read
from engine.judge.query.wanted import every_condition
from rules.condition import Compare, Condition, LastChangedBy, Literal, PerSegment, Related, Value, walk
from rules.playbook import CloseDateClock, Playbook, ProgressClock, ProposalClock
from rules.types import STANDARD_TABLES, FieldType


@dataclass(frozen=True)
class Asked:
    """`changes` are the deal columns whose changes are asked about, `movers` whether it is asked who moved deals.

    `words` are the texts that anything is compared with, and the roles people are asked in.
    """

    changes: frozenset[str]
    movers: bool
    proposals: bool
    words: frozenset[str]


def asked_by(playbooks: Sequence[Playbook]) -> Asked:
    """Collect what some playbooks ask about."""
    changed = {name for playbook in playbooks for name in _changes(playbook)}
    return Asked(
        changes=frozenset(changed - {"stage"}),
        movers=any(_asks_movers(playbook) for playbook in playbooks),
        proposals=any(_asks_proposals(playbook) for playbook in playbooks),
        words=frozenset(word for playbook in playbooks for word in _words(playbook)),
    )


def _changes(playbook: Playbook) -> Iterator[str]:
    """Name the deal columns whose changes a playbook asks about; a time tells of its own."""
    for node in _nodes(playbook):
        yield from (each.name for each in changes_read(node) if each.table == "deals")
        if isinstance(node, LastChangedBy):
            yield from (each.name for each in node.fields if each.table == "deals")
    times = {name for name, kind in STANDARD_TABLES["deals"].items() if kind is FieldType.TIME}
    times |= {each.id for each in playbook.fields if each.table == "deals" and each.type is FieldType.TIME}
    for clock in playbook.clocks:
        if isinstance(clock, CloseDateClock):
            yield "close_date"
        if isinstance(clock, ProgressClock):
            yield from (name for name in clock.since_last if name not in times)


def _asks_movers(playbook: Playbook) -> bool:
    return any(isinstance(node, LastChangedBy) and _reads_stage(node) for node in _nodes(playbook))


def _reads_stage(node: LastChangedBy) -> bool:
    return any(each.table == "deals" and each.name == "stage" for each in node.fields)


def _asks_proposals(playbook: Playbook) -> bool:
    asked = any(isinstance(node, Related) and node.table == "proposals" for node in _nodes(playbook))
    return asked or any(isinstance(clock, ProposalClock) for clock in playbook.clocks)


def _words(playbook: Playbook) -> Iterator[str]:
    for node in _nodes(playbook):
        if isinstance(node, Compare):
            yield from _texts(node.value)
    for role in playbook.roles:
        yield from role.names.get("hubspot", (role.id,))


def _texts(value: Value | None) -> Iterator[str]:
    match value:
        case Literal(str(text)):
            yield text
        case Literal(tuple(several)):
            yield from (each for each in several if isinstance(each, str))
        case PerSegment(cases, otherwise):
            for each in (*(case for _, case in cases), otherwise):
                yield from _texts(each)
        case _:
            pass


def _nodes(playbook: Playbook) -> Iterator[Condition]:
    for condition in every_condition(playbook):
        yield from walk(condition)
