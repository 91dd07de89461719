"""A date at the end of all years, as some CRMs fill in for none, is judged and told as any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engine.judge.evaluate import judge
from rules.condition import Compare, FieldValue, Literal, Operator
from rules.playbook import Enforce, StageAgeClock
from rules.types import Duration, Unit
from tests.reference.worked import Example, ask, asking, column, in_

WEEKS = Duration(2, Unit.WEEKS)
LATER = Compare(column("close_date"), Operator.AFTER, FieldValue(column("next_step_date"), WEEKS))
LONG_BEFORE = Compare(column("met_at"), Operator.AFTER, FieldValue(column("created_at"), WEEKS))
AGED = asking(
    ask("later", LATER), ask("long-before", LONG_BEFORE), clocks=(StageAgeClock({}, Literal(WEEKS), Enforce.ADVISE),)
)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(("day", "moment"), [(date.max, LAST), (date.max, FIRST), (date.min, LAST), (date.min, FIRST)])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_dates_at_the_ends_of_all_years_are_told_in_words(day: date, moment: datetime, zone: str) -> None:
    deal = {
        "close_date": day,
        "next_step_date": day,
        "met_at": moment,
        "created_at": moment,
        "stage_entered_at": moment,
    }
    playbook = replace(AGED, calendar=in_(zone))
    example = Example(10, "far", {}, playbook, deal)
    (verdict,) = judge(playbook, example.tables, example.as_of)
    told = {each.criterion: each.because for each in verdict.findings}
    assert {"later", "long-before"} <= set(told)
    assert all(told.values())
    assert ("stage_age" in told) is (moment == FIRST)
