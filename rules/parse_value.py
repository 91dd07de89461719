"""Reads right-hand sides: a value, one per segment, another field or a moment, typed by what they compare with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from rules.condition import FieldValue, Literal, Moment, PerSegment, Reference, Scalar, Score, Value
from rules.durations import parse_duration
from rules.literals import (
    NotAValueError,
    read_count,
    read_date,
    read_number,
    read_percent,
    read_text,
    read_time,
    read_yes_no,
)
from rules.node_reading import text
from rules.operators import NUMERIC, TEMPORAL, WORDY
from rules.parsing import Parsing, Scope
from rules.schema_problems import quote
from rules.types import Duration, FieldType, Unit
from rules.yaml_nodes import ListNode, MappingNode, Node, ScalarNode

MOMENT = re.compile(r"(?P<base>now|today)(?:\s*(?P<sign>[-+])\s*(?P<plus>\S.*))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: how one value is read, which fields may stand for it, and whether segments may differ."""

    read: Callable[[ScalarNode, Parsing], Scalar | Duration]
    code: str = "wrong-value"
    fields: frozenset[FieldType] = frozenset()
    moments: bool = False
    bare_fields: bool = False
    segments: bool = True


def parse_value(node: Node, wanted: Wanted, scope: Scope, parsing: Parsing) -> Value | None:
    """Read a right-hand side; None where it has a problem, which is noted."""
    try:
        match node:
            case ScalarNode():
                return _one(node, wanted, scope, parsing)
            case MappingNode() if "field" in node.keys or "plus" in node.keys:
                return _other_field(node, wanted, scope, parsing)
            case MappingNode():
                return _per_segment(node, wanted, scope, parsing)
            case ListNode():
                parsing.add(node.place, wanted.code, "a list stands where one value is asked for")
    except NotAValueError as why:
        parsing.refuse(node.place, wanted.code, why)
    return None


def parse_scalars(node: Node, wanted: Wanted, scope: Scope, parsing: Parsing) -> tuple[Scalar, ...]:
    """Read one value or a list of them; those with a problem are noted and left out."""
    values: list[Scalar] = []
    for item in node.items if isinstance(node, ListNode) else (node,):
        value = parse_value(item, replace(wanted, fields=frozenset(), moments=False, segments=False), scope, parsing)
        if isinstance(value, Literal) and not isinstance(value.value, Duration | tuple):
            values.append(value.value)
    if isinstance(node, ListNode) and not node.items:
        parsing.add(node.place, "empty-list", "the list is empty, so nothing can be one of it")
    return tuple(values)


def wanted_by(subject: Reference | Score) -> Wanted:
    """Say what may stand on the right of a column or score."""
    if isinstance(subject, Score):
        return PERCENT if subject.percent else POINTS
    if subject.type in TEMPORAL:
        return MOMENT_OR_DATE
    if subject.type in NUMERIC:
        return NUMBER
    if subject.type is FieldType.YES_NO:
        return YES_NO
    return _vocabulary(subject)


def _vocabulary(subject: Reference) -> Wanted:
    """Ask for a text, and for one of the known words where a column holds no others."""

    def read(node: ScalarNode, parsing: Parsing) -> Scalar:
        word = read_text(node.text)
        known = parsing.catalogue.words_for(subject)
        if known is not None and word not in known[1]:
            what = known[0] if known[0] in {"stage", "role", "flag", "criterion", "field"} else "value"
            message = "" if what != "value" else f"`{subject.name}` is never `{word}`"
            parsing.unknown(node.place, what, word, known[1], message)
        return word

    return Wanted(read, fields=WORDY, segments=False)


def _one(node: ScalarNode, wanted: Wanted, scope: Scope, parsing: Parsing) -> Value:
    if node.is_null:
        raise NotAValueError("nothing stands where a value is asked for", "ask for an empty field by `present: false`")
    if wanted.moments and (moment := _moment(node.text)) is not None:
        return moment
    if wanted.bare_fields and (reference := parsing.catalogue.column(node.text, scope.table)) is not None:
        return FieldValue(_comparable(reference, node, wanted))
    return Literal(wanted.read(node, parsing))


def _moment(written: str) -> Moment | None:
    match = MOMENT.fullmatch(written.strip())
    if match is None:
        return None
    if match["plus"] is None:
        return Moment(match["base"])
    plus = parse_duration(f"{match['sign']}{match['plus']}", signed=True, zero=True)
    if match["base"] == "today" and plus.unit is Unit.HOURS:
        raise NotAValueError("`today` is a date, which hours cannot move", "move it by days, or begin from `now`")
    return Moment(match["base"], plus)


