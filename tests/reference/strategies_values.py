"""Random right-hand sides, as Hypothesis strategies: values, per segment, other fields, moments, lengths of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from rules.condition import (
    FieldValue,
    Literal,
    Moment,
    Operator,
    PerSegment,
    Reference,
    Value,
)
from rules.types import KNOWN_VALUES, Duration, FieldType, Unit
from tests.reference import vocabulary
from tests.reference.vocabulary import Setting

BY_OPERATOR: Mapping[Operator, st.SearchStrategy[Value]] = {
    Operator.CONTAINS: st.lists(st.sampled_from(vocabulary.WORDS), min_size=1, max_size=2).map(tuple).map(Literal),
    Operator.AVOIDS: st.lists(st.sampled_from(vocabulary.WORDS), min_size=1, max_size=2).map(tuple).map(Literal),
    Operator.MATCHES: st.sampled_from(vocabulary.PATTERNS).map(Literal),
    Operator.PLACEHOLDER: st.booleans().map(Literal),
    Operator.COPIED: st.booleans().map(Literal),
    Operator.PRESENT: st.booleans().map(Literal),
    Operator.IN: st.lists(st.sampled_from(vocabulary.PERIODS), min_size=1, max_size=2).map(tuple).map(Literal),
}
RECENT = (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN)


@dataclass(frozen=True)
class Scope:
    """What a condition may read where it stands: deal fields, one related row's, scores, findings and flags."""

    setting: Setting
    row: str = ""
    scores: tuple[str, ...] = ()
    findings: bool = False

    @property
    def deal_columns(self) -> list[Reference]:
        """The deal's own columns."""
        tables = ("deals", "accounts", "owners")
        return [each for table in tables for each in vocabulary.references(table)]

    @property
    def columns(self) -> list[Reference]:
        """All columns in reach; a row's own first."""
        return [*(vocabulary.references(self.row) if self.row else []), *self.deal_columns]


@st.composite
def right_hand_sides(draw: st.DrawFn, subject: Reference, op: Operator, scope: Scope) -> Value:
    """Draw a right-hand side that fits the operator."""
    if op in BY_OPERATOR:
        return draw(BY_OPERATOR[op])
    if op in RECENT:
        return draw(durations(zero=op is Operator.OLDER_THAN))
    if op in {Operator.MIN_WORDS, Operator.MAX_CHARS}:
        return draw(per_segment(st.sampled_from((0, 1, 2, 5, 9)).map(Literal)))
    plain = literals(subject, scope.setting)
    if op is Operator.BETWEEN:
        return draw(st.lists(plain, min_size=2, max_size=2).map(ascending))
    if op in {Operator.ONE_OF, Operator.NONE_OF, Operator.INCLUDES_ANY, Operator.INCLUDES_ALL}:
        return draw(st.lists(plain, min_size=1, max_size=3).map(_together))
    single = single_values(subject, plain, scope)
    segmented = {FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.TIME, FieldType.YES_NO}
    return draw(per_segment(single) if subject.type in segmented else single)


def single_values(subject: Reference, plain: st.SearchStrategy[Literal], scope: Scope) -> st.SearchStrategy[Value]:
    """Draw one value: written out, another field, or a moment."""
    if subject.type in {FieldType.DATE, FieldType.TIME}:
        return st.one_of(plain, plain, moments(), other_fields(subject, scope))
    if (subject.table, subject.name) in KNOWN_VALUES or subject.name in {"stage", "from_stage", "to_stage", "role"}:
        return plain
    return st.one_of(plain, plain, plain, other_fields(subject, scope))


def ascending(both: list[Literal]) -> Literal:
    """Make a range of two literals; a date and a time cannot be one."""
    values: list[Any] = [each.value for each in both]
    if len({isinstance(each, datetime) for each in values}) > 1:
        values = [values[0], values[0]]
    return Literal(tuple(sorted(values)))


def _together(listed: list[Literal]) -> Literal:
    values: list[Any] = [each.value for each in listed]
    return Literal(tuple(values))


def literals(subject: Reference, setting: Setting) -> st.SearchStrategy[Literal]:
    """Draw a value of the type of what is read."""
    if subject.name in {"stage", "from_stage", "to_stage"}:
        return st.sampled_from([*vocabulary.STAGE_NAMES, "won"]).map(Literal)
    if (subject.table, subject.name) == ("contacts", "role"):
        return st.sampled_from([role.id for role in vocabulary.ROLES]).map(Literal)
    if (subject.table, subject.name) in KNOWN_VALUES:
        return st.sampled_from(KNOWN_VALUES[subject.table, subject.name]).map(Literal)
    pools: Mapping[FieldType, Sequence[Any]] = {
        FieldType.TEXT: [text for text in vocabulary.TEXTS if text.strip()],
        FieldType.LINK: [text for text in vocabulary.TEXTS if text.strip()],
        FieldType.CHOICE: vocabulary.CHOICES,
        FieldType.CHOICES: vocabulary.CHOICES,
        FieldType.YES_NO: (True, False),
        FieldType.NUMBER: vocabulary.LIMITS,
        FieldType.MONEY: vocabulary.AMOUNT_LIMITS,
        FieldType.DATE: setting.days,
        FieldType.TIME: [*setting.past, *setting.future, *setting.days],
    }
    return st.sampled_from(pools[subject.type]).map(Literal)


def per_segment(plain: st.SearchStrategy[Any]) -> st.SearchStrategy[Value]:
    """Draw a value, sometimes one per segment, sometimes without `otherwise`."""
    cases = st.lists(
        st.tuples(st.sampled_from(vocabulary.SEGMENTS), plain), min_size=1, max_size=2, unique_by=lambda case: case[0]
    )
    segmented = st.builds(PerSegment, cases.map(tuple), st.one_of(plain, st.none()))
    return st.one_of(plain, plain, plain, segmented)


def durations(*, zero: bool = False) -> st.SearchStrategy[Value]:
    """Draw a length of time, sometimes one per segment; no time at all where `zero` says it may be."""
    return per_segment(st.sampled_from(vocabulary.DURATIONS + (vocabulary.NO_TIME if zero else ())).map(Literal))


def moments() -> st.SearchStrategy[Value]:
    """Draw `now` or `today`, moved or not; dates move by whole days."""
    return st.one_of(
        st.builds(Moment, st.just("now"), st.one_of(st.none(), shifts(hours=True))),
        st.builds(Moment, st.just("today"), st.one_of(st.none(), shifts(hours=False))),
    )


def shifts(*, hours: bool) -> st.SearchStrategy[Duration]:
    """Draw a way to move a moment, forwards or back."""
    lengths = vocabulary.DURATIONS + vocabulary.NO_TIME
    usable = [each for each in lengths if hours or each.unit is not Unit.HOURS]
    return st.builds(
        lambda each, sign: Duration(each.amount * sign, each.unit), st.sampled_from(usable), st.sampled_from((1, -1))
    )


@st.composite
def other_fields(draw: st.DrawFn, subject: Reference, scope: Scope) -> Value:
    """Draw another field of a type that compares with the subject's; dates and times mix."""
    dated = {FieldType.DATE, FieldType.TIME}
    families = (dated, {FieldType.TEXT, FieldType.CHOICE, FieldType.LINK}, {FieldType.NUMBER, FieldType.MONEY})
    kinds = next((family for family in families if subject.type in family), {subject.type})
    other = draw(st.sampled_from([each for each in scope.columns if each.type in kinds]))
    if other.type in dated and draw(st.booleans()):
        return FieldValue(other, draw(shifts(hours=other.type is FieldType.TIME)))
    return FieldValue(other)
