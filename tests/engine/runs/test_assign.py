"""Each deal is judged by one playbook (rule 8)."""

from __future__ import annotations

from engine.runs.assign import Applies, Tie, assign
from rules.playbook import Playbook


def playbook(name: str, priority: int = 0) -> Playbook:
    return Playbook(id=name, version=1, title=name, stages=(), priority=priority)


def chosen(answers: dict[str, Applies], *playbooks: Playbook) -> tuple[dict[str, str], tuple[str, ...], list[Tie]]:
    assigned = assign(playbooks, answers, ["D1"])
    judged = {deal: name for name, deals in assigned.deals.items() for deal in deals}
    return judged, assigned.no_playbook, list(assigned.ties)


def test_a_deal_nothing_applies_to_is_left_out() -> None:
    assert chosen({"a": {"D1": False}}, playbook("a")) == ({}, ("D1",), [])


def test_an_unknown_answer_applies() -> None:
    assert chosen({"a": {"D1": None}, "b": {"D1": False}}, playbook("a"), playbook("b")) == ({"D1": "a"}, (), [])


def test_the_higher_priority_judges() -> None:
    answers: dict[str, Applies] = {"a": {"D1": True}, "b": {"D1": True}}
    assert chosen(answers, playbook("a"), playbook("b", 5))[0] == {"D1": "b"}


def test_equal_priorities_are_a_tie_that_names_both_and_the_deal() -> None:
    _, _, (tie,) = chosen({"b": {"D1": True}, "a": {"D1": True}}, playbook("b"), playbook("a"))
    assert str(tie) == "playbooks `a` and `b` both apply to deal `D1` with the same `priority`"


def test_between_equals_one_that_surely_applies_comes_first() -> None:
    assert chosen({"a": {"D1": None}, "b": {"D1": True}}, playbook("a"), playbook("b"))[0] == {"D1": "b"}


def test_a_higher_priority_judges_even_where_it_may_only_apply() -> None:
    assert chosen({"a": {"D1": None}, "b": {"D1": True}}, playbook("a", 1), playbook("b"))[0] == {"D1": "a"}


def test_several_that_may_apply_are_a_tie() -> None:
    assert chosen({"a": {"D1": None}, "b": {"D1": None}}, playbook("a"), playbook("b"))[2][0].playbooks == ("a", "b")
