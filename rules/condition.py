"""A condition is a small tree; words, table expressions and other translations are made from it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rules.types import Duration, FieldType


class Operator(StrEnum):
    """How a leaf compares what it reads with its right-hand side."""

    EQUALS = "equals"
    NOT = "not"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    BETWEEN = "between"
    CONTAINS = "contains"
    AVOIDS = "avoids"
    MATCHES = "matches"
    MIN_WORDS = "min_words"
    MAX_CHARS = "max_chars"
    PLACEHOLDER = "placeholder"
    COPIED = "copied"
    PRESENT = "present"
    INCLUDES_ANY = "includes_any"
    INCLUDES_ALL = "includes_all"
    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on_or_before"
    ON_OR_AFTER = "on_or_after"
    WITHIN = "within"
    WITHIN_NEXT = "within_next"
    OLDER_THAN = "older_than"
    IN = "in"
    CHANGED_WITHIN = "changed_within"
    CHANGED_SINCE = "changed_since"
    FROM_STAGE = "from"


class Quantifier(StrEnum):
    """How many related rows a condition asks for."""

    SOME = "some"
    EVERY = "every"
    NO = "no"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Reference:
    """A column a condition reads, by canonical table and column name.

    Columns of `deals`, `accounts` and `owners` are the deal's own; those of any other table are the row's
    that the nearest enclosing `Related` (or a `for_each`) ranges over.
    """

    table: str
    name: str
    type: FieldType

    @property
    def of_deal(self) -> bool:
        """Whether the column is the deal's own, not a related row's."""
        return self.table in {"deals", "accounts", "owners", "flags"}


@dataclass(frozen=True, slots=True)
class Score:
    """A scorecard's result: of one `dimension` (its points) or, where that is "", of the whole card."""

    card: str
    dimension: str = ""
    percent: bool = False


Scalar = str | bool | int | Decimal | date | datetime


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the playbook, typed by the field it meets; a list is a tuple, days are a `Duration`."""

    value: Scalar | Duration | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """Another field as the right-hand side, moved by `plus` where given (negative amounts move back)."""

    reference: Reference
    plus: Duration | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` (the as-of) or `today` (its local date), moved by `plus` where given."""

    base: str
    plus: Duration | None = None


@dataclass(frozen=True, slots=True)
class PerSegment:
    """A value per segment id, in the playbook's order; `otherwise` is None where a segment may have no value."""

    cases: tuple[tuple[str, Value], ...]
    otherwise: Value | None = None


Value = Literal | FieldValue | Moment | PerSegment


@dataclass(frozen=True, slots=True)
class Compare:
    """A leaf: what it reads, how, and against what. A null on either side makes it unknown (rule 1)."""

    subject: Reference | Score
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class LastChangedBy:
    """A leaf: the latest change of these deal fields was made by a user of `team`."""

    fields: tuple[Reference, ...]
    team: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is met; of no parts: met."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part is met; of no parts: unmet."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is unmet; unknown stays unknown."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """A quantified condition over the deal's related rows (docs/language.md, rule 2).

    `table` is a canonical related table, a declared record, `findings` (what was found on this deal), or, inside
    activities, `with` (the people of that activity: rows of `contacts`). `where` picks rows, `condition` judges them.
    `count` holds the comparison of a COUNT; `at_least` the k of the others.
    """

    table: str
    quantifier: Quantifier
    condition: Condition
    where: Condition = AllOf(())
    at_least: Value = Literal(1)
    count: tuple[tuple[Operator, Value], ...] = ()


Condition = Compare | LastChangedBy | AllOf | AnyOf | Not | Related

MET = AllOf(())
"""The condition that always holds."""


def walk(condition: Condition) -> Iterator[Condition]:
    """Yield the condition and everything below it, related rows included, top down."""
    yield condition
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from walk(part)
        case Not(part):
            yield from walk(part)
        case Related(condition=inner, where=where):
            yield from walk(where)
            yield from walk(inner)
        case _:
            pass


def references(condition: Condition) -> Iterator[Reference | Score]:
    """Yield every column and score a condition reads, right-hand sides included."""
    for node in walk(condition):
        match node:
            case Compare(subject, _, value):
                yield subject
                yield from _value_references(value)
            case LastChangedBy(fields):
                yield from fields
            case Related(at_least=at_least, count=count):
                yield from _value_references(at_least)
                for _, value in count:
                    yield from _value_references(value)
            case _:
                pass


def _value_references(value: Value) -> Iterator[Reference]:
    match value:
        case FieldValue(reference):
            yield reference
        case PerSegment(cases, otherwise):
            for _, case in cases:
                yield from _value_references(case)
            if otherwise is not None:
                yield from _value_references(otherwise)
        case _:
            pass
