"""Translates a condition into two formulas: one that is true exactly where it is met, one exactly where it is unmet.

Where neither is true the condition is unknown, as for the engine. A formula never leans on how Salesforce treats blank
values in comparisons: whatever may be blank is asked about first. What cannot be said exactly is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.salesforce.formula.fields import Fields
from connectors.salesforce.formula.literals import CannotTranslateError, literal, moment, text_literal
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
    Reference,
    Related,
    Value,
)
from rules.types import Duration, FieldType, Unit

TRUE, FALSE = "TRUE", "FALSE"


@dataclass(frozen=True, slots=True)
class Translated:
    """Two formulas, of which at most one is true of a deal."""

    met: str
    unmet: str

    def swapped(self) -> Translated:
        """Give the opposite; unknown stays unknown."""
        return Translated(self.unmet, self.met)


def translate(condition: Condition, fields: Fields) -> Translated:
    """Translate a condition; raises CannotTranslateError that names what cannot be said."""
    match condition:
        case AllOf(parts):
            some = [translate(part, fields) for part in parts]
            return Translated(all_of([each.met for each in some]), any_of([each.unmet for each in some]))
        case AnyOf(parts):
            some = [translate(part, fields) for part in parts]
            return Translated(any_of([each.met for each in some]), all_of([each.unmet for each in some]))
        case Not(part):
            return translate(part, fields).swapped()
        case Compare(Reference() as subject, operator, value):
            return _leaf(subject, operator, value, fields)
        case Compare():
            raise CannotTranslateError("it reads a score")
        case Related(table=table):
            raise CannotTranslateError(f"it asks about `{table}`, and a validation rule sees the deal alone")
        case LastChangedBy():
            raise CannotTranslateError("it asks who changed a field")


def all_of(parts: Sequence[str]) -> str:
    """Join formulas that must all be true; of none: true."""
    kept = [each for each in dict.fromkeys(parts) if each != TRUE]
    if FALSE in kept:
        return FALSE
    return _call("AND", kept) if len(kept) > 1 else kept[0] if kept else TRUE


def any_of(parts: Sequence[str]) -> str:
    """Join formulas of which one must be true; of none: false."""
    kept = [each for each in dict.fromkeys(parts) if each != FALSE]
    if TRUE in kept:
        return TRUE
    return _call("OR", kept) if len(kept) > 1 else kept[0] if kept else FALSE


def negated(formula: str) -> str:
    """Give the opposite of a formula that is true or false."""
    return {TRUE: FALSE, FALSE: TRUE}.get(formula) or f"NOT({formula})"


def _leaf(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    if isinstance(value, PerSegment):
        raise CannotTranslateError("its value differs by segment")
    if operator is Operator.PRESENT:
        known = fields.known(subject)
        found = Translated(known, negated(known))
        return found if isinstance(value, Literal) and value.value is True else found.swapped()
    if operator is Operator.FROM_STAGE:
        return _words(subject, fields.stages_from(_text(value)), fields)
    if fields.is_stage(subject):
        return _stage(subject, operator, value, fields)
    maker = MAKERS.get(subject.type)
    if maker is None or operator not in maker.operators:
        raise CannotTranslateError(f"`{operator.value}` of `{subject.name}` has no exact formula")
    return maker.make(subject, operator, value, fields)


def _guarded(test: str, known: Sequence[str]) -> Translated:
    """Make a comparison that is unknown where something it reads is blank."""
    return Translated(all_of([*known, test]), all_of([*known, negated(test)]))


def _texts(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    column, known = fields.text(subject), [fields.known(subject)]
    if isinstance(value, FieldValue):
        other = fields.text(value.reference)
        found = _guarded(f"{column} = {other}", [*known, fields.known(value.reference)])
    else:
        found = _guarded(any_of([f"{column} = {text_literal(each)}" for each in _items(value)]), known)
    return found.swapped() if operator in NEGATIVE else found


def _stage(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    """Compare the stage, whose ids in the playbook stand for names in the CRM."""
    if operator not in WORDS:
        raise CannotTranslateError(f"`{operator.value}` of the stage has no exact formula")
    found = _words(subject, [fields.stage_name(str(each)) for each in _items(value)], fields)
    return found.swapped() if operator in NEGATIVE else found


def _words(subject: Reference, words: Sequence[str], fields: Fields) -> Translated:
    column = fields.text(subject)
    return _guarded(any_of([f"{column} = {text_literal(each)}" for each in words]), [fields.known(subject)])


def _yes_no(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    column = fields.checkbox(subject)
    (wanted,) = _items(value)
    yes = bool(wanted) is (operator is Operator.EQUALS)
    return Translated(column, negated(column)) if yes else Translated(negated(column), column)


def _ordered(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    """Compare numbers, days or moments; where both sides are of one kind, and nothing depends on a time zone."""
    column, known = fields.plain(subject), [fields.known(subject)]
    if isinstance(value, FieldValue):
        known.append(fields.known(value.reference))
    if isinstance(value, FieldValue | Moment):
        test = f"{column} {SIGNS[operator]} {_right(subject, value, fields)}"
        return _guarded(test, known)
    items = [literal(each, subject.type) for each in _items(value)]
    if operator is Operator.BETWEEN:
        return _guarded(all_of([f"{column} >= {items[0]}", f"{column} <= {items[-1]}"]), known)
    if operator in WORDS:
        found = _guarded(any_of([f"{column} = {each}" for each in items]), known)
        return found.swapped() if operator in NEGATIVE else found
    return _guarded(f"{column} {SIGNS[operator]} {items[0]}", known)


def _times(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    if operator not in WINDOWS:
        return _ordered(subject, operator, value, fields)
    column, length = fields.plain(subject), _length(value)
    now = "NOW()"
    tests = {
        Operator.WITHIN: all_of([f"{column} >= {now} - {length}", f"{column} <= {now}"]),
        Operator.WITHIN_NEXT: all_of([f"{column} > {now}", f"{column} <= {now} + {length}"]),
        Operator.OLDER_THAN: f"{column} < {now} - {length}",
    }
    return _guarded(tests[operator], [fields.known(subject)])


def _choices(subject: Reference, operator: Operator, value: Value, fields: Fields) -> Translated:
    column, known = fields.several(subject), [fields.known(subject)]
    held = [f"INCLUDES({column}, {text_literal(each)})" for each in _items(value)]
    return _guarded(all_of(held) if operator is Operator.INCLUDES_ALL else any_of(held), known)


def _right(subject: Reference, value: FieldValue | Moment, fields: Fields) -> str:
    if isinstance(value, Moment):
        return moment(value, subject.type)
    other = value.reference
    if other.type is not subject.type:
        raise CannotTranslateError(f"`{subject.name}` and `{other.name}` are of two types")
    return fields.plain(other) if value.plus is None else f"({fields.plain(other)} + {_days(value.plus, other.type)})"


def _days(plus: Duration, kind: FieldType) -> str:
    if plus.unit is Unit.BUSINESS_DAYS or (kind is FieldType.DATE and plus.unit is Unit.HOURS):
        raise CannotTranslateError(f"`{plus}` cannot be added in a formula")
    return _part_of_days(plus)


def _length(value: Value) -> str:
    if not isinstance(value, Literal) or not isinstance(value.value, Duration):
        raise CannotTranslateError("its length is not a plain one")
    if value.value.unit is Unit.BUSINESS_DAYS:
        raise CannotTranslateError("it counts business days")
    return _part_of_days(value.value)


def _part_of_days(length: Duration) -> str:
    """Write a length in days, as formulas add them to a moment or a day."""
    if length.hours % 24:
        return f"({length.hours} / 24)"
    days = length.hours // 24
    return str(days) if days >= 0 else f"({days})"


def _items(value: Value) -> Sequence[object]:
    if not isinstance(value, Literal):
        raise CannotTranslateError("its value is not written out")
    return value.value if isinstance(value.value, tuple) else (value.value,)


def _text(value: Value) -> str:
    (found,) = _items(value)
    return str(found)


def _call(function: str, parts: Sequence[str]) -> str:
    return f"{function}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class _Maker:
    operators: frozenset[Operator]
    make: Callable[[Reference, Operator, Value, Fields], Translated]


NEGATIVE = frozenset({Operator.NOT, Operator.NONE_OF})
WORDS = frozenset({Operator.EQUALS, Operator.ONE_OF}) | NEGATIVE
WINDOWS = frozenset({Operator.WITHIN, Operator.WITHIN_NEXT, Operator.OLDER_THAN})
SIGNS: Mapping[Operator, str] = {
    Operator.EQUALS: "=",
    Operator.NOT: "<>",
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.BELOW: "<",
    Operator.ON_OR_AFTER: ">=",
    Operator.ON_OR_BEFORE: "<=",
    Operator.AFTER: ">",
    Operator.BEFORE: "<",
}
MEASURED = frozenset(SIGNS) | WORDS | {Operator.BETWEEN}

MAKERS: Mapping[FieldType, _Maker] = {
    FieldType.TEXT: _Maker(WORDS, _texts),
    FieldType.CHOICE: _Maker(WORDS, _texts),
    FieldType.LINK: _Maker(WORDS, _texts),
    FieldType.YES_NO: _Maker(frozenset({Operator.EQUALS, Operator.NOT}), _yes_no),
    FieldType.NUMBER: _Maker(MEASURED, _ordered),
    FieldType.MONEY: _Maker(MEASURED, _ordered),
    FieldType.DATE: _Maker(MEASURED, _ordered),
    FieldType.TIME: _Maker(MEASURED | WINDOWS, _times),
    FieldType.CHOICES: _Maker(frozenset({Operator.INCLUDES_ANY, Operator.INCLUDES_ALL}), _choices),
}
"""Which operators of which types have an exact formula."""
