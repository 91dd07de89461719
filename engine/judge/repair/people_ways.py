"""Alternatives about the people of a deal: give a contact a role, write down what they want, hear from them."""

from __future__ import annotations

from itertools import combinations, islice

from engine.judge.repair.actions import NamePerson
from engine.judge.repair.deriver import Deriver
from engine.judge.repair.facts import Facts, Row, in_it
from engine.judge.repair.needs import NEW, Alternative, FieldNeed, RowNeed, fewest, size, together
from rules.condition import AllOf, AnyOf, Compare, Condition, Literal, Moment, Operator, Reference
from rules.normal import normal
from rules.types import STANDARD_TABLES, FieldType

MOST_PEOPLE = 6
MOST = 60
FIXED = {"id", "deal_id"}

HAPPENED_AT = Reference("activities", "happened_at", FieldType.TIME)
UP_TO_NOW = Compare(HAPPENED_AT, Operator.ON_OR_BEFORE, Moment("now"))


def activity(name: str, value: str | tuple[str, ...]) -> Compare:
    """Ask that a column of an activity is so, or one of several."""
    operator = Operator.ONE_OF if isinstance(value, tuple) else Operator.EQUALS
    return Compare(Reference("activities", name, STANDARD_TABLES["activities"][name]), operator, Literal(value))


BUYERS = AnyOf((activity("direction", "inbound"), activity("kind", "meeting")))
"""What makes an activity the buyer's."""


def of_person(facts: Facts, subject: Reference, test: Condition, row: Row) -> list[Alternative]:
    """Give what would make a test of one contact's column met."""
    person = str(row["id"])
    if subject.name == "last_buyer_activity_at":
        heard = facts.with_filled("contacts", person, subject.name, facts.as_of)
        need = RowNeed("activities", frozenset({BUYERS, UP_TO_NOW}), frozenset({frozenset({person})}))
        return [((need,),)] if heard.state(test, row) else []
    if subject.name == "role":
        roles = {role.id: {"role": facts.crm_role(role.id)} for role in facts.playbook.roles}
        fitting = [role for role, named in roles.items() if facts.state(test, named) is True]
        return [((NamePerson(role, person),),) for role in fitting]
    if subject.name in FIXED:
        return []
    return [((FieldNeed("contacts", subject.name, person, frozenset({test})),),)]


def some(ways: Deriver, asked: Condition, least: int) -> list[Alternative]:
    """Give what would make at least so many people fit."""
    missing = least - len(fitting(ways.facts, asked))
    if missing <= 0:
        return []
    open_people = persons(ways, asked, missing)
    chosen = islice(combinations(open_people.values(), missing), MOST)
    return fewest((way for each in chosen for way in together(each, MOST)), MOST)


def every(ways: Deriver, where: Condition, condition: Condition, least: int) -> list[Alternative]:
    """Give what would make a condition met on every contact that is asked, and so many be asked."""
    facts = ways.facts
    asked = [row for row in facts.rows["contacts"] if facts.state(where, row) is not False]
    parts = [ways.of_row(condition, row) for row in asked if facts.state(condition, row) is not True]
    if least > len({row["id"] for row in asked if facts.state(where, row) is True}):
        parts.append(some(ways, AllOf((where, condition)), least))
    return together(parts, MOST)


def nobody(ways: Deriver, asked: Condition) -> list[Alternative]:
    """Give what would make a condition unmet on every contact."""
    opposite = normal(asked, positive=False)
    rows = [row for row in ways.facts.rows["contacts"] if ways.facts.state(asked, row) is not False]
    return together([ways.of_row(opposite, row) for row in rows], MOST)


def fitting(facts: Facts, asked: Condition) -> frozenset[str]:
    """Give the ids of the people who fit already."""
    return frozenset(str(row["id"]) for row in facts.rows["contacts"] if facts.state(asked, row) is True)


def persons(ways: Deriver, asked: Condition, new: int = 1) -> dict[str, list[Alternative]]:
    """Give by person what would make them fit: the least effort first."""
    found: dict[str, list[Alternative]] = {}
    there = fitting(ways.facts, asked)
    for row in ways.facts.rows["contacts"]:
        if row["id"] not in there and (alternatives := ways.of_row(asked, row)):
            person = str(row["id"])
            found[person] = fewest([*found.get(person, []), *alternatives], MOST)
    found = _told_apart(ways.facts, found, new) | _new_persons(ways, asked, new)
    nearest = sorted(found, key=lambda person: _effort(ways, person, found[person][0]))
    return {person: found[person] for person in nearest[: max(MOST_PEOPLE, new)]}


def _told_apart(facts: Facts, found: dict[str, list[Alternative]], new: int) -> dict[str, list[Alternative]]:
    """Keep of contacts that nothing tells apart only as many as may be needed."""
    kept: dict[str, list[str]] = {}
    for person in found:
        rows = [{**row, "id": None, "name": None} for row in facts.rows["contacts"] if row["id"] == person]
        there = [number for number, each in enumerate(facts.rows.get("activities", ())) if in_it(each, person)]
        kept.setdefault(repr((rows, there)), []).append(person)
    return {person: found[person] for alike in kept.values() for person in alike[:new]}


def _effort(ways: Deriver, person: str, way: Alternative) -> tuple[int, int]:
    """Rank a person by how much is needed; at equal effort a contact without a role, then somebody new, then others."""
    has_role = any(row["id"] == person and row.get("role") is not None for row in ways.facts.rows["contacts"])
    return (size(way), 2 if has_role else 1 if person.startswith(NEW) else 0)


def _new_persons(ways: Deriver, asked: Condition, new: int) -> dict[str, list[Alternative]]:
    found: dict[str, list[Alternative]] = {}
    for role in ("", *(role.id for role in ways.facts.playbook.roles)):
        for number in range(1, new + 1):
            person = f"{NEW}{role or 'contact'}-{number}"
            row = {"id": person, "deal_id": ways.facts.deal_id, "role": ways.facts.crm_role(role) if role else None}
            named: Alternative = ((NamePerson(role, person),),)
            rest = [()] if ways.facts.state(asked, row) is True else ways.of_row(asked, row)
            alternatives = [
                named + way for way in rest if not any(isinstance(each, NamePerson) for part in way for each in part)
            ]
            if alternatives:
                found[person] = alternatives
    return found
