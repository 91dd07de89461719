"""Conditions as comparisons of facts, operator by operator; what cannot be carried is refused, never approximated.

The other translation of conditions stands in `rules.table`; neither knows the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
    Reference,
    Related,
    Scalar,
    Score,
    Value,
)
from rules.placeholders import PLACEHOLDERS
from rules.playbook import Playbook
from rules.ruleset_comparisons import (
    UNKNOWN,
    Comparison,
    Fact,
    Form,
    NotCarriedError,
    Relation,
    Segment,
    Tree,
    all_of,
    any_of,
    opposite,
)
from rules.ruleset_counts import related_comparisons
from rules.ruleset_numbers import number_comparisons
from rules.ruleset_patterns import MOST_WORDS, EndlessPatternError, words_of
from rules.ruleset_times import TIMES, ordered_times
from rules.ruleset_values import folded, short_text
from rules.types import FieldType

TEMPORAL = {FieldType.DATE, FieldType.TIME}
NUMERIC = {FieldType.NUMBER, FieldType.MONEY}
NEGATIVE = {Operator.NOT, Operator.NONE_OF, Operator.AVOIDS}
CHANGES = {Operator.CHANGED_WITHIN, Operator.CHANGED_SINCE}
VOCABULARY = {("contacts", "role"), ("deals", "stage"), ("stage_changes", "from_stage"), ("stage_changes", "to_stage")}


@dataclass(frozen=True)
class Translator:
    """Writes a playbook's conditions for one CRM; `tracked` are the deal fields with a history (None: all)."""

    playbook: Playbook
    crm: str
    tracked: frozenset[str] | None = None

    def comparisons(self, condition: Condition) -> Tree:
        """Write a condition as comparisons; raises NotCarriedError where it cannot be carried."""
        match condition:
            case AllOf(parts):
                return all_of(*map(self.comparisons, parts))
            case AnyOf(parts):
                return any_of(*map(self.comparisons, parts))
            case Not(part):
                return opposite(self.comparisons(part))
            case Related():
                return related_comparisons(condition, self.by_segment)
            case LastChangedBy(fields, team):
                known = all(self.is_tracked(each) for each in fields)
                return Comparison(Fact(Form.TEXT, condition), Relation.EQUAL, short_text(team)) if known else UNKNOWN
            case Compare():
                return self.by_segment(condition.value, lambda value: self._compare(condition, value))

    def by_segment(self, value: Value, make: Callable[[Value], Tree]) -> Tree:
        """Write what is made of a value, for each segment of its own; unknown where a segment has none."""
        if not isinstance(value, PerSegment):
            return make(value)
        segment = Fact(Form.TEXT, Segment())
        cases = [
            all_of(Comparison(segment, Relation.EQUAL, name), self.by_segment(case, make)) for name, case in value.cases
        ]
        others = [Comparison(segment, Relation.UNEQUAL, name) for name, _ in value.cases]
        rest = UNKNOWN if value.otherwise is None else self.by_segment(value.otherwise, make)
        return any_of(*cases, all_of(*others, rest))

    def is_tracked(self, reference: Reference) -> bool:
        """Say whether the CRM tells when a deal field changed."""
        return reference.name == "stage" or self.tracked is None or reference.name in self.tracked

    def _compare(self, leaf: Compare, value: Value) -> Tree:
        subject, operator = leaf.subject, leaf.operator
        if isinstance(subject, Score):
            return number_comparisons(subject, operator, value)
        if operator in TEXTUAL:
            return TEXTUAL[operator](subject, value)
        if operator is Operator.FROM_STAGE:
            return _one_of(subject, [word for item in scalars(value) for word in self._stages_from(str(item))])
        if operator in TIMES or subject.type in TEMPORAL:
            return self._times(subject, operator, value)
        if subject.type in NUMERIC:
            return number_comparisons(subject, operator, value)
        return self._words(subject, operator, value)

    def _times(self, subject: Reference, operator: Operator, value: Value) -> Tree:
        calendar = self.playbook.calendar
        if operator not in TIMES:
            return ordered_times(subject, operator, value, calendar)
        told = operator not in CHANGES or self.is_tracked(subject)
        return TIMES[operator](subject, value, calendar) if told else UNKNOWN

    def _words(self, subject: Reference, operator: Operator, value: Value) -> Tree:
        """Write comparisons of yes or no, choices and texts, which know no order."""
        match subject.type:
            case FieldType.YES_NO:
                found = _yes_no(subject, value)
            case FieldType.CHOICES:
                held = [
                    Comparison(Fact(Form.ITEMS, subject), Relation.HOLDS, short_text(str(each)))
                    for each in scalars(value)
                ]
                found = all_of(*held) if operator is Operator.INCLUDES_ALL else any_of(*held)
            case _ if isinstance(value, Literal):
                found = _one_of(
                    subject, [word for each in scalars(value) for word in self._crm_words(subject, str(each))]
                )
            case _:
                found = Comparison(Fact(Form.TEXT, subject), Relation.EQUAL, Fact(Form.TEXT, value))
        return opposite(found) if operator in NEGATIVE else found

    def _crm_words(self, subject: Reference, word: str) -> Sequence[str]:
        """Give what the CRM calls a role or stage that the playbook names by its id."""
        if (subject.table, subject.name) not in VOCABULARY:
            return [word]
        if subject.name == "role":
            return next(
                (each.names.get(self.crm, (each.id,)) for each in self.playbook.roles if each.id == word), (word,)
            )
        stages = [each.crm.get(self.crm, each.id) for each in self.playbook.stages if each.id == word]
        ends = [each.crm.get(self.crm, each.id) for each in self.playbook.outcomes if each.id == word]
        return [*stages, *ends] or [word]

    def _stages_from(self, stage: str) -> Sequence[str]:
        ids = [each.id for each in self.playbook.stages]
        return [each.crm.get(self.crm, each.id) for each in self.playbook.stages[ids.index(stage) :]]


