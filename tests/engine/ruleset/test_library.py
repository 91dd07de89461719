"""What the library was found to do right, which rulesets rely on, and to do wrong, which they avoid.

A test of the second kind that fails says that a later version does better.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import pytest

from engine.judge.ruleset.matcher import Matcher, RulesetsFailedError

pytest.importorskip("durable", reason="the extra `durable-rules` is not installed")

Rules = Mapping[str, dict[str, Any]]
Fact = dict[str, Any]
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$lt": operator.lt,
    "$lte": operator.le,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$neq": operator.ne,
    "=": operator.eq,
}
NUMBERS = (0, 1, -5, 2**53, 2**53 + 1, -(2**62), 2**63 - 1, 2**63 - 2)
WORDS = ("red", "re", "redd", "", "über", "漢", "it's", 'q"u', "a b", "n\\x", "Red", "[x]", "a,b", "\n", "4", "\x00")


@pytest.fixture(scope="module")
def matcher() -> Iterator[Matcher]:
    with Matcher(time_limit=5) as one:
        yield one


def _fired(matcher: Matcher, rules: Rules, *facts: Fact) -> list[list[str]]:
    definition = {name: {"all": [{"m": rule}]} for name, rule in rules.items()}
    written = [json.dumps(each) for each in facts]
    return [sorted(set(each)) for each in matcher.match(matcher.new_name(), definition, written, ["d"] * len(facts))]


def _test(name: str, sign: str, right: Any) -> dict[str, Any]:
    return {name: right} if sign == "=" else {sign: {name: right}}


# relied on


def test_random_conjunctions_of_comparisons_are_matched_exactly(matcher: Matcher) -> None:
    random = Random(20)  # noqa: S311 -- the same every time
    for _ in range(60):
        rules = {f"r{each}": _random_rule(random) for each in range(random.randint(1, 12))}
        facts = [_random_fact(random) for _ in range(20)]
        written = {name: {"$and": [_test(*part) for part in parts]} for name, parts in rules.items()}
        expected = [sorted(name for name, parts in rules.items() if _holds(parts, fact)) for fact in facts]
        assert _fired(matcher, written, *facts) == expected


def _random_rule(random: Random) -> list[tuple[str, str, Any]]:
    names = [f"f{random.randrange(5)}" for _ in range(random.randint(2, 5))]
    return [(name, random.choice(list(COMPARE)), random.choice([*NUMBERS, {"$m": "g"}])) for name in names]


def _random_fact(random: Random) -> Fact:
    own = {f"f{each}": random.choice(NUMBERS) for each in range(5) if random.random() < 0.8}
    return {**own, "g": random.choice(NUMBERS)}


def _holds(parts: list[tuple[str, str, Any]], fact: Fact) -> bool:
    return all(
        name in fact and COMPARE[sign](fact[name], fact["g"] if isinstance(right, dict) else right)
        for name, sign, right in parts
    )


@pytest.mark.parametrize("word", WORDS)
def test_texts_are_equal_where_they_are_the_same(matcher: Matcher, word: str) -> None:
    rules = {"same": {"f": {"$m": "g"}}, "other": {"$neq": {"f": {"$m": "g"}}}, "written": {"f": word}}
    for other, fired in zip(WORDS, _fired(matcher, rules, *({"f": each, "g": word} for each in WORDS)), strict=True):
        assert fired == (["same", "written"] if other == word else ["other"])


@pytest.mark.parametrize("word", WORDS)
def test_a_list_holds_an_item_or_lacks_it(matcher: Matcher, word: str) -> None:
    random = Random(7)  # noqa: S311 -- likewise
    rules = {"holds": {"$iany": {"f": {"$i": word}}}, "lacks": {"$iall": {"f": {"$neq": {"$i": word}}}}}
    lists = [[random.choice(WORDS) for _ in range(random.randint(1, 6))] for _ in range(40)]
    expected = [["holds" if word in each else "lacks"] for each in lists]
    assert _fired(matcher, rules, *({"f": each} for each in lists)) == expected


# avoided


def test_a_text_is_measured_in_sixteen_bits(matcher: Matcher) -> None:
    assert _fired(matcher, {"same": {"f": {"$m": "g"}}}, {"f": "x" * 65_537, "g": "x"}) == [["same"]]


def test_a_number_with_an_exponent_is_not_read(matcher: Matcher) -> None:
    with pytest.raises(RulesetsFailedError, match="error code: 204"):
        _fired(matcher, {"large": {"$gt": {"f": 1}}}, {"f": 1e300})


def test_a_text_equals_the_number_it_spells(matcher: Matcher) -> None:
    assert _fired(matcher, {"same": {"f": {"$m": "g"}}}, {"f": "4", "g": 4}) == [["same"]]


def test_an_empty_list_is_asked_nothing(matcher: Matcher) -> None:
    assert _fired(matcher, {"lacks": {"$iall": {"f": {"$neq": {"$i": "x"}}}}}, {"f": []}) == [[]]


def test_regular_expressions_overlook_what_is_there(matcher: Matcher) -> None:
    assert _fired(matcher, {"found": {"$mt": {"f": "(.*n[0-9]{2})?w01(n.*)?"}}}, {"f": "n20w01n20"}) == [[]]
