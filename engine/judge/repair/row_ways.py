"""Alternatives about new rows: activities to do or to bring about, proposals to send, records to add."""

from __future__ import annotations

from engine.judge.repair.deriver import Deriver
from engine.judge.repair.fields import other_sides
from engine.judge.repair.needs import Alternative, RowNeed, fewest
from engine.judge.repair.people_ways import fitting, persons
from rules.condition import AllOf, AnyOf, Condition, Quantifier, Related, walk
from rules.normal import normal, parts_of

MOST = 60
NOT_ADDED = {"stage_changes", "field_changes", "tasks", "findings"}
"""Tables to which nobody adds a row to clear a gate."""


def some(ways: Deriver, table: str, asked: Condition, least: int) -> list[Alternative]:
    """Give what would make at least so many rows meet what is asked."""
    facts = ways.facts
    missing = least - sum(facts.state(asked, row) is True for row in facts.rows.get(table, ()))
    if table in NOT_ADDED or missing <= 0:
        return []
    found = [way for tests in branches(normal(asked)) for way in _one_row(ways, table, tests)]
    return fewest((_times(way, missing) for way in found), MOST)


def branches(asked: Condition) -> list[Condition]:
    """Split a condition where people are asked for in one branch of an `any` and not in another."""
    for part in parts_of(asked):
        if isinstance(part, AnyOf) and any(isinstance(node, Related) for node in walk(part)):
            others = tuple(each for each in parts_of(asked) if each is not part)
            whole = [normal(AllOf((*others, branch))) for branch in part.parts]
            return [tests for each in whole for tests in branches(each)]
    return [asked]


def _one_row(ways: Deriver, table: str, asked: Condition) -> list[Alternative]:
    """Give the alternatives for one new row; who must be in it is kept apart from what it must be."""
    tests = frozenset(part for part in parts_of(asked) if not isinstance(part, Related))
    found: list[tuple[frozenset[frozenset[str]], Alternative]] = [(frozenset(), ())]
    for part in parts_of(asked):
        if isinstance(part, Related):
            found = [(people | {who}, way + more) for people, way in found for who, more in _with(ways, part)]
    compared = tuple(other_sides(ways.facts, sorted(tests, key=repr)))
    return [(*compared, *way, (RowNeed(table, tests, people),)) for people, way in found]


def _with(ways: Deriver, related: Related) -> list[tuple[frozenset[str], Alternative]]:
    """Give who could be in an activity: all who fit already, else each who could be made to."""
    if related.quantifier is not Quantifier.SOME:
        return []
    asked = AllOf((*parts_of(related.where), *parts_of(related.condition)))
    there = fitting(ways.facts, asked)
    named = [(frozenset({person}), way) for person, each in persons(ways, asked).items() for way in each]
    return [(there, ())] if there else named


def _times(alternative: Alternative, number: int) -> Alternative:
    """Ask for the last row of an alternative so many times."""
    *others, last = alternative
    return (*others, last * number)
