"""Rules are written so that the engine cannot go wrong with them: plain conjunctions, few at once, nothing absent."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from rules.condition import AllOf, AnyOf, Compare, Condition, FieldValue, Literal, Not, Operator, Reference
from rules.playbook import Playbook
from rules.ruleset import MOST_RULES, Question, question
from rules.ruleset_comparisons import NotCarriedError
from rules.ruleset_conditions import Translator
from rules.ruleset_patterns import EndlessPatternError, words_of
from rules.ruleset_values import byte_order, folded, money_units, number_code, short_text
from rules.types import FieldType

PLAYBOOK = Playbook("p", 1, "P", ())
RATING = Reference("deals", "rating", FieldType.NUMBER)
NOTE = Reference("deals", "note", FieldType.TEXT)
HIGH = Compare(RATING, Operator.AT_LEAST, Literal(5))
FLOATS = st.floats(allow_nan=False)


def _question(condition: Condition) -> Question:
    return question(Translator(PLAYBOOK, "local").comparisons(condition))


def test_a_comparison_becomes_a_rule_for_met_and_one_for_unmet() -> None:
    (only,) = _question(HIGH).rounds
    assert only.definition() == {
        "0+0": {"all": [{"m": {"$gte": {"f0": number_code(5)}}}]},
        "0-1": {"all": [{"m": {"$lt": {"f0": number_code(5)}}}]},
    }


def test_not_turns_the_rules_round_and_leaves_unknown_alone() -> None:
    (only,) = _question(Not(HIGH)).rounds
    assert only.definition()["0+0"] == {"all": [{"m": {"$lt": {"f0": number_code(5)}}}]}


def test_what_stands_deeper_than_a_conjunction_is_asked_in_a_later_round() -> None:
    known = Compare(NOTE, Operator.PRESENT, Literal(value=True))
    first, second = _question(AllOf((HIGH, AnyOf((known, Not(HIGH)))))).rounds
    assert len(first.facts) == 2
    assert not second.facts
    assert second.definition()["2+0"] == {"all": [{"m": {"$and": [{"s0": 1}, {"s1": 1}]}}]}


def test_two_facts_that_are_compared_have_properties_of_their_own_so_that_both_can_be_left_out() -> None:
    other = Compare(RATING, Operator.BELOW, FieldValue(Reference("accounts", "employees", FieldType.NUMBER)))
    (only,) = _question(AllOf((HIGH, other))).rounds
    assert set(only.facts) == {"f0"}
    assert only.definition()["0+0"] == {
        "all": [{"m": {"$and": [{"$gte": {"f0": number_code(5)}}, {"$lt": {"p0": {"$m": "p0r"}}}]}}]
    }


def test_no_round_holds_more_rules_than_the_engine_keeps_at_once() -> None:
    wide = AnyOf(tuple(Compare(NOTE, Operator.PLACEHOLDER, Literal(value=bool(each % 2))) for each in range(9)))
    asked = _question(AllOf((wide, HIGH)))
    assert sum(len(each.rules) for each in asked.rounds) > 10 * MOST_RULES
    assert max(len(each.rules) for each in asked.rounds) <= MOST_RULES


def test_every_rule_reads_only_what_its_round_gives() -> None:
    asked = _question(AllOf((Compare(NOTE, Operator.PLACEHOLDER, Literal(value=False)), HIGH)))
    for each in asked.rounds:
        named = {*each.facts, *each.pairs, *(f"{name}r" for name in each.pairs), *(f"s{node}" for node in each.states)}
        read = {name for rule in each.definition().values() for name in _properties(rule["all"][0]["m"])}
        assert read <= named


def _properties(written: dict[str, object]) -> set[str]:
    found: set[str] = set()
    for name, value in written.items():
        if name == "$and":
            assert isinstance(value, list)
            found |= {each for part in value for each in _properties(part)}
        elif name.startswith("$"):
            assert isinstance(value, dict)
            found |= set(value)
        else:
            found.add(name)
    return found


@given(FLOATS, FLOATS)
def test_numbers_keep_their_order_as_facts(one: float, other: float) -> None:
    assert (number_code(one) < number_code(other)) == (one < other)
    assert (number_code(one) == number_code(other)) == (one == other)


def test_not_a_number_stands_after_every_number_as_in_the_table_engine() -> None:
    assert number_code(math.nan) > number_code(math.inf)
    assert number_code(math.nan) == number_code(-math.nan)


def test_an_amount_is_held_at_the_ends_of_what_the_engine_compares() -> None:
    assert money_units(Decimal("-0.01"), 2) == -1
    assert money_units(Decimal("9999999999999999.99"), 6) == money_units(Decimal("9999999999999998.99"), 6)
    assert money_units(Decimal("9999999999999999.99"), 2) == 999999999999999999


def test_an_amount_with_too_many_digits_is_refused_by_name() -> None:
    amount = Compare(
        Reference("deals", "amount", FieldType.MONEY), Operator.ABOVE, Literal(Decimal("9" * 15 + ".999999"))
    )
    with pytest.raises(NotCarriedError, match="has more digits than the engine compares"):
        _question(amount)


@given(st.text(), st.text())
def test_texts_keep_the_order_of_their_bytes_as_facts(one: str, other: str) -> None:
    assert (byte_order(one) < byte_order(other)) == (one.encode() < other.encode())


@given(st.text())
def test_a_text_without_regard_to_case_is_as_long_as_before(text: str) -> None:
    assert len(folded(text)) == len(text)
    assert folded(folded(text)) == folded(text)


def test_a_very_long_text_is_compared_by_its_digest() -> None:
    long = "x" * 70_000
    assert short_text(long) != short_text(f"{long}y")
    assert len(short_text(long)) < 100
    assert short_text("x" * 4_000) == "x" * 4_000


SAMPLES = (
    "a1",
    "tender",
    "request for proposal",
    "REQUEST FOR QUOTATION",
    "colour",
    "color",
    "(x)",
    "a|b",
    "\u212a",
    "\u017f",
    "ü",
)


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]",
        "tender|ITT",
        "(?i)request for (proposal|quotation)",
        "colou?r",
        r"\(x\)",
        "(?:a|b)1",
        "(?i)[ks]",
        "[ß-ü]",
        "[a-]b?1",
    ],
)
def test_a_pattern_that_stands_for_a_few_words_finds_what_re2_finds(pattern: str) -> None:
    words = words_of(pattern)
    for text in SAMPLES:
        held = folded(text) if words.folded else text
        assert any(word in held for word in words.words) == bool(re2.search(pattern, text)), text


@pytest.mark.parametrize(
    "pattern",
    [
        "a+",
        "a*",
        "a{2}",
        ".",
        "^a",
        "a$",
        r"\d",
        r"\bcorp\b",
        "[^a]",
        "(?s)a",
        "(?i:a)",
        "a|",
        "[a-z][a-z]",
        "[[:alpha:]]",
        "(a",
        "",
    ],
)
def test_a_pattern_that_stands_for_anything_else_is_refused(pattern: str) -> None:
    with pytest.raises(EndlessPatternError):
        words_of(pattern)


def test_a_refused_pattern_is_named() -> None:
    with pytest.raises(NotCarriedError, match=r"`matches: \[a-z\]\+`, which stands for more than 128 words"):
        _question(Compare(NOTE, Operator.MATCHES, Literal("[a-z]+")))
