"""Random conditions, as Hypothesis strategies: every operator by type, related rows, moments, values per segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Literal,
    Moment,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.types import KNOWN_VALUES, Duration, FieldType, Unit
from tests.reference import vocabulary
from tests.reference.vocabulary import Setting

ORDER = (Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW, Operator.BETWEEN)
EXACT = (Operator.EQUALS, Operator.NOT, Operator.ONE_OF, Operator.NONE_OF)
WORDY = (*EXACT, Operator.CONTAINS, Operator.AVOIDS, Operator.MATCHES)
DATES = (*EXACT, Operator.BEFORE, Operator.AFTER, Operator.ON_OR_BEFORE, Operator.ON_OR_AFTER, Operator.BETWEEN)
RECENT = (Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN)
OPERATORS: Mapping[FieldType, tuple[Operator, ...]] = {
    FieldType.TEXT: (*WORDY, Operator.MIN_WORDS, Operator.MAX_CHARS, Operator.PLACEHOLDER),
    FieldType.LINK: WORDY,
    FieldType.CHOICE: WORDY,
    FieldType.CHOICES: (Operator.INCLUDES_ANY, Operator.INCLUDES_ALL),
    FieldType.YES_NO: (Operator.EQUALS, Operator.NOT),
    FieldType.NUMBER: (*ORDER, *EXACT),
    FieldType.MONEY: (*ORDER, *EXACT),
    FieldType.DATE: (*DATES, *RECENT, Operator.IN),
    FieldType.TIME: (*DATES, *RECENT, Operator.IN),
}
BY_OPERATOR: Mapping[Operator, st.SearchStrategy[Value]] = {
    Operator.CONTAINS: st.lists(st.sampled_from(vocabulary.WORDS), min_size=1, max_size=2).map(tuple).map(Literal),
    Operator.AVOIDS: st.lists(st.sampled_from(vocabulary.WORDS), min_size=1, max_size=2).map(tuple).map(Literal),
    Operator.MATCHES: st.sampled_from(vocabulary.PATTERNS).map(Literal),
    Operator.PLACEHOLDER: st.booleans().map(Literal),
    Operator.COPIED: st.booleans().map(Literal),
    Operator.PRESENT: st.booleans().map(Literal),
    Operator.IN: st.lists(st.sampled_from(vocabulary.PERIODS), min_size=1, max_size=2).map(tuple).map(Literal),
}


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


def conditions(scope: Scope, depth: int = 2) -> st.SearchStrategy[Condition]:
    """Draw a condition of at most so many levels."""
    leaf = leaves(scope)
    if depth == 0:
        return leaf
    parts = st.lists(conditions(scope, depth - 1), min_size=0 if depth == 1 else 1, max_size=3).map(tuple)
    return st.one_of(leaf, leaf, parts.map(AllOf), parts.map(AnyOf), conditions(scope, depth - 1).map(Not))


@st.composite
def leaves(draw: st.DrawFn, scope: Scope) -> Condition:
    """Draw a leaf, or a condition over related rows."""
    if not scope.row and draw(st.integers(0, 3)) == 0:
        return draw(related(scope))
    if scope.row == "activities" and draw(st.integers(0, 3)) == 0:
        people = Scope(scope.setting, "contacts")
        return Related("with", Quantifier.SOME, draw(conditions(people, 1)))
    if scope.scores and draw(st.integers(0, 4)) == 0:
        return draw(score_leaves(scope))
    if scope.findings and draw(st.integers(0, 4)) == 0:
        flags = st.lists(st.sampled_from(("f1", "f2", "f3")), min_size=1, max_size=2).map(tuple).map(Literal)
        return Compare(Reference("flags", "flags", FieldType.CHOICES), Operator.INCLUDES_ANY, draw(flags))
    if not scope.row and draw(st.integers(0, 7)) == 0:
        return draw(changes())
    own = [each for each in scope.columns if each.table == scope.row]
    near = own if own and draw(st.integers(0, 5)) else scope.columns
    subject: Reference = draw(st.sampled_from(near))
    return draw(comparisons(subject, scope))


@st.composite
def comparisons(draw: st.DrawFn, subject: Reference, scope: Scope) -> Condition:
    """Draw a comparison that fits the type of what it reads."""
    if draw(st.integers(0, 6)) == 0:
        return Compare(subject, Operator.PRESENT, draw(BY_OPERATOR[Operator.PRESENT]))
    if subject.name in {"stage", "from_stage", "to_stage"} and draw(st.integers(0, 2)) == 0:
        return Compare(subject, Operator.FROM_STAGE, draw(st.sampled_from(("first", "second")).map(Literal)))
    if (subject.table, subject.type) == ("deals", FieldType.TEXT) and draw(st.integers(0, 6)) == 0:
        return Compare(subject, Operator.COPIED, draw(BY_OPERATOR[Operator.COPIED]))
    named = subject.name in {"stage", "from_stage", "to_stage", "role"}
    op = draw(st.sampled_from(EXACT if named else OPERATORS[subject.type]))
    return Compare(subject, op, draw(right_hand_sides(subject, op, scope)))


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
        return draw(st.lists(plain, min_size=2, max_size=2).map(_ascending))
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


def _ascending(both: list[Literal]) -> Literal:
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
        FieldType.NUMBER: (*vocabulary.NUMBERS, Decimal("0.5")),
        FieldType.MONEY: (*vocabulary.AMOUNTS, 100),
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


@st.composite
def changes(draw: st.DrawFn) -> Condition:
    """Draw a condition on the changes of deal fields."""
    fields = vocabulary.references("deals")
    if draw(st.integers(0, 3)) == 0:
        watched = [each for each in fields if each.name in {"amount", "close_date", "pain"}]
        who = draw(st.lists(st.sampled_from(watched), min_size=1, max_size=2, unique=True))
        return LastChangedBy(tuple(who), draw(st.sampled_from(vocabulary.TEAMS)))
    watched = [each for each in fields if each.name in {"amount", "close_date", "pain", "stage", "budget_confirmed"}]
    subject: Reference = draw(st.sampled_from(watched))
    if draw(st.booleans()):
        return Compare(subject, Operator.CHANGED_WITHIN, draw(durations()))
    since = st.one_of(
        moments(), st.sampled_from([each for each in fields if each.type is FieldType.TIME]).map(FieldValue)
    )
    return Compare(subject, Operator.CHANGED_SINCE, draw(since))


@st.composite
def score_leaves(draw: st.DrawFn, scope: Scope) -> Condition:
    """Draw a comparison of a score, in points or percent."""
    card, dimension = draw(st.sampled_from(scope.scores)), draw(st.sampled_from(("", *vocabulary.DIMENSIONS[:1])))
    percent = draw(st.booleans())
    op = draw(st.sampled_from((*ORDER, Operator.EQUALS, Operator.NOT)))
    value = st.sampled_from((0, 25, 50, 75, 100) if percent else (0, 1, 2, 4)).map(Literal)
    if op is Operator.BETWEEN:
        return Compare(
            Score(card, dimension, percent), op, draw(st.lists(value, min_size=2, max_size=2).map(_ascending))
        )
    return Compare(Score(card, dimension, percent), op, draw(per_segment(value)))


@st.composite
def related(draw: st.DrawFn, scope: Scope) -> Condition:
    """Draw a quantified condition over related rows."""
    if scope.findings and draw(st.booleans()):
        return draw(over_findings(scope))
    table = draw(st.sampled_from(vocabulary.RELATED))
    inner = Scope(scope.setting, table)
    quantifier = draw(st.sampled_from(list(Quantifier)))
    where = draw(st.one_of(st.just(AllOf(())), conditions(inner, 1)))
    if quantifier is Quantifier.COUNT:
        count = draw(st.lists(counts(), min_size=1, max_size=2, unique_by=lambda each: each[0]))
        return Related(table, quantifier, AllOf(()), where, count=tuple(count))
    least = draw(st.one_of(st.just(Literal(1)), per_segment(st.sampled_from((1, 2, 3)).map(Literal))))
    return Related(table, quantifier, draw(conditions(inner, 1)), where, least)


@st.composite
def counts(draw: st.DrawFn) -> tuple[Operator, Value]:
    """Draw a comparison of a count."""
    op = draw(st.sampled_from((*ORDER, Operator.EQUALS)))
    if op is Operator.BETWEEN:
        return op, Literal(tuple(sorted(draw(st.lists(st.sampled_from(vocabulary.COUNTS), min_size=2, max_size=2)))))
    return op, draw(per_segment(st.sampled_from(vocabulary.COUNTS).map(Literal)))


@st.composite
def over_findings(draw: st.DrawFn, scope: Scope) -> Condition:
    """Draw a condition over what was found on the deal."""
    quantifier = draw(st.sampled_from(list(Quantifier)))
    leaf = st.one_of(of_a_finding(), of_a_finding(), of_a_finding(), conditions(Scope(scope.setting, "findings"), 0))
    parts = st.lists(leaf, min_size=1, max_size=2).map(tuple)
    condition = st.one_of(leaf, leaf.map(Not), parts.map(AllOf), parts.map(AnyOf))
    if quantifier is Quantifier.COUNT:
        return Related("findings", quantifier, AllOf(()), draw(condition), count=(draw(counts()),))
    where = draw(st.one_of(st.just(AllOf(())), condition))
    return Related(
        "findings", quantifier, draw(condition), where, draw(per_segment(st.sampled_from((1, 2)).map(Literal)))
    )


@st.composite
def of_a_finding(draw: st.DrawFn) -> Condition:
    """Draw a comparison of a finding's own columns."""
    values = {
        "kind": ("exit_criterion", "stage_age", "clock", "rule"),
        "criterion": ("c00", "c01", "next_step", "r0"),
        "state": ("unmet", "unknown"),
        "enforce": ("observe", "advise", "soft", "hard"),
        "stage": tuple(vocabulary.STAGE_NAMES),
    }
    name = draw(st.sampled_from(list(values)))
    column = Reference("findings", name, FieldType.CHOICE)
    op = draw(st.sampled_from((*EXACT, Operator.PRESENT)))
    if op is Operator.PRESENT:
        return Compare(column, op, draw(BY_OPERATOR[op]))
    listed = draw(st.lists(st.sampled_from(values[name]), min_size=1, max_size=2))
    return Compare(column, op, Literal(tuple(listed) if op in {Operator.ONE_OF, Operator.NONE_OF} else listed[0]))
