"""Turn needs into actions: choose the values, rows and people that meet them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal

from engine.judge.repair.actions import Action, BuyerActivity, FillField, NamePerson, OwnActivity, Price, Waive, price
from engine.judge.repair.facts import Facts, Row
from engine.judge.repair.fields import provisionally
from engine.judge.repair.needs import NEW, FieldNeed, Need, Needs, RowNeed
from engine.judge.repair.rows import chosen_row, is_own
from engine.judge.repair.values import compares, value_for
from engine.judge.tables import canonical_types
from rules.condition import AllOf, Condition, FieldValue, Reference
from rules.types import FieldType

Keep = Mapping[tuple[str, str], tuple[Condition, ...]]
"""What else is asked of a deal's field, by table and name; kept where it can be."""

CENT = Decimal("0.01")


@dataclass
class Proposals:
    """Makes actions of needs on one deal, and prices them."""

    facts: Facts
    keep: Keep
    owner: str = ""
    owners_waivers_left: int | None = None
    known_values: dict[FieldNeed, bool] = field(default_factory=dict)
    known_rows: dict[tuple[str, frozenset[Condition]], Row | None] = field(default_factory=dict)

    def price(self, needs: Needs) -> Price | None:
        """Price needs by the kinds of action they take; None where one of them cannot be met."""
        own = sum(isinstance(need, Waive) and need.approver == self.owner for need in needs)
        if self.owners_waivers_left is not None and own > self.owners_waivers_left:
            return None
        kinds: list[type] = []
        for need in needs:
            if isinstance(need, RowNeed):
                row = self.row(need)
                if row is None:
                    return None
                kinds.append(OwnActivity if is_own(need.table, row) else BuyerActivity)
            else:
                kinds.append(FillField if isinstance(need, FieldNeed) else type(need))
        return price(kinds)

    def is_feasible(self, needs: Needs) -> bool:
        """Say whether each need can be met by itself: by a row, or by a value."""
        return all(self._is_feasible(need) for need in needs)

    def row(self, need: RowNeed) -> Row | None:
        """Choose the row that meets a need, the same each time."""
        key = (need.table, need.tests)
        if key not in self.known_rows:
            facts = provisionally(self.facts, ordered_tests(need.tests))
            self.known_rows[key] = chosen_row(need.table, together(need.tests), facts)
        return self.known_rows[key]

    def actions(self, needs: Needs) -> tuple[Action, ...] | None:
        """Choose the actions that meet the needs, in their order; None where nothing in reach meets one."""
        facts, people, actions = self.facts, set[str](), list[Action]()
        for need in ordered(needs):
            action: Action | None
            match need:
                case NamePerson():
                    facts, action = with_person(facts, need), need
                case FieldNeed():
                    facts, action = self._filled(need, facts)
                case RowNeed():
                    action = self._activity(need, people)
                case Waive():
                    action = need
            if action is None:
                return None
            actions.append(action)
        return tuple(actions)

    def _is_feasible(self, need: Need) -> bool:
        if isinstance(need, RowNeed):
            return self.row(need) is not None and all(need.people)
        if not isinstance(need, FieldNeed):
            return True
        if need not in self.known_values:
            known = need.person == "" or self._knows(need.person)
            facts = self.facts if known else with_person(self.facts, NamePerson("", need.person))
            self.known_values[need] = self._filled(need, provisionally(facts, need.tests))[1] is not None
        return self.known_values[need]

    def _knows(self, person: str) -> bool:
        return any(row["id"] == person for row in self.facts.rows["contacts"])

    def _filled(self, need: FieldNeed, facts: Facts) -> tuple[Facts, FillField | None]:
        """Choose a value; it meets as much as it can of what else is asked of the field."""
        subject = Reference(need.table, need.name, canonical_types(facts.playbook)[need.table][need.name])
        row = next((row for row in facts.rows["contacts"] if row["id"] == need.person), None)
        asked = ordered_tests(need.tests | need.assumed)
        for test in self.keep.get((need.table, need.name), ()):
            if value_for(subject, [*asked, test], facts, row):
                asked.append(test)
        found = value_for(subject, asked, facts, row)
        if not found:
            return facts, None
        after = facts.with_filled(need.table, need.person, need.name, found[0])
        return after, FillField(need.table, need.name, _in_deal_currency(found[0], subject, facts), need.person)

    def _activity(self, need: RowNeed, people: set[str]) -> OwnActivity | BuyerActivity | None:
        row = self.row(need)
        if row is None or any(not who for who in need.people):
            return None
        chosen = {min(who & people or who, key=lambda each: (each.startswith(NEW), each)) for who in need.people}
        people |= chosen
        kind = OwnActivity if is_own(need.table, row) else BuyerActivity
        return kind(need.table, row, tuple(sorted(chosen)))


def with_person(facts: Facts, named: NamePerson) -> Facts:
    """Give the facts with a contact in one more role."""
    contacts = facts.rows["contacts"]
    base: Row = next((row for row in contacts if row["id"] == named.person), {"id": named.person})
    added = {**base, "deal_id": facts.deal_id, "role": facts.crm_role(named.role) if named.role else None}
    return replace(facts, rows={**facts.rows, "contacts": (*contacts, added)})


def ordered(needs: Needs) -> list[Need]:
    """Put needs in the order they are met: people, fields that others are compared with, fields, rows, waivers."""
    people = [each for each in needs if isinstance(each, NamePerson)]
    fields = _by_dependence(each for each in needs if isinstance(each, FieldNeed))
    rows = [each for each in needs if isinstance(each, RowNeed)]
    waivers = [each for each in needs if isinstance(each, Waive)]
    return [*sorted(people, key=repr), *fields, *sorted(rows, key=repr), *sorted(waivers, key=repr)]


def ordered_tests(tests: Iterable[Condition]) -> list[Condition]:
    """Put tests in one fixed order."""
    return sorted(tests, key=repr)


def together(tests: Iterable[Condition]) -> Condition:
    """Ask for several things in one fixed order."""
    return AllOf(tuple(ordered_tests(tests)))


def _by_dependence(needs: Iterable[FieldNeed]) -> Sequence[FieldNeed]:
    """Put fields that others are compared with before those."""
    waiting, ordered = sorted(needs, key=repr), list[FieldNeed]()
    while waiting:
        names = {need.name for need in waiting}
        free = [need for need in waiting if not (_read_beside(need) & names)] or waiting[:1]
        ordered += free
        waiting = [need for need in waiting if need not in free]
    return ordered


def _read_beside(need: FieldNeed) -> set[str]:
    leaves = [leaf for test in need.tests for leaf in compares(test)]
    return {leaf.value.reference.name for leaf in leaves if isinstance(leaf.value, FieldValue)} - {need.name}


def _in_deal_currency(value: object, subject: Reference, facts: Facts) -> object:
    if subject.type is not FieldType.MONEY or subject.table != "deals" or value is None:
        return value
    return (Decimal(str(value)) / (facts.rate or 1)).quantize(CENT, rounding=ROUND_CEILING)
