"""Asks rules about deals: conditions and sights go in, met, unmet or unknown comes out for each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from engine.judge.ruleset.facts import facts_of
from engine.judge.ruleset.matcher import Matcher, RulesetsFailedError
from engine.judge.ruleset.sight import Sight
from rules.condition import AllOf, AnyOf, Condition, Literal, Not, Quantifier, Related
from rules.ruleset import Question, Round, question
from rules.ruleset_comparisons import Tree
from rules.ruleset_conditions import Translator

Truth = bool | None
PEOPLE = {"contacts", "with"}
States = dict[int, bool]


class Asking:
    """Writes conditions as rulesets, each once, and has them matched."""

    def __init__(self, translator: Translator, matcher: Matcher) -> None:
        self._translator, self._matcher = translator, matcher
        self._known: dict[Condition | Tree, tuple[str, Question]] = {}

    def truths(self, condition: Condition | Tree, sights: Sequence[Sight]) -> list[Truth]:
        """Judge a condition on each sight; related rows are judged first, by the same rules."""
        for node in _outermost(condition):
            self._count(node, sights)
        name, asked = self._question(condition)
        found: list[States] = [{} for _ in sights]
        for number, each in enumerate(asked.rounds):
            self._round(f"{name}.{number}", each, sights, found)
        return [states.get(asked.answer) for states in found]

    def _question(self, condition: Condition | Tree) -> tuple[str, Question]:
        if condition not in self._known:
            tree = condition if isinstance(condition, Tree) else self._translator.comparisons(condition)
            self._known[condition] = self._matcher.new_name(), question(tree)
        return self._known[condition]

    def _round(self, name: str, asked: Round, sights: Sequence[Sight], found: list[States]) -> None:
        """Ask one round; facts that are alike are asked once."""
        alike: dict[str, list[int]] = defaultdict(list)
        for place, sight in enumerate(sights):
            states = {f"s{each}": int(found[place][each]) for each in asked.states if each in found[place]}
            if fact := facts_of(asked, sight) | states:
                alike[json.dumps(fact)].append(place)
        deal_ids = [str(sights[places[0]].deal["id"]) for places in alike.values()]
        fired = self._matcher.match(name, asked.definition(), list(alike), deal_ids)
        for places, deal_id, names in zip(alike.values(), deal_ids, fired, strict=True):
            for place in places:
                found[place].update(_states(names, deal_id))

    def _count(self, node: Related, sights: Sequence[Sight]) -> None:
        """Count the related rows of each deal that hold, and may hold, and keep the counts with its sight."""
        table = "contacts" if node.table == "with" else node.table
        if node.table != "findings" and all((node, "held") in sight.tallies for sight in sights):
            return
        rows = [(place, sight.at(table, row)) for place, sight in enumerate(sights) for row in _rows(node, sight)]
        looks = [look for _, look in rows]
        for which, condition in _asked(node).items():
            tally = _Tally(distinct=node.table in PEOPLE)
            for (place, look), truth in zip(rows, self.truths(condition, looks), strict=True):
                tally.add(place, look.rows[table], truth)
            for place, sight in enumerate(sights):
                sight.tallies[node, which], sight.tallies[node, f"maybe {which}"] = tally.of(place)
                if _nobody_knows_who(node, sight):
                    sight.tallies[node, f"maybe {which}"] = 1


class _Tally:
    """Counts rows, or distinct people, by deal: those that hold, and those that may."""

    def __init__(self, *, distinct: bool) -> None:
        self._distinct = distinct
        self._sure: dict[int, set[object]] = defaultdict(set)
        self._maybe: dict[int, set[object]] = defaultdict(set)
        self._rows = 0

    def add(self, place: int, row: Mapping[str, object], truth: Truth) -> None:
        self._rows += 1
        key = row["id"] if self._distinct else self._rows
        if truth is True:
            self._sure[place].add(key)
        if truth is not False:
            self._maybe[place].add(key)

    def of(self, place: int) -> tuple[int, int]:
        return len(self._sure[place]), len(self._maybe[place])


def _asked(node: Related) -> dict[str, Condition]:
    """Say what of each row is counted: that it is picked, holds, or is picked and does not hold."""
    match node.quantifier:
        case Quantifier.COUNT:
            return {"picked": node.where}
        case Quantifier.EVERY:
            return {"picked": node.where, "wrong": AllOf((node.where, Not(node.condition)))}
        case _:
            return {"held": AllOf((node.where, node.condition))}


def _rows(node: Related, sight: Sight) -> Sequence[Mapping[str, object]]:
    if node.table != "with":
        return sight.related(node.table)
    ids = sight.rows["activities"]["contact_ids"] or ()
    return [row for row in sight.related("contacts") if row["id"] in ids]


def _nobody_knows_who(node: Related, sight: Sight) -> bool:
    return node.table == "with" and sight.rows["activities"]["contact_ids"] is None


def _outermost(condition: Condition | Tree) -> Iterator[Related]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _outermost(part)
        case Not(part):
            yield from _outermost(part)
        case Related():
            yield condition
        case _:
            pass


def _states(fired: Sequence[str], deal_id: str) -> States:
    """Read the names of rules that fired, such as `3+7`: node 3 is met, says the rule numbered 7."""
    found: States = {}
    for name in fired:
        node, sign = (name.partition("+")[0], True) if "+" in name else (name.partition("-")[0], False)
        if found.setdefault(int(node), sign) is not sign:
            raise RulesetsFailedError(deal_id, "found a condition both met and unmet")
    return found


ENOUGH = Related("people", Quantifier.SOME, AllOf(()), at_least=Literal(1))
"""What asks whether so many people are known; its counts are given, not counted."""
