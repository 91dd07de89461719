"""Worked examples of conditions on fields and on related rows: rules 1 and 2."""

from __future__ import annotations

from datetime import timedelta

from rules.condition import (
    AllOf,
    AnyOf,
    FieldValue,
    Literal,
    Not,
    Operator,
    PerSegment,
    Quantifier,
    Related,
)
from rules.playbook import Segment
from tests.reference.worked import NOW, Example, ask, asking, column, is_, rows_of

TICK = timedelta(microseconds=1)
HIGH = is_("rating", "at_least", 5)
KNOWN = is_("budget_confirmed", "equals", True)
SWAY = is_("sway", "at_least", 5, "contacts")
BUYER = is_("role", "equals", "buyer", "contacts")

PEOPLE = (
    {"id": "p1", "role": "buyer", "sway": 9.0},
    {"id": "p1", "role": "champion", "sway": 9.0},
    {"id": "p2", "role": "buyer", "sway": None},
    {"id": "p3", "role": None, "sway": 9.0},
    {"id": "p4", "role": "champion", "sway": 1.0},
)


def _buyers(op: str, number: int | tuple[int, ...]) -> Related:
    return Related("contacts", Quantifier.COUNT, AllOf(()), BUYER, count=((Operator(op), Literal(number)),))


THREE_VALUES = [
    Example(1, "a comparison with a null is unknown", {"c": "unknown"}, asking(ask("c", HIGH))),
    Example(1, "not unknown is unknown", {"c": "unknown"}, asking(ask("c", Not(HIGH)))),
    Example(1, "presence is never unknown", {"c": "unmet"}, asking(ask("c", is_("rating", "present", True)))),
    Example(1, "a missing value is absent", {}, asking(ask("c", is_("rating", "present", False)))),
    Example(1, "a null yes or no is false", {"a": "unmet"}, asking(ask("a", KNOWN), ask("b", Not(KNOWN)))),
    Example(1, "one unmet part decides", {"c": "unmet"}, asking(ask("c", AllOf((HIGH, KNOWN))))),
    Example(1, "one met part decides", {}, asking(ask("c", AnyOf((HIGH, Not(KNOWN)))))),
    Example(1, "otherwise unknown wins", {"c": "unknown"}, asking(ask("c", AnyOf((HIGH, KNOWN))))),
    Example(1, "of no parts, any is unmet", {"c": "unmet"}, asking(ask("c", AnyOf(())))),
    Example(
        1, "no words in a blank text", {"c": "unmet"}, asking(ask("c", is_("pain", "min_words", 1))), {"pain": " "}
    ),
    Example(
        1,
        "words hold a letter or a digit",
        {"b": "unmet"},
        asking(ask("a", is_("pain", "min_words", 3)), ask("b", is_("pain", "min_words", 4))),
        {"pain": "they lose - ... 2"},
    ),
    Example(
        1,
        "a blank text is a missing one",
        {"a": "unmet", "b": "unknown"},
        asking(ask("a", is_("pain", "present", True)), ask("b", is_("pain", "max_chars", 9))),
        {"pain": "   "},
    ),
    Example(
        1,
        "whole words, any case",
        {"c": "unmet"},
        asking(
            ask("a", is_("pain", "contains", ("PRICE",))),
            ask("b", is_("pain", "contains", ("lose two", "x"))),
            ask("c", is_("pain", "contains", ("day",))),
            ask("d", is_("pain", "avoids", ("day",))),
        ),
        {"pain": "They lose two days. (price)"},
    ),
    Example(
        1,
        "a value per segment without a case is missing",
        {"b": "unknown"},
        asking(
            ask("a", is_("rating", "at_least", PerSegment((("big", Literal(9)),), Literal(5)))),
            ask("b", is_("rating", "at_least", PerSegment((("big", Literal(9)),)))),
            segments=(Segment("big", is_("rating", "above", 7)), Segment("other", AllOf(()))),
        ),
        {"rating": 6.0},
        segment="other",
    ),
]

