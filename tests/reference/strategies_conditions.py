"""Random conditions, as Hypothesis strategies: every operator by type, related rows, moments, values per segment."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldValue,
    LastChangedBy,
    Literal,
    Not,
    Operator,
    Quantifier,
    Reference,
    Related,
    Score,
    Value,
)
from rules.types import FieldType
from tests.reference import vocabulary
from tests.reference.strategies_values import (
    BY_OPERATOR,
    RECENT,
    Scope,
    ascending,
    durations,
    moments,
    per_segment,
    right_hand_sides,
)

ORDER = (Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW, Operator.BETWEEN)
EXACT = (Operator.EQUALS, Operator.NOT, Operator.ONE_OF, Operator.NONE_OF)
WORDY = (*EXACT, Operator.CONTAINS, Operator.AVOIDS, Operator.MATCHES)
DATES = (*EXACT, Operator.BEFORE, Operator.AFTER, Operator.ON_OR_BEFORE, Operator.ON_OR_AFTER, Operator.BETWEEN)
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
    near = own if own and draw(st.integers(0, 5)) > 0 else scope.columns
    return draw(comparisons(draw(st.sampled_from(near)), scope))


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
            Score(card, dimension, percent), op, draw(st.lists(value, min_size=2, max_size=2).map(ascending))
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