def scalars(value: Value) -> tuple[Scalar, ...]:
    """List what is written as a right-hand side: one value, or several."""
    if not isinstance(value, Literal):
        return ()
    listed = value.value if isinstance(value.value, tuple) else (value.value,)
    return tuple(each for each in listed if isinstance(each, Scalar))


def _one_of(subject: Reference, words: Sequence[str]) -> Tree:
    return any_of(*(Comparison(Fact(Form.TEXT, subject), Relation.EQUAL, short_text(word)) for word in words))


def _yes_no(subject: Reference, value: Value) -> Tree:
    held = Fact(Form.YES_NO, subject, otherwise=0)
    if not isinstance(value, Literal):
        return Comparison(held, Relation.EQUAL, Fact(Form.YES_NO, value, otherwise=0))
    return any_of(*(Comparison(held, Relation.EQUAL, int(bool(each))) for each in scalars(value)))


def _wanted(tree: Tree, value: Value) -> Tree:
    return tree if value == Literal(value=True) else opposite(tree)


def _present(subject: Reference, value: Value) -> Tree:
    return _wanted(Comparison(Fact(Form.PRESENT, subject), Relation.EQUAL, 1), value)


def _copied(subject: Reference, value: Value) -> Tree:
    own, first, last = (Fact(Form.SHARED, subject, which) for which in ("own", "first", "last"))
    elsewhere = any_of(*(Comparison(each, Relation.UNEQUAL, own) for each in (first, last)))
    return _wanted(all_of(Comparison(Fact(Form.SHARED, subject, "open"), Relation.EQUAL, 1), elsewhere), value)


def _placeholder(subject: Reference, value: Value) -> Tree:
    plain = Fact(Form.PLAIN, subject)
    listed = [Comparison(plain, Relation.EQUAL, each) for each in sorted(PLACEHOLDERS)]
    no_letter = Comparison(Fact(Form.LETTERS, subject), Relation.EQUAL, 0)
    one_sign = Comparison(Fact(Form.SIGNS, subject), Relation.EQUAL, 1)
    return _wanted(any_of(*listed, no_letter, one_sign), value)


def _contains(subject: Reference, value: Value) -> Tree:
    phrases = [folded(str(each)) for each in scalars(value)]
    return any_of(*(Comparison(Fact(Form.WINDOWS, subject, len(each)), Relation.HOLDS, each) for each in phrases))


def _matches(subject: Reference, value: Value) -> Tree:
    (pattern,) = scalars(value)
    try:
        words = words_of(str(pattern))
    except EndlessPatternError:
        why = f"`matches: {pattern}`, which stands for more than {MOST_WORDS} words"
        raise NotCarriedError(why) from None
    form = Form.FOLDED_PIECES if words.folded else Form.PIECES
    return any_of(*(Comparison(Fact(form, subject, len(each)), Relation.HOLDS, each) for each in words.words))


def _counted(form: Form, operator: Operator) -> Callable[[Reference, Value], Tree]:
    return lambda subject, value: number_comparisons(subject, operator, value, form)


TEXTUAL: Mapping[Operator, Callable[[Reference, Value], Tree]] = {
    Operator.PRESENT: _present,
    Operator.COPIED: _copied,
    Operator.PLACEHOLDER: _placeholder,
    Operator.CONTAINS: _contains,
    Operator.AVOIDS: lambda subject, value: opposite(_contains(subject, value)),
    Operator.MATCHES: _matches,
    Operator.MIN_WORDS: _counted(Form.WORDS, Operator.AT_LEAST),
    Operator.MAX_CHARS: _counted(Form.CHARACTERS, Operator.AT_MOST),
}
