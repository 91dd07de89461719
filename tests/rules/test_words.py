"""Every form a condition can take has words, and no words can be taken for others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rules.condition import (
    MET,
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
from rules.do_words import do_words
from rules.instructions import INSTRUCTIONS
from rules.normal import normal
from rules.playbook import Calendar, Playbook, Role, Stage
from rules.predicates import FORMS
from rules.types import Duration, FieldType, Unit
from rules.value_words import moment, money, number, quoted
from rules.words import requirement

STAGES, ROLES = (Stage("discovery", "Discovery"),), (Role("economic_buyer"),)
PLAYBOOK = Playbook("p", 1, "P", STAGES, roles=ROLES, calendar=Calendar("Europe/Berlin"))
PAIN = Reference("deals", "pain", FieldType.TEXT)
AMOUNT = Reference("deals", "amount", FieldType.MONEY)
CLOSE = Reference("deals", "close_date", FieldType.DATE)
NEEDED = Reference("deals", "needed_by", FieldType.DATE)
ROLE = Reference("contacts", "role", FieldType.CHOICE)
A = Compare(PAIN, Operator.PRESENT, Literal(value=True))
B = Compare(AMOUNT, Operator.ABOVE, Literal(5))
C = Compare(CLOSE, Operator.AFTER, Moment("today"))
BUYER = Compare(ROLE, Operator.EQUALS, Literal("economic_buyer"))


@pytest.mark.parametrize("operator", Operator)
def test_every_operator_has_words_both_ways(operator: Operator) -> None:
    assert operator in FORMS
    assert operator in INSTRUCTIONS
    leaf = Compare(PAIN, operator, Literal("discovery"))
    words = {requirement(leaf, PLAYBOOK), requirement(Not(leaf), PLAYBOOK)}
    assert len(words) == 2
    assert all(each.startswith("pain ") for each in words)
    assert do_words(leaf, PLAYBOOK)
    assert do_words(Not(leaf), PLAYBOOK)


@pytest.mark.parametrize("quantifier", Quantifier)
def test_every_quantifier_has_words(quantifier: Quantifier) -> None:
    related = Related("contacts", quantifier, BUYER, count=((Operator.AT_LEAST, Literal(2)),))
    assert "economic buyer" in requirement(related, PLAYBOOK)
    assert requirement(related, PLAYBOOK) != requirement(Not(related), PLAYBOOK)
    assert do_words(related, PLAYBOOK)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Literal(date(2026, 12, 24)), "2026-12-24"),
        (Literal(datetime(2026, 12, 24, 23, 30, tzinfo=UTC)), "2026-12-25 00:30"),
        (FieldValue(NEEDED), "needed by"),
        (FieldValue(NEEDED, Duration(2, Unit.WEEKS)), "2 weeks after needed by"),
        (FieldValue(NEEDED, Duration(-1, Unit.DAYS)), "1 day before needed by"),
        (Moment("now"), "in the past"),
        (Moment("today", Duration(5, Unit.BUSINESS_DAYS)), "5 business days from today"),
        (
            PerSegment((("small_business", Literal(date(2026, 1, 1))),), Moment("today")),
            "before 2026-01-01 for small business, otherwise before today",
        ),
    ],
)  # fmt: skip
def test_every_form_of_value_has_words(value: Value, words: str) -> None:
    assert requirement(Compare(CLOSE, Operator.BEFORE, value), PLAYBOOK).endswith(words)


def test_an_all_inside_an_any_stands_in_brackets() -> None:
    both_or_one = AnyOf((AllOf((A, B)), C))
    one_of_two = AllOf((A, AnyOf((B, C))))
    assert requirement(both_or_one, PLAYBOOK) == (
        "either (pain is filled in and amount is more than 5 USD) or close date is after today"
    )
    assert requirement(one_of_two, PLAYBOOK) == (
        "pain is filled in, and (either amount is more than 5 USD or close date is after today)"
    )


def test_a_not_reaches_the_leaves() -> None:
    assert requirement(Not(AllOf((A, B))), PLAYBOOK) == "either pain is empty or amount is at most 5 USD"
    assert requirement(Not(AnyOf((A, B))), PLAYBOOK) == "pain is empty and amount is at most 5 USD"
    assert requirement(Not(Related("contacts", Quantifier.SOME, BUYER)), PLAYBOOK) == "there is no economic buyer"
    assert normal(Not(Not(AllOf((A, AllOf((B, C))))))) == AllOf((A, B, C))


def test_what_more_is_asked_of_implies_that_it_is_there() -> None:
    present = Compare(AMOUNT, Operator.PRESENT, Literal(value=True))
    assert requirement(AllOf((present, B)), PLAYBOOK) == "amount is more than 5 USD"
    assert requirement(AnyOf((present, B)), PLAYBOOK) == "either amount is filled in or amount is more than 5 USD"


def test_conditions_of_nothing_say_so() -> None:
    assert requirement(MET, PLAYBOOK) == "nothing is asked"
    assert requirement(AnyOf(()), PLAYBOOK) == "nothing can meet this"


def test_a_team_that_must_have_changed_fields_is_named() -> None:
    condition: Condition = LastChangedBy((PAIN, AMOUNT), "deal-desk")
    assert requirement(condition, PLAYBOOK) == "the last change of pain and amount was made by team deal-desk"
    assert do_words(condition, PLAYBOOK) == "have somebody of team deal-desk review pain and amount and save them"


def test_scores_without_a_card_are_still_named() -> None:
    asked = Compare(Score("ideal_client", "size", percent=True), Operator.AT_LEAST, Literal(50))
    assert requirement(asked, PLAYBOOK) == "the score for size is at least 50 percent"


def test_numbers_money_times_and_texts_are_written_for_people() -> None:
    assert [number(each) for each in (2026, 12345.5, Decimal("0.50"), 1e15)] == [
        "2026", "12,345.5", "0.5", "1,000,000,000,000,000",
    ]  # fmt: skip
    assert [money(each, "EUR") for each in (Decimal("1234.5"), -1000, 0)] == ["1,234.50 EUR", "-1,000 EUR", "0 EUR"]
    assert moment(datetime(2026, 7, 1, 22, 15, tzinfo=UTC), PLAYBOOK) == "2026-07-02 00:15"
    assert quoted("two\nlines  of text") == '"two lines of text"'
    assert len(quoted("x" * 500)) == 62
