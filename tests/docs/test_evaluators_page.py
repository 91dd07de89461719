"""The page on evaluators says of every operator whether rulesets carry it, and tells the truth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.condition import Compare, Condition, Literal, Operator, Reference
from rules.load import load_playbook
from rules.operators import OPERATORS, Right
from rules.playbook import Playbook, Stage
from rules.ruleset_comparisons import NotCarriedError
from rules.ruleset_conditions import Translator
from rules.ruleset_refusals import refusals
from rules.types import Duration, FieldType, Unit
from tests.docs.blocks import ROOT
from tests.docs.test_docs import section

PAGE = (ROOT / "docs" / "evaluators.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \| (.*) \|$", section(PAGE, "What is carried"), re.MULTILINE)
TOLD = {Operator(name): words for names, words in ROWS for name in re.findall("`([a-z_]+)`", names)}
PLAYBOOKS = ("enterprise", "renewals", "services", "small-business")
EXAMPLES: Mapping[Right, Any] = {
    Right.VALUE: "a",
    Right.VALUES: ("a", "b"),
    Right.RANGE: (1, 2),
    Right.WORDS: ("a", "b c"),
    Right.PATTERN: "(?i)a[bc]",
    Right.COUNT: 3,
    Right.YES_NO: True,
    Right.DURATION: Duration(2, Unit.DAYS),
    Right.AGE: Duration(2, Unit.BUSINESS_DAYS),
    Right.SINCE: date(2026, 11, 2),
    Right.PERIODS: ("this quarter",),
    Right.STAGE: "talk",
}
TALK = Playbook("p", 1, "P", (Stage("talk", "Talk"),))


def test_every_operator_is_in_the_table_and_no_other() -> None:
    assert set(TOLD) == set(Operator)
    assert sum(len(re.findall("`", names)) // 2 for names, _ in ROWS) == len(Operator)


@pytest.mark.parametrize("operator", list(Operator))
def test_what_the_table_says_is_carried_is(operator: Operator) -> None:
    Translator(TALK, "local").comparisons(_asked(operator))
    assert TOLD[operator].startswith(("yes", "patterns"))


def test_what_the_table_says_is_refused_is() -> None:
    assert [each for each, words in TOLD.items() if "refused" in words] == [
        Operator.AT_LEAST,
        Operator.AT_MOST,
        Operator.ABOVE,
        Operator.BELOW,
        Operator.MATCHES,
    ]
    for asked in (_asked(Operator.MATCHES, "[0-9]+"), _asked(Operator.ABOVE, Decimal("9" * 15 + ".999999"))):
        with pytest.raises(NotCarriedError):
            Translator(TALK, "local").comparisons(asked)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_shipped_playbooks_are_carried_whole(name: str) -> None:
    playbook, _ = load_playbook((ROOT / "playbooks" / f"{name}.yaml").read_bytes(), name)
    assert playbook is not None
    assert refusals(playbook) == ()


def _asked(operator: Operator, value: Any = None) -> Condition:
    takes = OPERATORS[operator]
    preferred = () if takes.right is Right.VALUES else ORDERED
    kind = next(each for each in (*preferred, *FieldType) if each in takes.types)
    example = 5 if kind is FieldType.MONEY and takes.right is Right.VALUE else EXAMPLES[takes.right]
    dated = takes.right is Right.VALUE and kind in {FieldType.DATE, FieldType.TIME}
    return Compare(
        Reference("deals", "asked", kind), operator, Literal(value or (date(2026, 11, 2) if dated else example))
    )


ORDERED = (FieldType.MONEY, FieldType.TIME)
"""The types of which most is asked, tried first."""
