"""Why a condition is not met, and what to do about it, in the words of what was seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from engine.judge.failing import Choice, Failing, Leaf, asked_of, failing, is_unknown, residual
from engine.judge.rows_seen_words import rows_words
from engine.judge.seen import Look
from engine.judge.seen_words import CHANGED, WHETHER, blank_words, is_blank, seen_note, subject_words
from rules.condition import Compare, Condition, Related
from rules.do_words import do_words
from rules.playbook import Playbook
from rules.words import requirement

SHOWN = 3
THERE = re.compile("^there (is|are)")


def because(condition: Condition, look: Look, playbook: Playbook, row: str = "") -> str:
    """Say what was seen against what must be, for at most three leaves; "" where the condition is met.

    `row` is the related table whose row the condition is about: `contacts` for one finding per person.
    """
    return _cut([_words(group, playbook, row) for group in _grouped(_without_echoes(failing(condition, look)))])


def because_undecided(condition: Condition, look: Look, playbook: Playbook) -> str:
    """Say what must be known to tell whether a condition, such as a criterion's `when`, holds."""
    unknown = [each for each in failing(condition, look) if is_unknown(each)]
    return _cut([_words(group, playbook, "") for group in _grouped(unknown)])


def do(condition: Condition, look: Look, playbook: Playbook, row: str = "") -> str:
    """Say what to do about what is not yet met, for at most three things; "" where the condition is met."""
    found = failing(condition, look)
    if not found:
        return ""
    rest = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return do_words(residual(found[:SHOWN]), playbook, row) + rest


def do_undecided(condition: Condition, look: Look, playbook: Playbook) -> str:
    """Say what to fill in so that it can be told whether a condition holds."""
    unknown = tuple(each for each in failing(condition, look) if is_unknown(each))
    return do_words(residual(unknown[:SHOWN]), playbook) if unknown else ""


def _without_echoes(found: Sequence[Failing]) -> list[Failing]:
    """Leave out that copies of a text cannot be told where something else already says that it is not filled in."""
    absent = [
        each for each in found if isinstance(each, Leaf) and isinstance(each.node, Compare) and each.seen.value is None
    ]
    told = {_subject(each) for each in absent if not _asks_whether(each)}
    return [each for each in found if not (each in absent and _asks_whether(each) and _subject(each) in told)]


def _subject(leaf: Leaf) -> object:
    return leaf.node.subject if isinstance(leaf.node, Compare) else None


def _asks_whether(each: Failing) -> bool:
    return isinstance(each, Leaf) and isinstance(each.node, Compare) and each.node.operator in WHETHER


def _grouped(found: Sequence[Failing]) -> list[list[Failing]]:
    """Put neighbouring leaves about one subject together."""
    return [list(group) for _, group in groupby(found, _group_key)]


def _group_key(each: Failing) -> object:
    if isinstance(each, Leaf) and is_blank(each):
        return "not filled in"
    if isinstance(each, Leaf) and isinstance(each.node, Compare):
        absent = each.seen.value is None and each.node.operator not in CHANGED | WHETHER
        return (each.node.subject, absent or each.seen.state)
    return id(each)


def _words(group: Sequence[Failing], playbook: Playbook, row: str) -> str:
    first = group[0]
    if isinstance(first, Choice):
        return _neither(first, playbook, row)
    if isinstance(first.node, Related):
        return rows_words(first, first.node, playbook)
    leaves = [each for each in group if isinstance(each, Leaf)]
    return blank_words(leaves, row) if is_blank(first) else subject_words(leaves, playbook, row)


def _neither(choice: Choice, playbook: Playbook, row: str) -> str:
    """Say of each branch what it asks, and in brackets what was seen; where data is missing, which."""
    open_branches = [branch for branch in choice.branches if all(is_unknown(each) for each in branch)]
    if open_branches:
        told = ["; ".join(_words(group, playbook, row) for group in _grouped(branch)) for branch in open_branches]
        return ", or else ".join(told)
    said = [THERE.sub(r"\1 there", _branch(branch, playbook, row)) for branch in choice.branches]
    return f"neither {' nor '.join(said)}"


def _branch(branch: tuple[Failing, ...], playbook: Playbook, row: str) -> str:
    asked = requirement(asked_of(branch), playbook, row)
    notes = [note for each in branch if isinstance(each, Leaf) and (note := seen_note(each, playbook, row))]
    return f"{asked} ({'; '.join(notes)})" if notes else asked


def _cut(told: Sequence[str]) -> str:
    rest = [f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    return "; ".join([*told[:SHOWN], *rest])
