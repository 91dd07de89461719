"""What a leaf says of its subject: a verb and the rest, for every operator, meant as it stands or the other way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.condition import Compare, Literal, Operator, PerSegment, Score, Value
from rules.names import Label, field_label
from rules.playbook import Playbook
from rules.types import FieldType
from rules.value_words import per_segment, value_words

TEMPORAL = {FieldType.DATE, FieldType.TIME}
FLAGS = {Operator.PRESENT, Operator.PLACEHOLDER, Operator.COPIED}
JOINED_BY_AND = {Operator.BETWEEN, Operator.INCLUDES_ALL}


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of a label: `verb` is a key of VERBS, `rest` follows it."""

    verb: str
    rest: str
    positive: bool = True

    def of(self, label: Label) -> str:
        """Say it as a fact: `is at least 5`, `does not contain "x"`."""
        return f"{VERBS[self.verb][_form(label, positive=self.positive)]} {self.rest}".rstrip()

    @property
    def must(self) -> str:
        """Say it as a duty: `must be at least 5`, `must not contain "x"`."""
        return f"must {'' if self.positive else 'not '}{VERBS[self.verb][4]} {self.rest}".rstrip()


VERBS: Mapping[str, tuple[str, str, str, str, str]] = MappingProxyType(
    {
        "be": ("is", "is not", "are", "are not", "be"),
        "happen": ("was", "was not", "were", "were not", "have been"),
        "have": ("has", "does not have", "have", "do not have", "have"),
        "have changed": ("has changed", "has not changed", "have changed", "have not changed", "have changed"),
        "contain": ("contains", "does not contain", "contain", "do not contain", "contain"),
        "match": ("matches", "does not match", "match", "do not match", "match"),
        "say": ("says", "does not say", "say", "do not say", "say"),
        "include": ("includes", "does not include", "include", "do not include", "include"),
    }
)
"""One, not one, several, not several, and the form after `must`."""

Forms = Mapping[Operator, tuple[tuple[str, str, bool], tuple[str, str, bool]]]

IS, IS_NOT = True, False
AT_LEAST, BELOW = ("be", "at least {}", IS), ("be", "less than {}", IS)
AT_MOST, ABOVE = ("be", "at most {}", IS), ("be", "more than {}", IS)

FORMS: Forms = MappingProxyType(
    {
        Operator.EQUALS: (("be", "{}", IS), ("be", "{}", IS_NOT)),
        Operator.NOT: (("be", "{}", IS_NOT), ("be", "{}", IS)),
        Operator.ONE_OF: (("be", "{}", IS), ("be", "{}", IS_NOT)),
        Operator.NONE_OF: (("be", "{}", IS_NOT), ("be", "{}", IS)),
        Operator.AT_LEAST: (AT_LEAST, BELOW),
        Operator.AT_MOST: (AT_MOST, ABOVE),
        Operator.ABOVE: (ABOVE, AT_MOST),
        Operator.BELOW: (BELOW, AT_LEAST),
        Operator.BETWEEN: (("be", "between {}", IS), ("be", "between {}", IS_NOT)),
        Operator.CONTAINS: (("contain", "{}", IS), ("contain", "{}", IS_NOT)),
        Operator.AVOIDS: (("contain", "{}", IS_NOT), ("contain", "{}", IS)),
        Operator.MATCHES: (("match", "the pattern {}", IS), ("match", "the pattern {}", IS_NOT)),
        Operator.MIN_WORDS: (("have", "at least {} words", IS), ("have", "fewer than {} words", IS)),
        Operator.MAX_CHARS: (("be", "at most {} characters long", IS), ("be", "longer than {} characters", IS)),
        Operator.PLACEHOLDER: (("be", "only a placeholder", IS), ("be", "more than a placeholder", IS)),
        Operator.COPIED: (("be", "copied from another deal", IS), ("be", "written for this deal alone", IS)),
        Operator.PRESENT: (("be", "filled in", IS), ("be", "empty", IS)),
        Operator.INCLUDES_ANY: (("include", "{}", IS), ("include", "{}", IS_NOT)),
        Operator.INCLUDES_ALL: (("include", "{}", IS), ("include", "all of {}", IS_NOT)),
        Operator.BEFORE: (("be", "before {}", IS), ("be", "on or after {}", IS)),
        Operator.AFTER: (("be", "after {}", IS), ("be", "on or before {}", IS)),
        Operator.ON_OR_BEFORE: (("be", "on or before {}", IS), ("be", "after {}", IS)),
        Operator.ON_OR_AFTER: (("be", "on or after {}", IS), ("be", "before {}", IS)),
        Operator.WITHIN: (("be", "in the last {}", IS), ("be", "in the last {}", IS_NOT)),
        Operator.WITHIN_NEXT: (("be", "in the next {}", IS), ("be", "in the next {}", IS_NOT)),
        Operator.OLDER_THAN: (("be", "more than {} ago", IS), ("be", "more than {} ago", IS_NOT)),
        Operator.IN: (("be", "in {}", IS), ("be", "in {}", IS_NOT)),
        Operator.CHANGED_WITHIN: (("have changed", "in the last {}", IS), ("have changed", "in the last {}", IS_NOT)),
        Operator.CHANGED_SINCE: (("have changed", "since {}", IS), ("have changed", "since {}", IS_NOT)),
        Operator.FROM_STAGE: (("be", "{} or later", IS), ("be", "before {}", IS)),
    }
)
"""For each operator: the verb, the rest and whether it is so; then the same where the leaf stands under a `not`."""

