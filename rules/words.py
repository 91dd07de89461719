"""A condition in plain words: `amount is at least 25,000 USD`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    LastChangedBy,
    Literal,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.names import EVENTS, field_label, field_name
from rules.normal import normal, signed
from rules.playbook import Playbook
from rules.predicates import FORMS, predicate
from rules.row_words import RowPhrase, picked, row_phrase, with_article
from rules.value_words import listed, per_segment, value_words


def requirement(condition: Condition, playbook: Playbook, row: str = "") -> str:
    """Say what a condition asks, as a clause; `row` is the related table whose rows it is about, if any."""
    return _clause(normal(condition), playbook, row)


def how_many(value: Value, playbook: Playbook, template: str = "at least {}") -> str:
    """Say how many are asked for, as `at least 2`, by segment where it differs."""
    if isinstance(value, PerSegment):
        return per_segment(value, lambda case: how_many(case, playbook, template))
    return template.format(value_words(value, None, playbook))


def row_words(phrase: RowPhrase, playbook: Playbook, table: str, *, many: bool = False) -> str:
    """Write a phrase for rows with the clauses that follow it: `quotes for which primary is yes`."""
    return phrase.written(_whose(phrase.left, playbook, table), many=many)


def existence(phrase: RowPhrase, playbook: Playbook, table: str, number: str = "") -> str:
    """Say that rows exist: `there is an economic buyer`, `at least 2 meetings were held`; no `number`: one."""
    be = {True: ("are", "were"), False: ("is", "was")}[bool(number)]
    verb = "" if not phrase.status else be[0] if phrase.status == "planned" else be[1]
    rows = phrase.written(_whose(phrase.left, playbook, table), verb, many=bool(number))
    subject = f"{number} {rows}" if number else with_article(rows)
    return subject if phrase.status else f"there {be[0]} {subject}"


def asked_number(related: Related, playbook: Playbook) -> str:
    """Say how many rows a `count` asks for: `at least 2 and at most 5`."""
    asked = (how_many(value, playbook, _number_form(operator)) for operator, value in related.count)
    return listed(asked, "and")


def happening(condition: Condition, playbook: Playbook, table: str, *, many: bool = False) -> str:
    """Say what happened to a row, where that is all that is asked: `was last active in the last 30 days`, else ""."""
    leaf, positive = signed(condition)
    if not isinstance(leaf, Compare) or not isinstance(leaf.subject, Reference):
        return ""
    if leaf.subject.of_deal or (leaf.subject.table, leaf.subject.name) not in EVENTS:
        return ""
    label = replace(field_label(leaf.subject, playbook, table), plural=many)
    return predicate(leaf, playbook, positive=positive, row=table).of(label)


def _clause(condition: Condition, playbook: Playbook, row: str) -> str:
    match condition:
        case AllOf(parts):
            return _joined(list(_merged(parts, playbook, row)), "and") or "nothing is asked"
        case AnyOf(parts):
            return _joined([_part(part, playbook, row) for part in parts], "or") or "nothing can meet this"
        case Not(Related() as related):
            return f"it is not so that {_related(related, playbook)}"
        case Related():
            return _related(condition, playbook)
        case _:
            leaf, positive = signed(condition)
            return _leaf(leaf, playbook, row, positive=positive)


def _joined(clauses: Sequence[str], word: str) -> str:
    """Join clauses so that no `and` can be read as part of an `or`."""
    if len(clauses) <= 1:
        return "".join(clauses)
    if word == "or":
        plain = [f"({each})" if _has_joint(each) and not each.startswith("(") else each for each in clauses]
        return f"either {' or '.join(plain)}"
    return ", and ".join(clauses) if any(_has_joint(each) for each in clauses) else " and ".join(clauses)


def _has_joint(clause: str) -> bool:
    return any(word in clause for word in (" and ", " or ", ", "))


def _part(part: Condition, playbook: Playbook, row: str) -> str:
    words = _clause(part, playbook, row)
    return f"({words})" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else words


def _merged(parts: Sequence[Condition], playbook: Playbook, row: str) -> Iterator[str]:
    """Say neighbouring leaves about one field in one clause, and neighbouring fields to fill in together."""
    for filled, group in groupby(parts, _is_filled):
        if filled:
            yield _filled([part for part in group if isinstance(part, Compare)], playbook, row)
            continue
        for subject, leaves in groupby(group, _subject):
            several = list(leaves)
            if subject is None or len(several) == 1:
                yield from (_part(part, playbook, row) for part in several)
            else:
                label = field_label(subject, playbook, row)
                said = [_clause(part, playbook, row).removeprefix(f"{label.text} ") for part in several]
                yield f"{label.text} {listed(said, 'and')}"


def _filled(leaves: Sequence[Compare], playbook: Playbook, row: str) -> str:
    if len(leaves) == 1:
        return _leaf(leaves[0], playbook, row, positive=True)
    names = [field_name(leaf.subject, row) for leaf in leaves if isinstance(leaf.subject, Reference)]
    return f"{listed(names, 'and')} are filled in"


def _leaf(leaf: Condition, playbook: Playbook, row: str, *, positive: bool) -> str:
    match leaf:
        case Compare(subject):
            label = field_label(subject, playbook, row)
            return f"{label.text} {predicate(leaf, playbook, positive=positive, row=row).of(label)}"
        case LastChangedBy(fields, team):
            names = listed((field_name(each, row) for each in fields), "and")
            who = f"team {team}" if positive else f"somebody outside team {team}"
            return f"the last change of {names} was made by {who}"
        case _:
            return _clause(leaf, playbook, row)


def _related(related: Related, playbook: Playbook) -> str:
    table = related.table
    if related.quantifier is Quantifier.EVERY:
        return _every(related, playbook)
    phrase = row_phrase(table, picked(related), playbook)
    if related.quantifier is Quantifier.COUNT:
        return f"the number of {row_words(phrase, playbook, table, many=True)} is {asked_number(related, playbook)}"
    alone = related.at_least == Literal(1)
    if related.quantifier is Quantifier.NO and not alone:
        fewer = how_many(related.at_least, playbook, "fewer than {}")
        return f"there are {fewer} {row_words(phrase, playbook, table, many=True)}"
    if related.quantifier is Quantifier.NO:
        return f"there is no {row_words(phrase, playbook, table)}"
    return existence(phrase, playbook, table, "" if alone else how_many(related.at_least, playbook))


def _every(related: Related, playbook: Playbook) -> str:
    table = related.table
    rows = f"every {row_words(row_phrase(table, related.where, playbook), playbook, table)}"
    if related.at_least == Literal(0):
        rows += ", if any"
    elif related.at_least != Literal(1):
        rows += f" (of {how_many(related.at_least, playbook)})"
    said = happening(related.condition, playbook, table)
    return f"{rows} {said}" if said else f"for {rows}: {_clause(related.condition, playbook, table)}"


def _whose(parts: Sequence[Condition], playbook: Playbook, table: str) -> str:
    if not parts:
        return ""
    own = all(isinstance(subject := _subject(part), Reference) and not subject.of_deal for part in parts)
    return f"{'whose' if own else 'for which'} {_clause(AllOf(tuple(parts)), playbook, table)}"


def _number_form(operator: Operator) -> str:
    template = FORMS[operator][0][1]
    return f"not {template}" if operator in {Operator.NOT, Operator.NONE_OF} else template


def _is_filled(part: Condition) -> bool:
    match part:
        case Compare(Reference() as read, Operator.PRESENT, Literal(value)):
            return value is True and (read.table, read.name) not in EVENTS
        case _:
            return False


def _subject(part: Condition) -> Reference | Score | None:
    leaf, _ = signed(part)
    return leaf.subject if isinstance(leaf, Compare) else None