AS_GIVEN = [
    Example(
        1,
        "each value of a list is a date or a time on its own",
        {"b": "unmet"},
        asking(
            ask("a", is_("met_at", "one_of", (NOW.date() - timedelta(days=9), NOW))),
            ask("b", is_("met_at", "one_of", (NOW.date() - timedelta(days=9), NOW + TICK))),
        ),
        {"met_at": NOW},
    ),
    Example(
        1,
        "a yes or no for no segment is missing, not no",
        {"c": "unknown"},
        asking(ask("c", is_("budget_confirmed", "equals", PerSegment((("big", Literal(value=False)),))))),
    ),
    Example(
        1,
        "a moment that is missing is unknown, whatever changed",
        {"c": "unknown"},
        asking(ask("c", is_("pain", "changed_since", FieldValue(column("met_at"))))),
    ),
]

RELATED_ROWS = [
    # where buyer and condition sway: p1 true (another row of p1 does not count), p2 and p3 unknown, p4 false
    Example(
        2,
        "some counts distinct people, met and unknown",
        {"b": "unknown", "c": "unmet"},
        asking(*(ask(name, rows_of("contacts", "some", SWAY, BUYER, k)) for name, k in (("a", 1), ("b", 3), ("c", 4)))),
        rows={"contacts": PEOPLE},
    ),
    Example(
        2,
        "no is the opposite of some",
        {"a": "unmet", "b": "unknown"},
        asking(*(ask(name, rows_of("contacts", "no", SWAY, BUYER, k)) for name, k in (("a", 1), ("b", 3), ("c", 4)))),
        rows={"contacts": PEOPLE},
    ),
    Example(
        2,
        "every is unknown where a row is, and unmet where one fails",
        {"a": "unknown", "b": "unmet"},
        asking(ask("a", rows_of("contacts", "every", SWAY, BUYER)), ask("b", rows_of("contacts", "every", SWAY))),
        rows={"contacts": PEOPLE},
    ),
    Example(
        2,
        "every of nobody is unmet, unless none is asked for",
        {"a": "unmet"},
        asking(ask("a", rows_of("contacts", "every", SWAY)), ask("b", rows_of("contacts", "every", SWAY, k=0))),
    ),
    Example(2, "no rows: no is met", {}, asking(ask("c", rows_of("contacts", "no", SWAY)))),
    Example(
        2,
        "every asks for so many people",
        {"b": "unknown", "c": "unmet"},
        asking(
            *(
                ask(name, rows_of("contacts", "every", AllOf(()), BUYER, k))
                for name, k in (("a", 2), ("b", 3), ("c", 4))
            )
        ),
        rows={"contacts": PEOPLE},
    ),
    Example(
        2,
        "a count lies between those known and those possible",  # buyers: 2, or 3
        {"b": "unknown", "c": "unknown", "d": "unmet", "e": "unknown"},
        asking(
            ask("a", _buyers("at_least", 2)),
            ask("b", _buyers("at_least", 3)),
            ask("c", _buyers("equals", 3)),
            ask("d", _buyers("above", 3)),
            ask("e", _buyers("between", (3, 4))),
            ask("f", _buyers("between", (2, 3))),
        ),
        rows={"contacts": PEOPLE},
    ),
    Example(
        2,
        "a count strictly between the ends is possible",  # buyers: 0 to 2
        {"c": "unknown"},
        asking(ask("c", _buyers("equals", 1))),
        rows={"contacts": ({"id": "p1", "role": None}, {"id": "p2", "role": None})},
    ),
    Example(
        2,
        "people of an activity",
        {"b": "unmet", "c": "unknown"},
        asking(
            *(
                ask(
                    name,
                    rows_of(
                        "activities", "some", rows_of("with", "some", BUYER), is_("kind", "equals", kind, "activities")
                    ),
                )
                for name, kind in (("a", "meeting"), ("b", "call"), ("c", "email"))
            )
        ),
        rows={
            "contacts": PEOPLE,
            "activities": (
                {"id": "1", "kind": "meeting", "contact_ids": ["p4", "p2"]},
                {"id": "2", "kind": "call", "contact_ids": ["p4", "nobody"]},
                {"id": "3", "kind": "call", "contact_ids": []},
                {"id": "4", "kind": "email", "contact_ids": None},
            ),
        },
    ),
    Example(
        2,
        "what is not delivered leaves its reader unjudged",
        {"b": "unmet"},
        asking(
            ask("a", AnyOf((rows_of("contacts", "some", SWAY), KNOWN)), "hard"),
            ask("b", KNOWN),
        ),
        lacking=("contacts",),
        gate=("advise", "offer"),
    ),
]

CONDITIONS = [*THREE_VALUES, *AS_GIVEN, *RELATED_ROWS]
