"""Criteria by rules: which apply to a deal, their states, and one finding per person where the playbook asks so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.judge.query.judgement import Judgement
from engine.judge.ruleset.answer import Answer, state_of
from engine.judge.ruleset.asking import ENOUGH, Asking, Truth
from engine.judge.ruleset.sight import Sight
from engine.judge.ruleset.wording import absent, is_so, number, word
from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Not, Operator, Reference
from rules.playbook import Criterion, ForEach, Kind, Playbook
from rules.table import UNKNOWN
from rules.types import FieldType


def put_criterion(answer: Answer, asking: Asking, judgement: Judgement, sights: Sequence[Sight]) -> None:
    """Judge one criterion; `sights` are the deals at the moment it is judged for."""
    criterion = judgement.source
    assert isinstance(criterion, Criterion)  # noqa: S101 -- for the type checker: the caller chose it so
    applies = asking.truths(_applies(judgement, sights[0].world.playbook), sights) if sights else []
    asked = asking.truths(criterion.when, sights)
    if criterion.for_each is None:
        states = asking.truths(criterion.require, sights)
        answer.put(judgement, _told(applies, asked, states))
        return
    people = [_People() for _ in sights]
    _judge_people(asking, criterion, criterion.for_each, sights, people)
    states = _enough(asking, criterion.for_each, sights, people)
    kept = [each if fits and when else _People() for each, fits, when in zip(people, applies, asked, strict=True)]
    excepted = [each.excepted(held, criterion.id) for each, held in zip(kept, answer.waived, strict=True)]
    answer.put(
        judgement,
        _told(applies, asked, states),
        people=[each.found for each in kept],
        count=[len(each) for each in excepted],
        untold=[sum(entry["unknown"] for entry in each) for each in excepted],
        in_role=[each.known for each in people],
    )


def _told(applies: Sequence[Truth], asked: Sequence[Truth], states: Sequence[Truth]) -> list[int | None]:
    """Give a state where the criterion applies: unknown where its `when` is, none where that is unmet (rule 3)."""
    return [
        None if not fits or when is False else UNKNOWN if when is None else state_of(state)
        for fits, when, state in zip(applies, asked, states, strict=True)
    ]


def _applies(judgement: Judgement, playbook: Playbook) -> Condition:
    """Say of which deals a criterion is asked (rules 4 and 7)."""
    if judgement.kind is Kind.OUTCOME_CRITERION:
        outcome = next(each.id for each in playbook.outcomes if any(own is judgement.source for own in each.criteria))
        return AllOf((word("place", "outcome", outcome), is_so("place", "ended")))
    if not judgement.stage:
        return Not(absent("place", "stage", FieldType.NUMBER))
    index = [each.id for each in playbook.stages].index(judgement.stage)
    if judgement.kind is Kind.ENTRY_CRITERION:
        return number("place", "next", Operator.EQUALS, index)
    if playbook.stages[index].optional:
        passed = AllOf((number("place", "stage", Operator.ABOVE, index), is_so("place", f"visited.{judgement.stage}")))
        return AnyOf((number("place", "stage", Operator.EQUALS, index), passed))
    return AnyOf((number("place", "stage", Operator.AT_LEAST, index), is_so("place", "won")))


@dataclass
class _People:
    """The people of a deal that a criterion asks about: how many are in the role, and who is open."""

    known: int = 0
    possible: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)

    def excepted(self, held: frozenset[str], criterion: str) -> list[dict[str, Any]]:
        """List the open people that no waiver excepts."""
        return [each for each in self.found if not {criterion, f"{criterion}:{each['person']}"} & held]


def _judge_people(
    asking: Asking, criterion: Criterion, for_each: ForEach, sights: Sequence[Sight], people: Sequence[_People]
) -> None:
    roles = Compare(Reference("contacts", "role", FieldType.CHOICE), Operator.ONE_OF, Literal(for_each.roles))
    rows = [
        (place, sight.at("contacts", row)) for place, sight in enumerate(sights) for row in sight.related("contacts")
    ]
    looks = [look for _, look in rows]
    persons: dict[tuple[int, str], list[tuple[Truth, Truth]]] = defaultdict(list)
    judged = zip(rows, asking.truths(roles, looks), asking.truths(criterion.require, looks), strict=True)
    for (place, look), in_role, met in judged:
        persons[place, look.rows["contacts"]["id"]].append((in_role, met))
    for (place, person), told in persons.items():
        in_roles, states = [each for each, _ in told], [met for in_role, met in told if in_role]
        people[place].known += bool(states)
        people[place].possible += bool(states) or None in in_roles
        if states and True not in states:
            people[place].found.append({"person": person, "unknown": None in states})


def _enough(asking: Asking, for_each: ForEach, sights: Sequence[Sight], people: Sequence[_People]) -> list[Truth]:
    """Ask whether enough people are known to be in the role."""
    node = replace(ENOUGH, at_least=for_each.at_least)
    counted = [
        replace(sight, tallies={(node, "held"): each.known, (node, "maybe held"): each.possible})
        for sight, each in zip(sights, people, strict=True)
    ]
    return asking.truths(node, counted)
