"""Facts as the rule engine takes them: what a fact is of, in the form it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from engine.judge.ruleset.sight import Sight
from rules.condition import Reference
from rules.ruleset import Round
from rules.ruleset_comparisons import Fact, Form
from rules.ruleset_values import (
    byte_order,
    day_number,
    folded,
    is_word_character,
    microseconds,
    money_units,
    number_code,
    short_text,
)

Given = int | str | list[str]
NO_ITEM = "\x00"
"""Stands in every list, since the rules of an empty one are never asked."""


def facts_of(asked: Round, sight: Sight) -> dict[str, Given]:
    """Give what a round of rules reads, by name; what is absent is left out, of a pair both."""
    found: dict[str, Given] = {}
    for name, fact in asked.facts.items():
        if (value := given(fact, sight)) is not None:
            found[name] = value
    for name, (one, other) in asked.pairs.items():
        left, right = given(one, sight), given(other, sight)
        if left is not None and right is not None:
            found |= {name: left, f"{name}r": right}
    return found


def given(fact: Fact, sight: Sight) -> Given | None:
    """Give one fact, or what is given in its place where there is nothing."""
    match fact.form:
        case Form.ALWAYS:
            return 1
        case Form.UNTOLD:
            return None
        case Form.PRESENT:
            assert isinstance(fact.of, Reference)  # noqa: S101 -- for the type checker: only columns are present
            return int(sight.holds_something(fact.of))
        case Form.SHARED:
            assert isinstance(fact.of, Reference)  # noqa: S101 -- likewise
            return _shared(fact.of, str(fact.detail), sight)
        case Form.WORDS:
            return _words(sight.value(fact.of) or "")
        case _:
            value = sight.value(fact.of)
            return fact.otherwise if value is None else FORMS[fact.form](value, fact.detail, sight)


def _shared(field: Reference, which: str, sight: Sight) -> Given | None:
    text = sight.deal[field.name]
    if text is None:
        return None
    if which == "open":
        return int(sight.rows["place"]["outcome"] is None)
    own = sight.deal["account_id"] or f"deal:{sight.deal['id']}"
    first, last = sight.found.shared.get((field.name, text.strip().lower()), (own, own))
    return {"own": own, "first": first, "last": last}[which]


def _words(text: str) -> int:
    return sum(any(map(is_word_character, word)) for word in text.split())


def _local(moment: date, sight: Sight) -> date:
    return sight.world.calendar.local_date(moment) if isinstance(moment, datetime) else moment


def _windows(text: str, length: Any) -> list[str]:  # noqa: ANN401 -- a number, as a fact's detail
    padded = f" {folded(text)} "
    starts = (at for at in range(1, len(padded) - length) if not is_word_character(padded[at - 1]))
    return [NO_ITEM, *{padded[at : at + length] for at in starts if not is_word_character(padded[at + length])}]


def _pieces(text: str, length: Any) -> list[str]:  # noqa: ANN401 -- likewise
    return [NO_ITEM, *{text[at : at + length] for at in range(len(text) - length + 1)}]


def _months(day: date, detail: Any, sight: Sight) -> int:  # noqa: ANN401 -- likewise
    months, step = _period(detail)
    return (day.year * 12 + day.month - sight.world.playbook.calendar.fiscal_year_start) // months + step


def _week(day: date, detail: Any) -> int:  # noqa: ANN401 -- likewise
    _, step = _period(detail)
    return day_number(day - timedelta(days=day.weekday())) + 7 * step


def _period(detail: str) -> tuple[int, int]:
    """Take apart the months of a period and the step to it from the present one, such as `3-1`."""
    months, sign, step = detail.replace("-", "+-").partition("+")
    return int(months), int(step) if sign else 0


FORMS: Mapping[Form, Callable[[Any, Any, Sight], Given]] = {
    Form.TEXT: lambda value, _, __: short_text(value),
    Form.ORDER: lambda value, _, __: byte_order(value),
    Form.NUMBER: lambda value, _, __: number_code(value),
    Form.MONEY: lambda value, places, _: money_units(value, places),
    Form.DAY: lambda value, _, sight: day_number(_local(value, sight)),
    Form.INSTANT: lambda value, _, __: microseconds(value),
    Form.YES_NO: lambda value, _, __: int(value),
    Form.CHARACTERS: lambda value, _, __: len(value),
    Form.PLAIN: lambda value, _, __: short_text(value.strip().lower()),
    Form.LETTERS: lambda value, _, __: sum(map(is_word_character, value)),
    Form.SIGNS: lambda value, _, __: len(set("".join(value.split()).lower())),
    Form.ITEMS: lambda value, _, __: [NO_ITEM, *{short_text(each) for each in value if each is not None}],
    Form.WINDOWS: lambda value, length, _: _windows(value, length),
    Form.PIECES: lambda value, length, _: _pieces(value, length),
    Form.FOLDED_PIECES: lambda value, length, _: _pieces(folded(value), length),
    Form.MONTHS: lambda value, detail, sight: _months(_local(value, sight), detail, sight),
    Form.WEEK: lambda value, detail, sight: _week(_local(value, sight), detail),
}
"""How a value becomes a fact of each form."""
