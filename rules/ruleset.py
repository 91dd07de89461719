"""Rulesets for a rule engine from comparisons of facts: two sorts of rules a question, met and unmet, in rounds.

Every rule is a conjunction. What stands deeper than that is asked in a later round, of the states found in earlier
ones. So nothing is asked of the engine but what it was found to do right (docs/evaluators.md): never a rule about a
property that is absent, an alternative inside a rule, or more rules at once than its stack holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from rules.ruleset_comparisons import All, Comparison, Fact, Relation, Tree, all_of, any_of, opposite
from rules.ruleset_comparisons import Any as AnyPart

MOST_PARTS = 12
"""More parts are asked in groups."""
MOST_RULES = 48
"""Rules of one round; the engine keeps 64 that match at once, and fails on more."""

WRITTEN: Mapping[Relation, str] = MappingProxyType(
    {
        Relation.UNEQUAL: "$neq",
        Relation.BELOW: "$lt",
        Relation.AT_MOST: "$lte",
        Relation.ABOVE: "$gt",
        Relation.AT_LEAST: "$gte",
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """What an earlier round found of a node, asked for as met or as unmet."""

    node: int
    met: bool


Asked = Comparison | State
_Names = dict[Fact | tuple[Fact, Fact], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """Every comparison must hold; then the node is met, or unmet."""

    node: int
    met: bool
    asked: tuple[Asked, ...]

    @property
    def name(self) -> str:
        """The name that tells what was found: `3+` or `3-`."""
        return f"{self.node}{'+' if self.met else '-'}"


@dataclass(frozen=True)
class Round:
    """Rules that are asked together, and what they read.

    `facts` are properties by name. `pairs` are those compared with each other: the left by its name, the right by the
    name and `r`. The engine compares with garbage where only one of two is there, so both are given or neither.
    `states` are the nodes that are read.
    """

    rules: tuple[Rule, ...]
    facts: Mapping[str, Fact]
    pairs: Mapping[str, tuple[Fact, Fact]]
    states: tuple[int, ...]

    def definition(self) -> dict[str, Any]:
        """Write the rules as durable-rules reads them."""
        names: _Names = {fact: name for name, fact in self.facts.items()}
        names |= {pair: name for name, pair in self.pairs.items()}
        return {
            f"{rule.name}{number}": {"all": [{"m": _conjunction([_written(each, names) for each in rule.asked])}]}
            for number, rule in enumerate(self.rules)
        }


@dataclass(frozen=True)
class Question:
    """One condition as rounds; the state of `answer` is the condition's."""

    rounds: tuple[Round, ...]
    answer: int


@cache
def question(tree: Tree) -> Question:
    """Write a condition's comparisons as rounds of rules."""
    nodes = _Nodes()
    answer, _ = nodes.add(_in_groups(tree))
    levels = sorted({level for level, _ in nodes.rules})
    return Question(tuple(each for level in levels for each in _rounds(nodes.of(level))), answer)


class _Nodes:
    """Numbers the nodes of a tree and says in which round each is asked."""

    def __init__(self) -> None:
        self.rules: list[tuple[int, tuple[Rule, ...]]] = []

    def add(self, tree: Tree) -> tuple[int, int]:
        """Add a node with all below it; give its number and round."""
        parts = (tree,) if isinstance(tree, Comparison) else tree.parts
        asked: list[tuple[Asked, Asked]] = []
        plain = all(isinstance(part, Comparison) for part in parts)
        level = 0
        for part in parts:
            if plain and isinstance(part, Comparison):
                asked.append((part, _opposite(part)))
                continue
            below, at = self.add(part)
            level = max(level, at + 1)
            asked.append((State(below, met=True), State(below, met=False)))
        number = len(self.rules)
        self.rules.append((level, tuple(_rules(number, asked, every=not isinstance(tree, AnyPart)))))
        return number, level

    def of(self, level: int) -> list[tuple[Rule, ...]]:
        """List the rules of a round, node by node."""
        return [rules for at, rules in self.rules if at == level]


def _rules(node: int, asked: Sequence[tuple[Asked, Asked]], *, every: bool) -> Iterator[Rule]:
    """Write all-of as one rule for met and one a part for unmet; any-of the other way round."""
    together, apart = (0, 1) if every else (1, 0)
    yield Rule(node, every, tuple(pair[together] for pair in asked))
    yield from (Rule(node, not every, (pair[apart],)) for pair in asked)


def _rounds(nodes: Sequence[tuple[Rule, ...]]) -> Iterator[Round]:
    waiting: list[Rule] = []
    for rules in nodes:
        if waiting and len(waiting) + len(rules) > MOST_RULES:
            yield _round(waiting)
            waiting = []
        waiting.extend(rules)
    yield _round(waiting)


def _round(rules: Sequence[Rule]) -> Round:
    facts: dict[Fact, None] = {}
    pairs: dict[tuple[Fact, Fact], None] = {}
    states: dict[int, None] = {}
    for asked in (each for rule in rules for each in rule.asked):
        match asked:
            case State(node):
                states[node] = None
            case Comparison(left, _, Fact() as right):
                pairs[left, right] = None
            case Comparison(left):
                facts[left] = None
    named = {f"f{number}": fact for number, fact in enumerate(facts)}
    return Round(tuple(rules), named, {f"p{number}": pair for number, pair in enumerate(pairs)}, tuple(states))


def _in_groups(tree: Tree) -> Tree:
    """Put the parts of a wide node into groups, which means the same."""
    if isinstance(tree, Comparison):
        return tree
    join = all_of if isinstance(tree, All) else any_of
    kind = type(tree)
    parts = tuple(map(_in_groups, tree.parts))
    while len(parts) > MOST_PARTS:
        parts = tuple(kind(parts[at : at + MOST_PARTS]) for at in range(0, len(parts), MOST_PARTS))
    return kind(parts) if len(parts) > 1 else join(*parts)


def _opposite(test: Comparison) -> Comparison:
    turned = opposite(test)
    assert isinstance(turned, Comparison)  # noqa: S101 -- for the type checker: a comparison's opposite is one
    return turned


def _conjunction(written: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return written[0] if len(written) == 1 else {"$and": list(written)}


def _written(asked: Asked, names: _Names) -> dict[str, Any]:
    if isinstance(asked, State):
        return {f"s{asked.node}": int(asked.met)}
    right: Any = asked.right
    if isinstance(right, Fact):
        left = names[asked.left, right]
        right = {"$m": f"{left}r"}
    else:
        left = names[asked.left]
    match asked.relation:
        case Relation.EQUAL:
            return {left: right}
        case Relation.HOLDS:
            return {"$iany": {left: {"$i": right}}}
        case Relation.LACKS:
            return {"$iall": {left: {"$neq": {"$i": right}}}}
        case _:
            return {WRITTEN[asked.relation]: {left: right}}