TEMPORAL_FORMS: Forms = MappingProxyType(
    {
        Operator.EQUALS: (("be", "on {}", IS), ("be", "on {}", IS_NOT)),
        Operator.NOT: (("be", "on {}", IS_NOT), ("be", "on {}", IS)),
        Operator.ONE_OF: (("be", "on {}", IS), ("be", "on {}", IS_NOT)),
        Operator.NONE_OF: (("be", "on {}", IS_NOT), ("be", "on {}", IS)),
        Operator.AT_LEAST: FORMS[Operator.ON_OR_AFTER],
        Operator.AT_MOST: FORMS[Operator.ON_OR_BEFORE],
        Operator.ABOVE: FORMS[Operator.AFTER],
        Operator.BELOW: FORMS[Operator.BEFORE],
    }
)
"""Where dates and times read differently from numbers."""

READS_BETTER: Mapping[str, str] = MappingProxyType(
    {
        "on or after today": "today or later",
        "on or before today": "today or earlier",
        "on today": "today",
        "on or after now": "in the future",
        "after now": "in the future",
        "before now": "in the past",
        "on or before now": "in the past",
    }
)
"""Phrases about the present as people say them."""


def predicate(leaf: Compare, playbook: Playbook, *, positive: bool = True, row: str = "") -> Predicate:
    """Say what a leaf asks of its subject; `positive` is false where the leaf stands under a `not`."""
    operator, asked = leaf.operator, positive
    if operator in FLAGS and leaf.value == Literal(value=False):
        asked = not asked
    forms = TEMPORAL_FORMS if _temporal(leaf) and operator in TEMPORAL_FORMS else FORMS
    verb, template, is_so = forms[operator][0 if asked else 1]
    label = field_label(leaf.subject, playbook, row)
    if label.event and operator is Operator.PRESENT:
        ever = label.event.replace("last ", "ever ")
        return Predicate("happen", ever, positive=asked)
    rest = _rest(template, leaf, playbook, row)
    if label.event and verb == "be":
        return Predicate("happen", f"{label.event} {rest}", positive=is_so)
    return Predicate(verb, rest, positive=is_so)


def _rest(template: str, leaf: Compare, playbook: Playbook, row: str) -> str:
    if "{}" not in template:
        return template
    subject = leaf.subject if leaf.operator not in {Operator.MIN_WORDS, Operator.MAX_CHARS} else None
    word = "and" if leaf.operator in JOINED_BY_AND else "or"

    def write(value: Value) -> str:
        if isinstance(value, PerSegment):
            return per_segment(value, write)
        if leaf.operator is Operator.IN and isinstance(value, Literal):
            return _periods(value)
        words = template.format(value_words(value, subject, playbook, row, word))
        return READS_BETTER.get(words, words) if _temporal(leaf) else _one_word(words)

    return write(leaf.value)


def _periods(value: Literal) -> str:
    """Name calendar periods, which take no preposition: `this quarter or next quarter`."""
    periods = value.value if isinstance(value.value, tuple) else (value.value,)
    return " or ".join(str(each).replace("_", " ") for each in periods)


def _one_word(words: str) -> str:
    return words.replace(" 1 words", " 1 word").replace(" 1 characters", " 1 character")


def _temporal(leaf: Compare) -> bool:
    return not isinstance(leaf.subject, Score) and leaf.subject.type in TEMPORAL


def _form(label: Label, *, positive: bool) -> int:
    return (2 if label.plural else 0) + (0 if positive else 1)
