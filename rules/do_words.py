"""What to do so that a condition is met, as an instruction: `fill in next step and next step date`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from rules.instructions import DATED, DATES_TOO, HAPPENING, INSTRUCTIONS
from rules.names import EVENTS, field_name, score_name
from rules.normal import normal, signed
from rules.playbook import Playbook
from rules.predicates import FLAGS, JOINED_BY_AND, TEMPORAL, predicate
from rules.row_words import RowPhrase, picked, row_phrase, with_article
from rules.types import FieldType
from rules.value_words import listed, per_segment, value_words
from rules.words import asked_number, requirement, row_words

IMPLIED = {Operator.PRESENT, Operator.PLACEHOLDER, Operator.COPIED}
"""What another instruction about the same field already brings about."""

OF_THE_PAST = {Operator.OLDER_THAN, Operator.BEFORE, Operator.ON_OR_BEFORE}


def do_words(condition: Condition, playbook: Playbook, row: str = "") -> str:
    """Say what to do so that a condition is met; `row` is the related table whose rows it is about, if any."""
    return _do(normal(condition), playbook, row)


def fill_in(names: Sequence[str]) -> str:
    """Ask for fields to be filled in."""
    return f"fill in {listed(names, 'and')}"


def either(instructions: Iterable[str]) -> str:
    """Offer ways of which one is enough."""
    ways = list(dict.fromkeys(instructions))
    plain = [f"({way})" if " and " in way or " or " in way else way for way in ways]
    return f"either {' or '.join(plain)}" if len(ways) > 1 else "".join(ways)


def together(instructions: Iterable[str]) -> str:
    """Ask for several things."""
    ways = list(dict.fromkeys(instructions))
    return ", and ".join(ways) if any(" and " in way or " or " in way for way in ways) else " and ".join(ways)


def _do(condition: Condition, playbook: Playbook, row: str) -> str:
    match condition:
        case AllOf(parts):
            return together(_all(parts, playbook, row)) or "nothing needs doing"
        case AnyOf(parts):
            return either(_do(part, playbook, row) for part in parts) or "ask for a waiver"
        case Related():
            return _do_related(condition, playbook)
        case Compare() | Not(Compare()):
            return _do_leaf(condition, playbook, row)
        case LastChangedBy(fields, team):
            names = listed((field_name(each, row) for each in fields), "and")
            return f"have somebody of team {team} review {names} and save them"
        case _:
            return _see_to_it(condition, playbook, row)


def _all(parts: Sequence[Condition], playbook: Playbook, row: str) -> list[str]:
    """Instruct for each part once: what is implied by another part about the same field is left out."""
    told: list[str] = []
    for subject, group in groupby(parts, _subject):
        leaves = list(group)
        needed = [part for part in leaves if subject is None or _operator(part) not in IMPLIED]
        told.extend(_of_one_field([_do(part, playbook, row) for part in needed or leaves[-1:]]))
    filled = [words.removeprefix("fill in ") for words in told if words.startswith("fill in ")]
    others = [words for words in told if not words.startswith("fill in ")]
    return ([fill_in(filled)] if filled else []) + others


def _of_one_field(instructions: list[str]) -> list[str]:
    """Set a field once, to all that it must be: `set close date to today or later and a date in this quarter`."""
    verb, to, _ = (*instructions, "")[0].partition(" to ")
    if len(instructions) == 1 or not all(each.startswith(f"{verb}{to}") and to for each in instructions):
        return instructions
    return [f"{verb}{to}{listed((each.removeprefix(f'{verb}{to}') for each in instructions), 'and')}"]


def _do_leaf(condition: Condition, playbook: Playbook, row: str) -> str:
    leaf, positive = signed(condition)
    if not isinstance(leaf, Compare):
        return _see_to_it(condition, playbook, row)
    subject = leaf.subject
    if isinstance(subject, Score):
        name = score_name(subject, playbook)
        return _instruction(leaf, name, playbook, row, positive=positive).replace("bring", "work to bring")
    if (subject.table, subject.name) in EVENTS:
        return _do_event(leaf, subject, playbook, row, positive=positive)
    if subject.table in {"accounts", "owners", "flags"} and leaf.operator is not Operator.PRESENT:
        return f"check that {requirement(condition, playbook, row)}"
    if subject.type is FieldType.YES_NO and isinstance(leaf.value, Literal) and leaf.operator is Operator.EQUALS:
        asked = leaf.value.value is positive
        return f"set {field_name(subject, row)} to {'yes' if asked else 'no'} once it is so"
    return _instruction(leaf, field_name(subject, row), playbook, row, positive=positive)


def _do_event(leaf: Compare, subject: Reference, playbook: Playbook, row: str, *, positive: bool) -> str:
    how = HAPPENING.get((subject.table, subject.name))
    asked = requirement(leaf if positive else Not(leaf), playbook, row)
    if how and positive and leaf.operator not in OF_THE_PAST:
        return how
    if leaf.operator is Operator.PRESENT:
        return f"see that {field_name(subject, row)} is on record"
    if leaf.operator is (Operator.OLDER_THAN if positive else Operator.WITHIN):
        return f"wait until {asked}"
    return f"ask for a waiver, as it can no longer be made so that {asked}"


def _instruction(leaf: Compare, name: str, playbook: Playbook, row: str, *, positive: bool) -> str:
    asked = not positive if leaf.operator in FLAGS and leaf.value == Literal(value=False) else positive
    template = INSTRUCTIONS[leaf.operator][0 if asked else 1]
    if isinstance(leaf.subject, Reference) and leaf.subject.type in TEMPORAL and template in DATES_TOO:
        template = DATED
    word = "and" if leaf.operator in JOINED_BY_AND else "or"
    counts = leaf.operator in {Operator.MIN_WORDS, Operator.MAX_CHARS}

    def write(value: Value) -> str:
        if isinstance(value, PerSegment):
            return per_segment(value, write)
        return value_words(value, None if counts else leaf.subject, playbook, row, word)

    if "{date}" in template:
        return template.format(field=name, date=_date(leaf, playbook, row, positive=positive))
    return template.format(field=name, value=write(leaf.value)).replace(" 1 words", " 1 word")


def _date(leaf: Compare, playbook: Playbook, row: str, *, positive: bool) -> str:
    said = predicate(leaf, playbook, positive=positive, row=row)
    words = said.rest.removeprefix("on ") if said.rest[3:4].isdigit() or said.rest.startswith("today") else said.rest
    plain = words[:1].isdigit() or words.startswith("today")
    if not said.positive:
        return f"a date not {said.rest}"
    return words if plain else f"a date {words}"


def _do_related(related: Related, playbook: Playbook) -> str:
    match related.quantifier:
        case Quantifier.SOME:
            return _do_some(related, playbook)
        case Quantifier.EVERY:
            rows = row_words(row_phrase(related.table, related.where, playbook), playbook, related.table)
            inner = _do(related.condition, playbook, related.table)
            return f"hear from every {rows}" if inner == "hear from the contact" else f"for every {rows}: {inner}"
        case Quantifier.COUNT:
            rows = row_words(row_phrase(related.table, picked(related), playbook), playbook, related.table, many=True)
            return f"bring the number of {rows} to {asked_number(related, playbook)}"
        case Quantifier.NO if related.table == "findings" and related.at_least == Literal(1):
            return f"clear the {row_phrase('findings', picked(related), playbook).written()}"
        case Quantifier.NO if related.table == "tasks" and related.at_least == Literal(1):
            return f"close every {row_words(row_phrase('tasks', picked(related), playbook), playbook, 'tasks')}"
        case _:
            return _see_to_it(related, playbook, "")


def _do_some(related: Related, playbook: Playbook) -> str:
    table = related.table
    phrase = row_phrase(table, picked(related), playbook)
    if table in {"stage_changes", "field_changes", "findings"}:
        return _see_to_it(related, playbook, "")
    if related.at_least != Literal(1):
        return f"{'add contacts' if table == 'contacts' else 'go on'} until {requirement(related, playbook)}"
    if table == "contacts":
        return _do_contact(phrase, playbook)
    coming = tuple(each for each in phrase.after if not each.startswith("in the last"))
    words = with_article(row_words(replace(phrase, status="", after=coming), playbook, table))
    if table == "activities":
        return f"{_activity_verb(phrase)} {words}"
    if table == "proposals":
        return _do_proposal(phrase) or _see_to_it(related, playbook, "")
    return f"add {words}"


def _do_proposal(phrase: RowPhrase) -> str:
    """Tell how one thing asked of a proposal is brought about; "" where more is asked."""
    if phrase.left or len(phrase.after) > 1:
        return ""
    asked = (*phrase.after, "")[0].partition(" ")[0]
    ways = {"": "send a proposal", "sent": "send a proposal", "answered": "get an answer to a proposal"}
    return {**ways, "viewed": "get a proposal viewed"}.get(asked, "")


def _do_contact(phrase: RowPhrase, playbook: Playbook) -> str:
    active = any(each.startswith("last active") for each in phrase.after)
    if active:
        return f"hear from {with_article(row_words(replace(phrase, after=()), playbook, 'contacts'))}"
    if phrase.one == "contact" or phrase.after:
        return f"add {with_article(row_words(phrase, playbook, 'contacts'))}"
    role = row_words(phrase, playbook, "contacts")
    return f"add a contact in role {role}"


def _activity_verb(phrase: RowPhrase) -> str:
    if phrase.status == "planned" or any(each.startswith("in the next") for each in phrase.after):
        return "plan"
    if "inbound" in phrase.before or any(each.startswith("from ") for each in phrase.after):
        return "get"
    if phrase.status == "held":
        return "hold"
    verbs = {"meeting": "hold", "call": "make", "note": "write", "email": "send", "message": "send"}
    return verbs.get(phrase.one, "log" if phrase.one == "activity" else "have")


def _see_to_it(condition: Condition, playbook: Playbook, row: str) -> str:
    return f"see to it that {requirement(condition, playbook, row)}"


def _subject(part: Condition) -> Reference | Score | None:
    leaf, _ = signed(part)
    return leaf.subject if isinstance(leaf, Compare) else None


def _operator(part: Condition) -> Operator | None:
    leaf, _ = signed(part)
    return leaf.operator if isinstance(leaf, Compare) else None
