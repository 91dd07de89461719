"""Puts rules into layers (rule 15): those that read fields and scores, then those that read what others found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TypeGuard

from rules.condition import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Literal,
    Not,
    Operator,
    Quantifier,
    Reference,
    Related,
    walk,
)
from rules.playbook import Kind, Rule

IS = frozenset({Operator.EQUALS, Operator.ONE_OF})
IS_NOT = frozenset({Operator.NOT, Operator.NONE_OF})


def reads_others(rule: Rule) -> bool:
    """Say whether a rule reads findings or flags."""
    return any(_is_findings(node) or _is_flags(node) for node in _nodes(rule))


def dependencies(rule: Rule, rules: tuple[Rule, ...]) -> frozenset[str]:
    """Give the ids of the rules whose findings or flags a rule may see."""
    flags = {flag for node in _nodes(rule) if _is_flags(node) for flag in _words(node)}
    seen = {other.id for other in rules if other.flag in flags and other.flag}
    for node in _nodes(rule):
        if _is_findings(node):
            seen |= _findings_read(node, rule, rules)
    return frozenset(seen)


def in_layers(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Give each rule its layer, from 1, or else the ids of rules that wait for each other in a circle."""
    waits = {rule.id: sorted(dependencies(rule, rules)) for rule in rules if reads_others(rule)}
    try:
        order = tuple(TopologicalSorter(waits).static_order())
    except CycleError as error:
        return rules, _from_its_least(error.args[1][:0:-1])
    layers = {rule.id: 1 for rule in rules}
    for name in order:
        layers[name] = 1 + max([1, *(layers[other] for other in waits[name])]) if name in waits else 1
    return tuple(replace(rule, layer=layers[rule.id]) for rule in rules), ()


def _from_its_least(circle: list[str]) -> tuple[str, ...]:
    """Close a circle so that it reads the same wherever it was entered."""
    first = circle.index(min(circle))
    return (*circle[first:], *circle[: first + 1])


def _nodes(rule: Rule) -> Iterator[Condition]:
    yield from walk(rule.when)
    if rule.require is not None:
        yield from walk(rule.require)


def _is_findings(node: Condition) -> TypeGuard[Related]:
    return isinstance(node, Related) and node.table == "findings"


def _is_flags(node: Condition) -> TypeGuard[Compare]:
    return isinstance(node, Compare) and isinstance(node.subject, Reference) and node.subject.table == "flags"


def _findings_read(node: Related, rule: Rule, rules: tuple[Rule, ...]) -> set[str]:
    """Give the rules whose findings may be among the rows: those of a criterion named, or all others."""
    picked = AllOf((node.where,)) if node.quantifier is Quantifier.EVERY else AllOf((node.where, node.condition))
    named = _possible(picked, "criterion", {each.id for each in rules})
    if Kind.RULE not in _possible(picked, "kind", set(Kind)):
        return set()
    asked_by_name = named != {each.id for each in rules}
    return named if asked_by_name else named - {rule.id}


def _possible(condition: Condition, column: str, all_words: set[str]) -> set[str]:
    """Give the words a column may hold in rows that meet a condition."""
    match condition:
        case AllOf(parts):
            return set.intersection(all_words, *(_possible(part, column, all_words) for part in parts))
        case AnyOf(parts):
            return set[str]().union(*(_possible(part, column, all_words) for part in parts))
        case Not(Compare(Reference(name=name), operator) as leaf) if name == column and operator in IS:
            return all_words - set(_words(leaf))
        case Compare(Reference(name=name), operator) if name == column and operator in IS:
            return all_words & set(_words(condition))
        case Compare(Reference(name=name), operator) if name == column and operator in IS_NOT:
            return all_words - set(_words(condition))
        case _:
            return all_words


def _words(leaf: Compare) -> Iterator[str]:
    if isinstance(leaf.value, Literal):
        value = leaf.value.value
        yield from map(str, value if isinstance(value, tuple) else (value,))
