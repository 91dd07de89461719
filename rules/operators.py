"""The table of operators: which types of field each takes, and what stands on its right-hand side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from rules.condition import Operator
from rules.types import FieldType


class Right(Enum):
    """What an operator's right-hand side is."""

    VALUE = auto()
    """One value like the field's, another field, a moment, or one per segment."""
    VALUES = auto()
    """A list of values like the field's."""
    RANGE = auto()
    """A list of two values, the lower first."""
    WORDS = auto()
    """One word or phrase, or a list of them."""
    PATTERN = auto()
    """A regular expression as RE2 runs it."""
    COUNT = auto()
    """A whole number."""
    YES_NO = auto()
    """True or false."""
    DURATION = auto()
    """A length of time, more than none."""
    AGE = auto()
    """A length of time, none included."""
    SINCE = auto()
    """A moment or the name of a date or time field."""
    PERIODS = auto()
    """Calendar words such as `this quarter`."""
    STAGE = auto()
    """A stage of the playbook."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What one operator takes; `scores` says whether a scorecard's result may stand on its left."""

    types: frozenset[FieldType]
    right: Right
    scores: bool = False
    of_deal: bool = False


ALL = frozenset(FieldType)
WORDY = frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.LINK})
TEXT = frozenset({FieldType.TEXT})
CHOICES = frozenset({FieldType.CHOICES})
NUMERIC = frozenset({FieldType.NUMBER, FieldType.MONEY})
TEMPORAL = frozenset({FieldType.DATE, FieldType.TIME})
SINGLE = ALL - CHOICES
LISTABLE = SINGLE - {FieldType.YES_NO}

OPERATORS: Mapping[Operator, Takes] = MappingProxyType(
    {
        Operator.EQUALS: Takes(SINGLE, Right.VALUE, scores=True),
        Operator.NOT: Takes(SINGLE, Right.VALUE, scores=True),
        Operator.ONE_OF: Takes(LISTABLE, Right.VALUES),
        Operator.NONE_OF: Takes(LISTABLE, Right.VALUES),
        Operator.AT_LEAST: Takes(NUMERIC, Right.VALUE, scores=True),
        Operator.AT_MOST: Takes(NUMERIC, Right.VALUE, scores=True),
        Operator.ABOVE: Takes(NUMERIC, Right.VALUE, scores=True),
        Operator.BELOW: Takes(NUMERIC, Right.VALUE, scores=True),
        Operator.BETWEEN: Takes(NUMERIC | TEMPORAL, Right.RANGE, scores=True),
        Operator.CONTAINS: Takes(WORDY, Right.WORDS),
        Operator.AVOIDS: Takes(WORDY, Right.WORDS),
        Operator.MATCHES: Takes(WORDY, Right.PATTERN),
        Operator.MIN_WORDS: Takes(TEXT, Right.COUNT),
        Operator.MAX_CHARS: Takes(TEXT, Right.COUNT),
        Operator.PLACEHOLDER: Takes(TEXT, Right.YES_NO),
        Operator.COPIED: Takes(TEXT, Right.YES_NO, of_deal=True),
        Operator.PRESENT: Takes(ALL, Right.YES_NO),
        Operator.INCLUDES_ANY: Takes(CHOICES, Right.VALUES),
        Operator.INCLUDES_ALL: Takes(CHOICES, Right.VALUES),
        Operator.BEFORE: Takes(TEMPORAL, Right.VALUE),
        Operator.AFTER: Takes(TEMPORAL, Right.VALUE),
        Operator.ON_OR_BEFORE: Takes(TEMPORAL, Right.VALUE),
        Operator.ON_OR_AFTER: Takes(TEMPORAL, Right.VALUE),
        Operator.WITHIN: Takes(TEMPORAL, Right.DURATION),
        Operator.WITHIN_NEXT: Takes(TEMPORAL, Right.DURATION),
        Operator.OLDER_THAN: Takes(TEMPORAL, Right.AGE),
        Operator.IN: Takes(TEMPORAL, Right.PERIODS),
        Operator.CHANGED_WITHIN: Takes(ALL, Right.DURATION, of_deal=True),
        Operator.CHANGED_SINCE: Takes(ALL, Right.SINCE, of_deal=True),
        Operator.FROM_STAGE: Takes(frozenset({FieldType.CHOICE}), Right.STAGE),
    }
)
"""Every operator of the language; `equals` is what a bare value means, and may be written out."""

PERIODS = tuple(
    f"{which} {unit}" for unit in ("week", "month", "quarter", "year") for which in ("this", "next", "last")
)
"""The calendar words `in` knows; quarters and years are fiscal."""

SAME_OTHERWISE: Mapping[Operator, Operator] = MappingProxyType(
    {
        Operator.AT_LEAST: Operator.ON_OR_AFTER,
        Operator.AT_MOST: Operator.ON_OR_BEFORE,
        Operator.ABOVE: Operator.AFTER,
        Operator.BELOW: Operator.BEFORE,
        Operator.ON_OR_AFTER: Operator.AT_LEAST,
        Operator.ON_OR_BEFORE: Operator.AT_MOST,
        Operator.AFTER: Operator.ABOVE,
        Operator.BEFORE: Operator.BELOW,
        Operator.ONE_OF: Operator.INCLUDES_ANY,
        Operator.INCLUDES_ANY: Operator.ONE_OF,
        Operator.CONTAINS: Operator.INCLUDES_ANY,
        Operator.OLDER_THAN: Operator.ABOVE,
    }
)
"""What someone meant who used an operator on the wrong type."""


def operators_of(kind: FieldType) -> tuple[Operator, ...]:
    """List the operators a type of field takes."""
    return tuple(operator for operator, takes in OPERATORS.items() if kind in takes.types)


def meant(operator: Operator, kind: FieldType) -> Operator | None:
    """Give the operator that says the same of this type of field, where there is one."""
    other = SAME_OTHERWISE.get(operator)
    return other if other is not None and kind in OPERATORS[other].types else None
