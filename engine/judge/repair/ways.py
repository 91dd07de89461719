"""What could be done about what is not met: alternatives of needs, derived from the condition tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.judge.failing import Choice, Failing, Leaf, failing
from engine.judge.repair import people_ways, row_ways, score_ways
from engine.judge.repair.facts import Facts, Row
from engine.judge.repair.fields import FIXED, other_sides
from engine.judge.repair.needs import Alternative, FieldNeed, fewest, together
from engine.judge.seen import Look
from engine.judge.verdicts import Verdict
from rules.condition import (
    AllOf,
    Compare,
    Condition,
    Not,
    Operator,
    Quantifier,
    Related,
    Score,
)
from rules.normal import normal, parts_of

MOST_ALTERNATIVES = 60


@dataclass(frozen=True, eq=False)
class Ways:
    """Derives alternatives for one deal; `look_now` sees what the levels of scorecards saw."""

    facts: Facts
    verdict: Verdict
    look_now: Look

    def of(self, condition: Condition, look: Look, row: Row | None = None) -> list[Alternative]:
        """Give the alternatives that would make a condition met, fewest needs first; none where nothing would.

        `row` is the contact the condition is about, if it is about one.
        """
        return self._all(failing(condition, look), row)

    def of_row(self, condition: Condition, row: Row) -> list[Alternative]:
        """Give the alternatives that would make a condition met on one contact."""
        return self.of(condition, self.facts.look(row), row)

    def _all(self, found: Sequence[Failing], row: Row | None) -> list[Alternative]:
        return together([self._one(each, row) for each in found], MOST_ALTERNATIVES)

    def _one(self, found: Failing, row: Row | None) -> list[Alternative]:
        if isinstance(found, Choice):
            return fewest((way for branch in found.branches for way in self._all(branch, row)), MOST_ALTERNATIVES)
        node = found.node
        if isinstance(node, Compare):
            return self._compare(node, found, row)
        plain = normal(node if found.positive else Not(node))
        return self._related(plain) if isinstance(plain, Related) else []

    def _compare(self, node: Compare, found: Leaf, row: Row | None) -> list[Alternative]:
        subject = node.subject
        node = replace(node, value=self.facts.of_segment(node.value) or node.value)
        test = node if found.positive else Not(node)
        if isinstance(subject, Score):
            return score_ways.steps_up(self, node, subject) if found.positive else []
        if subject.table == "contacts" and row is not None:
            return people_ways.of_person(self.facts, subject, test, row)
        if subject.name in FIXED.get(subject.table, {subject.name}):
            return []
        if subject.table == "accounts" and self.facts.read(subject) is not None:
            return []
        need = FieldNeed(subject.table, subject.name, "", frozenset({test}))
        return [((need,), *other_sides(self.facts, [node]))]

    def _related(self, related: Related) -> list[Alternative]:
        least = self.facts.resolve(related.at_least)
        asked = AllOf((*parts_of(related.where), *parts_of(related.condition)))
        match related.quantifier:
            case Quantifier.COUNT:
                return self._some(related, asked, self._counted(related))
            case Quantifier.SOME if isinstance(least, int):
                return self._some(related, asked, least)
            case Quantifier.EVERY if related.table == "contacts" and isinstance(least, int):
                return people_ways.every(self, related.where, related.condition, least)
            case Quantifier.NO if related.table == "contacts" and least == 1:
                return people_ways.nobody(self, asked)
            case _:
                return []

    def _some(self, related: Related, asked: Condition, least: int) -> list[Alternative]:
        if related.table == "contacts":
            return people_ways.some(self, asked, least)
        return row_ways.some(self, related.table, asked, least)

    def _counted(self, related: Related) -> int:
        """Give how many rows a count asks for at the least."""
        lowest = {Operator.AT_LEAST: 0, Operator.EQUALS: 0, Operator.ABOVE: 1}
        bounds = [
            (lowest[operator], self.facts.resolve(value)) for operator, value in related.count if operator in lowest
        ]
        return max((extra + bound for extra, bound in bounds if isinstance(bound, int)), default=0)