def _other_field(node: MappingNode, wanted: Wanted, scope: Scope, parsing: Parsing) -> Value | None:
    for key, _ in node:
        if key.text not in {"field", "plus"}:
            parsing.unknown(key.place, "key", key.text, ("field", "plus"))
    name = node.get("field")
    if not isinstance(name, ScalarNode) or not wanted.fields:
        where = "name one as `{field: close_date}`" if wanted.fields else ""
        raise NotAValueError(f"{quote(name or node)} stands where {_asked(wanted)} is asked for", where)
    reference = parsing.catalogue.column(name.text, scope.table)
    if reference is None:
        known = list(parsing.catalogue.column_names(scope.table))
        parsing.unknown(
            name.place, "field", name.text, known, f"{scope.subject} reads `{name.text}`, which nothing has"
        )
        return None
    return FieldValue(_comparable(reference, name, wanted), _plus(node, reference))


def _comparable(reference: Reference, node: ScalarNode, wanted: Wanted) -> Reference:
    if reference.type not in wanted.fields:
        raise NotAValueError(f"`{node.text}` is {TYPE_WORDS[reference.type]}, which cannot be compared with this")
    return reference


def _plus(node: MappingNode, reference: Reference) -> Duration | None:
    written = text(node, "plus")
    if not written:
        return None
    if reference.type not in TEMPORAL:
        raise NotAValueError(f"`plus` moves dates and times, and `{reference.name}` is neither")
    plus = parse_duration(written, signed=True, zero=True)
    if reference.type is FieldType.DATE and plus.unit is Unit.HOURS:
        raise NotAValueError(f"`{reference.name}` is a date, which hours cannot move", "move it by days")
    return plus


def _per_segment(node: MappingNode, wanted: Wanted, scope: Scope, parsing: Parsing) -> Value | None:
    if not wanted.segments or not scope.segments:
        raise NotAValueError(
            "a mapping stands where one value is asked for", "values per segment are not possible here"
        )
    cases: dict[str, Value | None] = {}
    for key, value in node:
        if key.text != "otherwise" and key.text not in parsing.catalogue.segments:
            parsing.unknown(key.place, "segment", key.text, (*parsing.catalogue.segments, "otherwise"))
        else:
            cases[key.text] = parse_value(value, replace(wanted, segments=False), scope, parsing)
    if not node.entries:
        raise NotAValueError("nothing stands where a value is asked for")
    if None in cases.values() or len(cases) < len(node.entries):
        return None
    ordered = [(segment, cases[segment]) for segment in parsing.catalogue.segments if segment in cases]
    return PerSegment(tuple((name, case) for name, case in ordered if case is not None), cases.get("otherwise"))


def _asked(wanted: Wanted) -> str:
    return "a field" if wanted.fields else "a plain value"


def _read_temporal(node: ScalarNode, parsing: Parsing) -> date | datetime:
    written = node.text.strip()
    if ":" in written:
        return read_time(written, parsing.catalogue.zone)
    try:
        return read_date(written)
    except NotAValueError as why:
        if not written[:1].isdigit():
            help_text = "write a date, `now`, `today + 2 weeks`, or another field as `{field: close_date}`"
            raise NotAValueError(f"`{written}` is not a moment", help_text) from why
        raise


TYPE_WORDS = {
    FieldType.TEXT: "text",
    FieldType.CHOICE: "a choice",
    FieldType.CHOICES: "a list of choices",
    FieldType.YES_NO: "yes or no",
    FieldType.NUMBER: "a number",
    FieldType.MONEY: "money",
    FieldType.DATE: "a date",
    FieldType.TIME: "a time",
    FieldType.LINK: "a link",
}

NUMBER = Wanted(lambda node, _: read_number(node.text), fields=NUMERIC)
COUNT = Wanted(lambda node, _: read_count(node.text))
POINTS = Wanted(lambda node, _: read_count(node.text))
PERCENT = Wanted(lambda node, _: read_percent(node.text))
YES_NO = Wanted(lambda node, _: read_yes_no(node.text), fields=frozenset({FieldType.YES_NO}), segments=False)
MOMENT_OR_DATE = Wanted(_read_temporal, fields=TEMPORAL, moments=True)
SINCE = replace(MOMENT_OR_DATE, bare_fields=True)
DURATION = Wanted(lambda node, _: parse_duration(node.text), code="wrong-duration")
AGE = Wanted(lambda node, _: parse_duration(node.text, zero=True), code="wrong-duration")
